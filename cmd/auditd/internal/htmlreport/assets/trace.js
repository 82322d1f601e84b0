const kinds = ["", "internal", "server", "client", "producer", "consumer"];
const WIDTH = 9;

// readTrace turns the flat excerpt into spans with children.
function readTrace(id) {
  const x = data.traces[id];
  if (!x) return null;
  const spans = [];
  for (let i = 0; i < x.spans.length; i += WIDTH) {
    const [sid, parent, at, service, home, operation, kind, tag, colour] = x.spans.slice(i, i + WIDTH);
    spans.push({
      id: sid, parent, at, kind: kinds[kind] || "", children: [], depth: 0,
      service: data.strings[service], home: data.strings[home], operation: data.strings[operation],
      tag: data.strings[tag], colour: data.strings[colour],
    });
  }
  spans.forEach((s, i) => { if (s.parent >= 0 && s.parent !== i) spans[s.parent].children.push(i); });
  return { spans, more: x.more };
}

// walk orders spans as a tree. Parents that form a loop have no root: what no
// root leads to is shown as one.
function walk(spans) {
  const order = [], seen = new Set();
  const visit = (root) => {
    const stack = [[root, 0]];
    while (stack.length) {
      const [i, depth] = stack.pop();
      if (seen.has(i)) continue;
      seen.add(i);
      spans[i].depth = depth;
      order.push(i);
      for (const c of [...spans[i].children].reverse()) stack.push([c, depth + 1]);
    }
  };
  spans.forEach((s, i) => { if (s.parent < 0) visit(i); });
  spans.forEach((s, i) => { if (!seen.has(i)) visit(i); });
  return order;
}

function offset(us) {
  if (Math.abs(us) < 1000) return us + " µs";
  if (Math.abs(us) < 1e6) return (us / 1000).toFixed(1) + " ms";
  return (us / 1e6).toFixed(2) + " s";
}

// guides draws one cell for each ancestor level; the level of a broken hop's
// upstream is drawn as the broken line.
function guides(depth, broken) {
  const g = el("span", { class: "guides", "aria-hidden": "true" });
  for (let d = 0; d < Math.min(depth, 20); d++) g.append(el("i", { class: d === broken ? "cut" : d === depth - 1 ? "elbow" : "" }));
  return g;
}

function spanRow(s, mark, broken, longest) {
  const where = mark === "here" ? el("span", { class: "mark here" }, "✕ broken here")
    : mark === "peer" ? el("span", { class: "mark peer" }, "upstream of the broken hop") : null;
  const tick = el("i", { class: "tick" });
  tick.style.left = (longest > 0 ? Math.max(0, Math.min(1, s.at / longest)) * 100 : 0).toFixed(1) + "%";
  const colour = s.colour && s.colour !== s.tag && s.colour !== "baseline" ? el("span", { class: "colour", title: "colour: what leaves this span" }, "→ " + s.colour) : null;
  return el("li", { class: "span" + (mark ? " " + mark : ""), "data-span": s.id },
    el("span", { class: "sr" }, "level " + (s.depth + 1) + ", "),
    el("span", { class: "what" }, guides(s.depth, broken),
      el("span", { class: "names" },
        el("span", { class: "service" }, s.service || "unknown service"), " ",
        el("span", { class: "op" }, s.operation), " ",
        el("span", { class: "kind" }, s.kind), " ", where)),
    el("span", { class: "chips" }, homeChip(s.home), tagChip(s.tag), colour),
    el("span", { class: "time" }, el("span", { class: "rail", "aria-hidden": "true" }, tick), el("span", { class: "at" }, "+" + offset(s.at))));
}

// traceView draws the excerpt of a trace with the hop marked: the span of the
// finding and the span upstream of it.
function traceView(id, spanId, peerId, title) {
  const trace = readTrace(id);
  if (!trace) return null;
  const order = walk(trace.spans);
  const at = (sid) => order.findIndex((i) => trace.spans[i].id === sid);
  const here = spanId ? at(spanId) : -1, peer = peerId ? at(peerId) : -1;
  const longest = trace.spans.reduce((m, s) => Math.max(m, s.at), 0);
  const list = el("ol", { class: "trace", "aria-label": title });
  order.forEach((i, row) => {
    const mark = row === here ? "here" : row === peer ? "peer" : "";
    const between = here >= 0 && peer >= 0 && row > peer && row <= here;
    list.append(spanRow(trace.spans[i], mark, between ? trace.spans[order[peer]].depth : -1, longest));
  });
  return el("div", { class: "excerpt" }, el("h3", {}, title, " ", el("code", {}, id)), list,
    trace.more ? el("p", { class: "note" }, plural(trace.more, "span of this trace is", "spans of this trace are") + " left out.") : null,
    trace.spans.some((s) => s.parent === -2) ? el("p", { class: "note" }, "Some parents are not in the excerpt; their children stand at the left.") : null);
}
