const data = JSON.parse(document.getElementById("data").textContent);
const total = data.times.length;

// field reads one field of finding i.
function field(i, name) {
  const ids = data.ids[name];
  return ids ? ids[i] : data.strings[data.columns[name][i]];
}

// el makes an element. Children are nodes or text; text never becomes markup.
function el(tag, attrs, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs || {})) {
    if (v === true) e.setAttribute(k, "");
    else if (v !== false && v !== undefined && v !== null) e.setAttribute(k, v);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return e;
}

const num = (n) => n.toLocaleString("en-US");
const plural = (n, one, many) => num(n) + " " + (n === 1 ? one : many);

const baseline = new Set(data.baseline);

// hue is the colour class of a tag or home.
function hue(env) {
  if (baseline.has(env)) return "base";
  return env in data.hue ? "env" + data.hue[env] : "nohome";
}

// homeChip and tagChip differ in shape: a home is a box, a tag is a pill.
function homeChip(home) {
  return el("span", { class: "chip home " + (home ? hue(home) : "nohome"), title: "home: where the workload is deployed" }, home || "home unknown");
}

function tagChip(tag) {
  if (!tag) return el("span", { class: "chip none", title: "the span shows no tag" }, "no tag");
  return el("span", { class: "chip " + hue(tag), title: "tag that the span shows" }, tag);
}

// trafficChip is the tag that the traffic truly had.
function trafficChip(env) {
  return el("span", { class: "chip " + hue(env), title: "tag that the traffic truly had" }, baseline.has(env) ? "baseline" : env);
}

const signs = {
  leak: "⤓", cross_env: "⇄", pollution: "⤒", escape: "✕", stranded: "∅", mutation: "≠", injection: "+",
};

// verdictBadge carries sign and word, so that colour is never alone.
function verdictBadge(verdict, certainty) {
  return el("span", { class: "verdict-badge " + (certainty || "proven"), title: data.words[verdict] || "" },
    el("span", { "aria-hidden": "true", class: "sign" }, signs[verdict] || "!"), verdict);
}

const places = {
  propagation: { in_process: "inside the process", sender: "not injected by the sender", receiver: "not restored by the receiver" },
  placement: { in_process: "inside the process", sender: "sent there by the sender", receiver: "taken by the receiver" },
  conservation: { in_process: "inside the process", sender: "at the sender", receiver: "at the receiver" },
};

// placeText says where the fault of finding i is, as far as it is known.
function placeText(i) {
  const where = field(i, "blame_where"), words = places[field(i, "axis")] || {};
  return words[where] || { wire: "on the wire", router: "by the router", unknown: "place unknown" }[where] || where;
}

function timeText(i) {
  return data.times[i] ? new Date(data.times[i]).toISOString().replace("T", " ").replace("Z", " UTC") : "";
}
