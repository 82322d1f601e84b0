const PAGE = 50;

// group collects the filtered findings by what they blame; both orders are the
// report's own: worst first.
function group(found) {
  const groups = new Map();
  for (const i of found) {
    const g = data.groups[i];
    if (!groups.has(g)) groups.set(g, []);
    groups.get(g).push(i);
  }
  return [...groups.values()];
}

// pager shows the first PAGE items and a button for the next ones.
function pager(box, items, render, what) {
  let shown = 0;
  const more = el("button", { type: "button", class: "next" });
  const next = (upTo) => {
    const end = Math.min(items.length, Math.max(upTo, shown + PAGE));
    const first = shown < end ? render(items[shown]) : null;
    if (first) box.insertBefore(first, more);
    for (shown++; shown < end; shown++) box.insertBefore(render(items[shown]), more);
    shown = end;
    const left = items.length - shown;
    more.hidden = left === 0;
    more.textContent = `Show ${num(Math.min(PAGE, left))} more of ${num(left)} ${what}`;
    return first;
  };
  more.addEventListener("click", () => {
    const first = next(0);
    const target = first && (first.querySelector("summary") || first);
    if (target) target.focus();
  });
  box.append(more);
  next(0);
  return (upTo) => { if (upTo > shown) next(upTo); };
}

function findingTitle(i) {
  const kind = field(i, "kind"), peer = field(i, "peer_service"), destination = field(i, "destination");
  const from = peer ? [peer, " ", homeChip(field(i, "peer_home"))] : [el("span", { class: "dim" }, "upstream not seen")];
  const via = kind === "message" && destination ? " ⇢ " + destination + " ⇢ " : " → ";
  if (field(i, "verdict") === "stranded") return [field(i, "service"), " ", homeChip(field(i, "home")), " ⇢ ", destination, " ⇢ ", field(i, "group") || "nobody"];
  return [...from, el("span", { class: "arrow" }, via), field(i, "service"), " ", homeChip(field(i, "home"))];
}

// findingItem is one line; its details are made when it is opened.
function findingItem(i) {
  const certainty = field(i, "certainty");
  const d = el("details", { class: "finding", "data-id": field(i, "id") },
    el("summary", {},
      el("span", { class: "certainty " + certainty }, certainty),
      el("span", { class: "hop" }, ...findingTitle(i)),
      el("span", { class: "traffic" }, trafficChip(field(i, "env"))),
      el("span", { class: "when" }, timeText(i).slice(11, 23)),
      el("code", { class: "trace-id" }, field(i, "trace_id").slice(0, 8))));
  d.addEventListener("toggle", () => {
    if (d.open && d.children.length === 1) d.append(detailView(i));
    const id = field(i, "id");
    if (d.open) state.f = id;
    else if (state.f === id) state.f = "";
    writeHash();
  });
  return el("li", {}, d);
}

function groupTitle(i) {
  const op = field(i, "blame_operation"), destination = field(i, "destination");
  const effect = field(i, "effect");
  return [
    el("span", { class: "who" }, el("b", {}, field(i, "blame_service") || field(i, "service") || "nobody named"), op ? " " + op : ""),
    el("span", { class: "dim" }, [placeText(i), destination && !op.includes(destination) ? "topic " + destination : "", field(i, "code")].filter(Boolean).join(" · ")),
    effect ? el("span", { class: "effect" }, "effect ", el("b", {}, effect)) : null,
  ];
}

// groupItem is a blame with its findings, which are made when it is opened.
function groupItem(members) {
  const first = members[0];
  const proven = members.filter((i) => field(i, "certainty") === "proven").length;
  const sure = proven === members.length ? "proven" : proven ? num(proven) + " proven" : "suspected";
  const list = el("ol", { class: "list" });
  const d = el("details", { class: "group" },
    el("summary", {},
      verdictBadge(field(first, "verdict"), proven ? "proven" : "suspected"),
      el("span", { class: "title" }, ...groupTitle(first)),
      el("span", { class: "size" }, el("b", {}, num(members.length)), " ", sure)),
    list);
  d.fill = () => {
    if (!list.children.length) d.showUpTo = pager(list, members, findingItem, "findings");
  };
  d.members = members;
  d.addEventListener("toggle", () => { if (d.open) d.fill(); });
  return d;
}

// reveal opens the finding that the link points at.
function reveal(groups, showGroups) {
  const index = data.ids.id.indexOf(state.f);
  const g = groups.findIndex((members) => members.includes(index));
  if (index < 0 || g < 0) return;
  showGroups(g + 1);
  const d = byId("groups").querySelectorAll("details.group")[g];
  d.open = true;
  d.fill();
  d.showUpTo(d.members.indexOf(index) + 1);
  const f = [...d.querySelectorAll("details.finding")].find((e) => e.dataset.id === state.f);
  if (f) { f.open = true; f.scrollIntoView({ block: "center" }); }
}

// showList draws the filtered findings anew.
function showList() {
  const { found, counts } = filtered();
  const groups = group(found), box = byId("groups");
  showFilters(counts);
  byId("status").textContent = (found.length === total ? plural(total, "finding", "findings") : `${num(found.length)} of ${plural(total, "finding", "findings")}`) +
    ` in ${plural(groups.length, "group", "groups")}, worst first`;
  box.replaceChildren();
  if (!found.length) {
    box.append(el("p", { class: "none" }, "No finding passes the filters."));
    return;
  }
  const showGroups = pager(box, groups, groupItem, "groups");
  if (groups.length === 1) { const d = box.querySelector("details"); d.open = true; }
  if (state.f) reveal(groups, showGroups);
}
