let pending = 0;

// changed redraws at most once a frame, however fast somebody types.
function changed() {
  state.f = "";
  writeHash();
  if (!pending) pending = requestAnimationFrame(() => { pending = 0; showList(); });
}

if (byId("filters")) {
  buildFilters(changed);
  if (data.left_out) {
    byId("excerpt-note").append(el("p", { class: "note" },
      `The page holds excerpts of ${num(Object.keys(data.traces).length)} traces; those of ${num(data.left_out)} more would have made it too large. Each group has some.`));
  }
  readHash();
  showList();
  addEventListener("hashchange", () => {
    if (!readHash()) return;
    showList();
    if (!state.f) byId("findings").scrollIntoView();
  });
}
wireTopology(changed);
