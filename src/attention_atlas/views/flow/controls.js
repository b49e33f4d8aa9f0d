/** What a person sets of the flow: whose lines, which of the heads, how weak a line may be, how many, between which sentences. */

import { h } from "../shared/dom.js";
import { most, told } from "../shared/measure.js";
import { swatches } from "./swatches.js";

const LEAST = [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const TOPS = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50];
const AT_FIRST = 4; // heads that are overlaid before any is chosen

/**
 * @typedef {import("../shared/head.js").Head} Head
 * @typedef {"one" | "several" | "mean"} Mode
 * @typedef {import("../shared/live.js").Look} Look
 */

/** What of a look the flow is drawn by. @type {(keyof Look)[]} */
export const FLOW_LOOK = ["flow", "heads", "least", "top", "part"];

/** The heads that are overlaid: those of the look that the layer has; without one, the chosen head and the next. @param {Look} look @param {Head} of @returns {number[]} */
export function overlaid(look, { head, heads }) {
  const here = look.heads.filter((one) => one < heads);
  return here.length ? here.sort((a, b) => a - b) : Array.from({ length: Math.min(AT_FIRST, heads) }, (_, k) => (head + k) % heads).sort((a, b) => a - b);
}

/** Which lines a look asks for, of those that a text can have. @param {Look} look @param {Head} of @returns {import("./lines.js").Filter} */
export const filterOf = ({ least, top, part }, { pair }) => ({ least, top: top || Infinity, part: pair ? part : "all" });

/** @type {[Mode, string][]} */
const MODES = [["one", "this head"], ["several", "several heads"], ["mean", "mean of the layer"]];
/** @type {[import("./lines.js").Part, string][]} */
const PARTS = [["all", "all"], ["AA", "A→A"], ["AB", "A→B"], ["BA", "B→A"], ["BB", "B→B"]];

/** @param {{set: (change: Partial<Look>) => void, signal: AbortSignal}} of */
export function flowControls({ set, signal }) {
  /** @type {Head | null} */
  let head = null;
  /** @type {number[]} */
  let on = [];
  /** @type {number[]} */
  let tops = [];

  const mode = h("select", { "aria-label": "Whose lines the flow shows" }, ...MODES.map(([value, text]) => h("option", { value }, text)));
  const row = swatches({ toggled: (one) => toggle(one), signal });
  const every = h("button", { type: "button" }, "all heads");
  const only = h("button", { type: "button" });
  const sets = h("p", { class: "sets" }, every, only);
  const least = h("input", { type: "range", min: 0, max: LEAST.length - 1, step: 1, "aria-label": "Hide lines below" });
  const top = h("input", { type: "range", min: 0, step: 1, "aria-label": "Most lines from each" });
  const leastSaid = h("output", { class: "num" });
  const topSaid = h("output", { class: "num" });
  const group = `part-${Math.random().toString(36).slice(2)}`;
  const parts = PARTS.map(([value, text]) => ({ value, input: h("input", { type: "radio", name: group, value }), text }));
  const pair = h("div", { class: "parts", role: "radiogroup", "aria-label": "From which sentence to which" }, ...parts.map(({ input, text }) => h("label", {}, input, text)));
  const foot = h("div", { class: "foot" }, sets,
    h("label", { class: "slide" }, h("span", {}, "hide below"), least, leastSaid),
    h("label", { class: "slide" }, h("span", {}, "lines each"), top, topSaid), pair);

  /** One is always left, or there would be no line to see. @param {number} one */
  const toggle = (one) => {
    const others = on.filter((other) => other !== one);
    if (others.length) set({ heads: others.length < on.length ? others : [...on, one].sort((a, b) => a - b) });
    else if (on[0] !== one) set({ heads: [one] });
  };
  mode.addEventListener("change", () => {
    // The heads that are overlaid stay when another one is chosen.
    set(mode.value === "several" ? { flow: "several", heads: on } : { flow: mode.value });
  }, { signal });
  every.addEventListener("click", () => set({ heads: Array.from({ length: head?.heads ?? 0 }, (_, k) => k) }), { signal });
  only.addEventListener("click", () => { if (head) set({ heads: [head.head] }); }, { signal });
  least.addEventListener("input", () => set({ least: LEAST[Number(least.value)] }), { signal });
  top.addEventListener("input", () => set({ top: tops[Number(top.value)] ?? 0 }), { signal });
  for (const { value, input } of parts) input.addEventListener("change", () => set({ part: value }), { signal });

  return {
    mode: h("span", { class: "select" }, mode), swatches: row.node, foot,
    /** @param {Head} of @param {Look} look */
    show(of, look) {
      head = of;
      on = overlaid(look, of);
      mode.value = look.flow;
      mode.parentElement.hidden = of.heads < 2;
      row.node.hidden = sets.hidden = look.flow !== "several";
      if (look.flow === "several") row.show({ heads: of.heads, on: new Set(on), current: of.head });
      every.disabled = on.length === of.heads;
      only.disabled = on.length === 1 && on[0] === of.head;
      only.textContent = `only head ${of.head + 1}`;
      least.value = String(nearest(LEAST, look.least));
      const lowest = look.least * most(of);
      leastSaid.textContent = lowest ? told(of.measure, lowest).replace(/^\+/, "") : "0";
      least.setAttribute("aria-valuetext", leastSaid.textContent);
      tops = TOPS.filter((k) => k < of.n);
      const at = look.top && look.top < of.n ? nearest(tops, look.top) : -1;
      top.max = String(tops.length);
      top.value = String(at < 0 ? tops.length : at);
      topSaid.textContent = at < 0 ? "all" : String(look.top);
      top.setAttribute("aria-valuetext", at < 0 ? "all" : `the strongest ${look.top}`);
      pair.hidden = !of.pair;
      for (const { value, input } of parts) input.checked = value === look.part;
    },
  };
}

/** The place of what lies nearest; an address can ask for what lies between. @param {number[]} steps @param {number} x */
function nearest(steps, x) {
  let at = 0;
  for (let k = 1; k < steps.length; k++) if (Math.abs(steps[k] - x) < Math.abs(steps[at] - x)) at = k;
  return at;
}
