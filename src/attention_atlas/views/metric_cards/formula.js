/** A metric's formula, and below it the same with this head's numbers put in. */

import { count, h, m, measured } from "../shared/dom.js";

/** @typedef {import("./metric_cards.js").Metric} Metric */

/** @param {any} formulas name -> an element or template that holds the formula; or null @param {Metric} metric @returns {Node[]} */
export function written(formulas, metric) {
  const { about, n, tau } = metric;
  const found = formulas instanceof Map ? formulas.get(about.field) : formulas?.[about.field];
  const source = found instanceof HTMLTemplateElement ? found.content : found;
  const math = source instanceof Element || source instanceof DocumentFragment ? /** @type {Element} */ (source.cloneNode(true)) : null;
  if (!math) return [h("code", {}, about.formula)];
  for (const node of math.querySelectorAll("mn")) if (node.textContent === String(tau.default)) node.textContent = tau.text;
  const filled = /** @type {Element} */ (math.cloneNode(true));
  putIn(filled, count(n), tau.text);
  const row = filled.querySelector("mrow");
  // “, τ = 0.01” is in its place by now.
  if (about.field === "sparsity") for (let comma = child(row, ","); comma;) { const next = /** @type {ChildNode | null} */ (comma.nextSibling); comma.remove(); comma = next; }
  row?.append(m("mo", "="), m("mn", measured(metric.value)));
  return [math, filled];
}

/** n, τ, and how far the sums go. @param {Element} math @param {string} n @param {string} tau */
function putIn(math, n, tau) {
  for (const node of math.querySelectorAll("mi")) {
    if (node.textContent === "n") node.replaceWith(m("mn", n));
    else if (node.textContent === "τ" && node.nextElementSibling?.textContent !== "=") node.replaceWith(m("mn", tau));
  }
  for (const node of math.querySelectorAll("munder")) {
    const under = node.lastElementChild;
    under?.replaceWith(m("mrow", under.cloneNode(true), m("mo", "≤"), m("mn", n)));
  }
}

/** @param {Element | null} row @param {string} text @returns {ChildNode | null} */
const child = (row, text) => [...(row?.children ?? [])].find((node) => node.textContent === text) ?? null;

/** What the symbols stand for. @param {Metric} metric @returns {(Node | string)[]} */
export function symbols({ about, n, one }) {
  const sub = m("math", m("msub", m("mi", "A"), m("mrow", m("mi", "i"), m("mi", "j"))));
  const mean = m("math", m("mover", m("mi", "A"), m("mo", "¯")));
  const said = [sub, ` is the share of ${one} j in what ${one} i takes up`];
  if (about.field === "uniformity") said.push(", ", mean, " the mean of all");
  if (about.field === "sparsity") said.push(", # how many there are");
  return [...said, "; ", m("math", m("mi", "n")), ` = ${count(n)} ${one}${n === 1 ? "" : "s"}.`];
}
