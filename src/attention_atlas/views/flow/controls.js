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
 * @typedef {{mode: Mode, heads: Set<number> | null, least: number, top: number, part: import("./lines.js").Part}} Chosen
 *   `heads` that are overlaid, null before any was; `least` a share of the widest line
 */

/** @type {[Mode, string][]} */
const MODES = [["one", "this head"], ["several", "several heads"], ["mean", "mean of the layer"]];
/** @type {[import("./lines.js").Part, string][]} */
const PARTS = [["all", "all"], ["AA", "A→A"], ["AB", "A→B"], ["BA", "B→A"], ["BB", "B→B"]];

/** @param {{changed: () => void, signal: AbortSignal}} of */
export function flowControls({ changed, signal }) {
  /** @type {Chosen} */
  const chosen = { mode: "one", heads: null, least: 0.02, top: Infinity, part: "all" };
  /** @type {Head | null} */
  let head = null;
  /** @type {number[]} */
  let tops = [];

  const mode = h("select", { "aria-label": "Whose lines the flow shows" }, ...MODES.map(([value, text]) => h("option", { value }, text)));
  const overlaid = swatches({ toggled: (one) => { toggle(one); changed(); }, signal });
  const every = h("button", { type: "button" }, "all heads");
  const only = h("button", { type: "button" });
  const sets = h("p", { class: "sets" }, every, only);
  const least = h("input", { type: "range", min: 0, max: LEAST.length - 1, step: 1, value: LEAST.indexOf(chosen.least), "aria-label": "Hide lines below" });
  const top = h("input", { type: "range", min: 0, step: 1, "aria-label": "Most lines from each" });
  const leastSaid = h("output", { class: "num" });
  const topSaid = h("output", { class: "num" });
  const group = `part-${Math.random().toString(36).slice(2)}`;
  const parts = PARTS.map(([value, text]) => ({ value, input: h("input", { type: "radio", name: group, value }), text }));
  const pair = h("div", { class: "parts", role: "radiogroup", "aria-label": "From which sentence to which" }, ...parts.map(({ input, text }) => h("label", {}, input, text)));
  const foot = h("div", { class: "foot" }, sets,
    h("label", { class: "slide" }, h("span", {}, "hide below"), least, leastSaid),
    h("label", { class: "slide" }, h("span", {}, "lines each"), top, topSaid), pair);

  /** @param {number} one */
  const toggle = (one) => {
    const heads = chosen.heads ?? new Set();
    if (!heads.delete(one)) heads.add(one);
    chosen.heads = heads;
  };
  const numbers = () => Array.from({ length: head?.heads ?? 0 }, (_, k) => k);
  mode.addEventListener("change", () => {
    chosen.mode = mode.value;
    if (head && chosen.mode === "several") chosen.heads ??= new Set(numbers().slice(0, AT_FIRST).map((k) => (/** @type {Head} */ (head).head + k) % /** @type {Head} */ (head).heads));
    changed();
  }, { signal });
  every.addEventListener("click", () => { chosen.heads = new Set(numbers()); changed(); }, { signal });
  only.addEventListener("click", () => { if (head) chosen.heads = new Set([head.head]); changed(); }, { signal });
  least.addEventListener("input", () => { chosen.least = LEAST[Number(least.value)]; changed(); }, { signal });
  top.addEventListener("input", () => { chosen.top = tops[Number(top.value)] ?? Infinity; changed(); }, { signal });
  for (const { value, input } of parts) input.addEventListener("change", () => { chosen.part = value; changed(); }, { signal });

  return {
    chosen, mode: h("span", { class: "select" }, mode), swatches: overlaid.node, foot,
    /** @param {Head} of */
    show(of) {
      head = of;
      if (chosen.heads) for (const one of chosen.heads) if (one >= of.heads) chosen.heads.delete(one);
      mode.value = chosen.mode;
      mode.parentElement.hidden = of.heads < 2;
      overlaid.node.hidden = sets.hidden = chosen.mode !== "several";
      if (chosen.mode === "several") overlaid.show({ heads: of.heads, on: chosen.heads ?? new Set(), current: of.head });
      every.disabled = chosen.heads?.size === of.heads;
      only.disabled = chosen.heads?.size === 1 && chosen.heads.has(of.head);
      only.textContent = `only head ${of.head + 1}`;
      const lowest = chosen.least * most(of);
      leastSaid.textContent = lowest ? told(of.measure, lowest).replace(/^\+/, "") : "0";
      least.setAttribute("aria-valuetext", leastSaid.textContent);
      tops = TOPS.filter((k) => k < of.n);
      const at = tops.findIndex((k) => k >= chosen.top);
      top.max = String(tops.length);
      top.value = String(at < 0 ? tops.length : at);
      topSaid.textContent = at < 0 ? "all" : String(tops[at]);
      top.setAttribute("aria-valuetext", at < 0 ? "all" : `the strongest ${tops[at]}`);
      pair.hidden = !of.pair;
      for (const { value, input } of parts) input.checked = value === chosen.part;
    },
  };
}
