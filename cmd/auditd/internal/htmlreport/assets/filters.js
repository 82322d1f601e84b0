// state is what the filters say; it lives in the URL's hash, so that a link
// keeps it. f is the id of the finding that the link points at.
const state = { v: new Set(), c: "", a: "", s: "", q: "", f: "" };

function readHash() {
  const p = new URLSearchParams(location.hash.slice(1));
  const isState = ["v", "c", "a", "s", "q", "f"].some((k) => p.has(k));
  if (!isState && location.hash.length > 1) return false; // a plain anchor
  state.v = new Set((p.get("v") || "").split(",").filter(Boolean));
  for (const k of ["c", "a", "s", "q", "f"]) state[k] = p.get(k) || "";
  return true;
}

function writeHash() {
  const p = new URLSearchParams();
  if (state.v.size) p.set("v", [...state.v].join(","));
  for (const k of ["c", "a", "s", "q", "f"]) if (state[k]) p.set(k, state[k]);
  history.replaceState(null, "", "#" + p.toString());
}

const texts = new Array(total);

// haystack is the text of finding i that the search looks in, made once.
function haystack(i) {
  if (texts[i] === undefined) {
    const names = ["id", "span_id", "peer_span_id", ...Object.keys(data.columns)];
    texts[i] = names.map((n) => field(i, n)).join("\n").toLowerCase();
  }
  return texts[i];
}

// matches tells whether finding i passes; but leaves one filter out, for counts.
function matches(i, words, but) {
  const s = state.s;
  return (but === "v" || !state.v.size || state.v.has(field(i, "verdict")) || state.v.has(field(i, "effect"))) &&
    (!state.c || field(i, "certainty") === state.c) &&
    (!state.a || field(i, "axis") === state.a) &&
    (!s || field(i, "service") === s || field(i, "blame_service") === s || field(i, "peer_service") === s) &&
    words.every((w) => haystack(i).includes(w));
}

const searchWords = () => state.q.toLowerCase().split(/\s+/).filter(Boolean);

// filtered returns the findings that pass, and how many each verdict would show.
function filtered() {
  const words = searchWords(), found = [], counts = {};
  for (let i = 0; i < total; i++) {
    if (!matches(i, words, "v")) continue;
    const v = field(i, "verdict");
    counts[v] = (counts[v] || 0) + 1;
    if (matches(i, [], "")) found.push(i);
  }
  return { found, counts };
}

const controls = { c: "f-certainty", a: "f-axis", s: "f-service", q: "f-text" };
const byId = (id) => document.getElementById(id);

function buildFilters(changed) {
  const present = new Set(data.columns.verdict.map((n) => data.strings[n]));
  const order = [...data.verdicts.filter((v) => present.has(v)), ...[...present].filter((v) => !data.verdicts.includes(v))];
  for (const v of order) {
    const b = el("button", { type: "button", class: "toggle", "data-verdict": v, "aria-pressed": "false", title: data.words[v] || "" },
      el("span", { "aria-hidden": "true", class: "sign" }, signs[v] || "!"), v, el("span", { class: "n" }));
    b.addEventListener("click", () => {
      if (!state.v.delete(v)) state.v.add(v);
      changed();
    });
    byId("f-verdicts").append(b);
  }
  const services = new Set();
  for (const c of ["service", "blame_service"]) for (const n of new Set(data.columns[c])) if (n) services.add(data.strings[n]);
  for (const s of [...services].sort()) byId("f-service").append(el("option", { value: s }, s));
  for (const [k, id] of Object.entries(controls)) {
    byId(id).addEventListener("input", () => { state[k] = byId(id).value; changed(); });
  }
  byId("filters").addEventListener("submit", (e) => e.preventDefault());
  byId("f-clear").addEventListener("click", () => { clearState(); changed(); });
}

function clearState() {
  state.v = new Set();
  for (const k of ["c", "a", "s", "q", "f"]) state[k] = "";
}

// showFilters brings the controls in line with the state.
function showFilters(counts) {
  for (const b of byId("f-verdicts").children) {
    b.setAttribute("aria-pressed", String(state.v.has(b.dataset.verdict)));
    b.querySelector(".n").textContent = num(counts[b.dataset.verdict] || 0);
  }
  for (const [k, id] of Object.entries(controls)) if (byId(id).value !== state[k]) byId(id).value = state[k];
  byId("f-clear").disabled = !state.v.size && !state.c && !state.a && !state.s && !state.q;
}
