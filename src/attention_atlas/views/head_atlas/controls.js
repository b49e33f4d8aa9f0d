/** What the person chooses in the atlas: the colour, the arrangement, and which heads. */

import { h } from "../shared/dom.js";

/** @typedef {import("./numbers.js").Quantity} Quantity */
/** @typedef {{value: string, name: string, missing?: string | null}} Option */

/** What the two ends of an order are called. @type {Record<string, {highest: string, lowest: string}>} */
const ENDS = {
  entropy: { highest: "most diffuse first", lowest: "most focused first" },
  distance: { highest: "farthest first", lowest: "nearest first" },
};

/** @param {Quantity} key what heads are sorted by @returns {Option[]} */
export function arrangements({ value }) {
  const { highest, lowest } = ENDS[value] ?? { highest: "highest first", lowest: "lowest first" };
  const sorted = [{ value: "highest", name: highest }, { value: "lowest", name: lowest }];
  return [{ value: "layer", name: "by layer" }, ...(value === "entropy" ? sorted.reverse() : sorted)];
}

/** @param {Quantity[]} choices @param {number} strong @returns {Option[]} */
export const filters = (choices, strong) => [
  { value: "all", name: "all heads" },
  ...choices.filter(({ kind }) => kind === "role"),
  { value: "none", name: `no role of ${strong}×` },
];

/** @param {string} label @param {string} [spoken] the accessible name, where the label is too short */
export function picker(label, spoken = label) {
  const select = /** @type {HTMLSelectElement} */ (h("select", { "aria-label": spoken }));
  let filled = "";
  return {
    select,
    node: h("span", { class: "picker" }, h("span", { "aria-hidden": "true" }, label), h("span", { class: "select" }, select)),
    /** @param {Option[]} options @param {string} value */
    show(options, value) {
      const key = JSON.stringify(options);
      if (key !== filled) {
        filled = key;
        select.replaceChildren(...options.map((one) => h("option", { value: one.value, disabled: Boolean(one.missing) }, one.missing ?? one.name)));
      }
      select.value = value;
    },
  };
}

/**
 * Two words of which one is chosen.
 * @param {string} label @param {[string, string]} values @param {(value: string) => void} choose @param {AbortSignal} signal
 */
export function pair(label, values, choose, signal) {
  const buttons = values.map((value) => {
    const button = h("button", { type: "button" }, value);
    button.addEventListener("click", () => choose(value), { signal });
    return button;
  });
  const node = h("span", { class: "pair", role: "group", "aria-label": label }, ...buttons);
  return {
    node,
    /** @param {string} value @param {boolean} there */
    show(value, there) {
      node.classList.toggle("away", !there); // its room stays, so that nothing moves
      buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(values[k] === value)));
    },
  };
}

/**
 * Plain text with its subscripts: "A_{ii}", "Σ_i".
 * @param {string} text @returns {(Node | string)[]}
 */
export const subscripts = (text) => text.split(/(_\{[^}]*\}|_\w+)/).filter(Boolean)
  .map((part) => (part.startsWith("_") ? h("sub", {}, part.replace(/^_\{?|\}$/g, "")) : part));
