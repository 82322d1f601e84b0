// wireTopology gives the picture its details and its way to the findings.
function wireTopology(changed) {
  const picture = byId("picture");
  if (!picture) return;
  const details = byId("details"), idle = details.textContent;
  const show = (g) => {
    details.replaceChildren(...g.dataset.info.split("\n").map((line, n) => el("span", { class: n ? "line" : "first" }, line)));
    highlight(picture, g);
  };
  const hide = () => { details.textContent = idle; highlight(picture, null); };
  picture.addEventListener("pointerover", (e) => {
    const g = e.target.closest("[data-info]");
    if (g) show(g); else highlight(picture, null);
  });
  picture.addEventListener("pointerleave", hide);
  picture.addEventListener("focusin", (e) => { const g = e.target.closest("[data-info]"); if (g) show(g); });
  picture.addEventListener("focusout", hide);
  picture.addEventListener("click", (e) => toFindings(e.target.closest("[data-service]"), changed));
  picture.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" && e.key !== " ") return;
    e.preventDefault();
    toFindings(e.target.closest("[data-service]"), changed);
  });
  wireFit(picture);
}

// highlight fades what the given workload or edge does not touch.
function highlight(picture, g) {
  const on = g && g.dataset;
  picture.classList.toggle("focus", Boolean(g));
  for (const p of picture.querySelectorAll("[data-from]")) {
    const d = p.dataset;
    p.classList.toggle("on", Boolean(on) && (on.node !== undefined ? d.from === on.node || d.to === on.node : d.from === on.from && d.to === on.to));
  }
}

// toFindings filters by the service and, where it has findings, their verdicts.
function toFindings(g, changed) {
  if (!g || !byId("filters")) return;
  clearState();
  state.s = g.dataset.service;
  state.v = new Set(g.dataset.verdicts.split(",").filter(Boolean));
  changed();
  byId("findings").scrollIntoView();
  byId("findings").focus({ preventScroll: true });
}

function wireFit(picture) {
  const fit = byId("fit");
  const set = (on) => {
    picture.classList.toggle("fit", on);
    fit.setAttribute("aria-pressed", String(on));
  };
  fit.addEventListener("click", () => set(!picture.classList.contains("fit")));
  const box = picture.parentElement.clientWidth;
  const wide = picture.viewBox.baseVal.width;
  set(wide > box && wide < box * 1.35); // a little too wide: fit; far too wide: scroll
}
