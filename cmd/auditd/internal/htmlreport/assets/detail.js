// copyButton copies text and says so.
function copyButton(text, what) {
  const b = el("button", { type: "button", class: "copy", "aria-label": "Copy " + what }, "Copy");
  b.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      b.textContent = "Copied";
    } catch {
      b.textContent = select(b.previousElementSibling) ? "Selected" : "Copy";
    }
  });
  return b;
}

// select marks an id, so that the keyboard can copy what the page may not.
function select(node) {
  if (!node) return false;
  const range = document.createRange();
  range.selectNodeContents(node);
  const s = getSelection();
  s.removeAllRanges();
  s.addRange(range);
  return true;
}

function row(label, ...content) {
  const kept = content.filter((c) => c);
  return kept.length ? [el("dt", {}, label), el("dd", {}, ...kept)] : [];
}

const idOf = (text, what) => text ? el("span", { class: "id" }, el("code", {}, text), copyButton(text, what)) : null;

function workloadText(service, home, tag) {
  if (!service && !home) return null;
  return el("span", { class: "workload" }, el("b", {}, service || "unknown service"), " ", homeChip(home), " ", tag || "");
}

function blameText(i) {
  const place = placeText(i);
  const parts = [field(i, "blame_service"), field(i, "blame_operation")].filter(Boolean).join(" · ");
  return [el("b", {}, parts || "nobody named"), place ? " – " + place : ""];
}

// factsView lists what is known of finding i.
function factsView(i) {
  const get = (n) => field(i, n);
  const channel = [get("system"), get("destination")].filter(Boolean).join(" ");
  return el("dl", { class: "known" },
    ...row("Blame", ...blameText(i)),
    ...row("Code", get("code")),
    ...row("Effect", get("effect") ? el("span", {}, verdictBadge(get("effect"), get("certainty")), " ", data.words[get("effect")] || "") : null),
    ...row("Downstream", workloadText(get("service"), get("home"))),
    ...row("Upstream", workloadText(get("peer_service"), get("peer_home"), get("peer_env") ? trafficChip(get("peer_env")) : "") || "not seen"),
    ...row("Traffic", trafficChip(get("env"))),
    ...row("Hop", [get("kind"), channel].filter(Boolean).join(", ")),
    ...row("Group", get("group")),
    ...row("Message", idOf(get("message_id"), "message id")),
    ...row("Trace", idOf(get("trace_id"), "trace id")),
    ...row("Span", idOf(get("span_id"), "span id")),
    ...row("Peer trace", get("peer_trace_id") !== get("trace_id") ? idOf(get("peer_trace_id"), "trace id of the peer") : null),
    ...row("Peer span", idOf(get("peer_span_id"), "span id of the peer")),
    ...row("Finding", idOf(get("id"), "finding id")),
    ...row("Time", timeText(i)));
}

// tracesView draws the trace of finding i, and its peer's where that is another.
function tracesView(i) {
  const own = field(i, "trace_id"), peer = field(i, "peer_trace_id"), box = el("div", { class: "traces" });
  const apart = peer && peer !== own;
  const upstream = apart ? traceView(peer, "", field(i, "peer_span_id"), "Upstream trace") : null;
  const here = traceView(own, field(i, "span_id"), apart ? "" : field(i, "peer_span_id"), apart ? "Downstream trace" : "Trace");
  if (upstream) box.append(upstream);
  if (here) box.append(here);
  if (!here && !upstream) {
    box.append(el("p", { class: "note" }, data.left_out ? "The page holds no excerpt of this trace: the room for excerpts went to other findings of its group." : "No excerpt of this trace was given."));
  }
  return box;
}

// detailView is everything of finding i.
function detailView(i) {
  return el("div", { class: "detail" },
    el("p", { class: "explain" }, field(i, "explain") || data.words[field(i, "verdict")] || ""),
    factsView(i), tracesView(i));
}
