/** One query and one key: the dimensions that make their dot product, and what becomes of it. */

import { cells, fit } from "../shared/cells.js";
import { top98 } from "../shared/colour.js";
import { count, h, m } from "../shared/dom.js";

/** "1.2 − 3.4", and "1.2 − (−3.4)". @param {string} x */
export const takenOff = (x) => (x.startsWith("−") ? `− (${x})` : `− ${x}`);

/** √d_h, as MathML. @param {number} size */
export const root = (size) => m("math", m("msqrt", m("mn", String(size))));

/** @param {AbortSignal} signal */
export function pair(signal) {
  const title = h("h4");
  const strips = [cells(signal), cells(signal), cells(signal)];
  const names = strips.map(() => h("span", { class: "name" }));
  const rooms = strips.map((strip) => h("div", {}, strip.node));
  const chain = h("p", { class: "chain" });
  const caption = h("caption");
  const body = h("tbody");
  const foot = h("tfoot");
  const table = h("table", { class: "terms" }, caption,
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "dimension"), ...["q", "k", "q × k"].map((name) => h("th", { scope: "col", class: "r" }, name)), h("td"))),
    body, foot);
  const node = h("section", { class: "pair" }, title,
    h("div", { class: "vectors" }, ...names.flatMap((name, i) => [name, rooms[i]]), chain), table);

  /** @param {string} name @param {string} value */
  const link = (name, value) => h("span", {}, `${name} `, h("b", {}, value));

  return {
    node,
    /** @param {import("../shared/live.js").Scene} scene @param {number} picked which of the shown keys */
    numbers({ state }, picked) {
      const key = state.keys[picked];
      const tok = (/** @type {string} */ text, own = false) => h("span", { class: own ? "tok on" : "tok" }, text);
      title.replaceChildren("Compare: ", tok(state.token, true), " with ", tok(key.piece));
      names[0].replaceChildren("q of ", tok(state.token, true));
      names[1].replaceChildren("k of ", tok(key.piece));
      names[2].replaceChildren("q × k");
      const scaled = h("span", {}, "÷ ", root(state.head_size), " = ", h("b", {}, key.scaled));
      chain.replaceChildren(link("q · k =", key.raw), scaled, link(`${takenOff(state.maximum)} =`, key.shifted), link(`exp(${key.shifted}) =`, key.exp), link(`÷ ${state.exp_sum} =`, key.share));
      const listed = key.terms.length;
      caption.textContent = key.rest === null ? "All dimensions of q · k, the largest first" : `The ${listed} of ${count(state.head_size)} dimensions that make most of q · k`;
      const products = key.terms.map((/** @type {any} */ term) => Number(term.product.replaceAll("−", "-").replace("∞", "Infinity")));
      const most = Math.max(...products.map(Math.abs).filter(Number.isFinite), 0) || 1;
      body.replaceChildren(
        ...key.terms.map((/** @type {any} */ term, /** @type {number} */ i) => h("tr", {},
          h("th", { scope: "row" }, `[${term.dimension}]`), h("td", { class: "r" }, term.q), h("td", { class: "r" }, term.k), h("td", { class: "r" }, term.product),
          h("td", { class: "bars", "aria-hidden": "true" }, bar(products[i] / most)))),
        ...(key.rest === null ? [] : [h("tr", { class: "rest" },
          h("th", { scope: "row", colSpan: 3 }, `${count(state.head_size - listed)} other${state.head_size - listed === 1 ? "" : "s"}`), h("td", { class: "r" }, key.rest), h("td"))]));
      foot.replaceChildren(h("tr", {}, h("th", { scope: "row", colSpan: 3 }, "sum = q · k"), h("td", { class: "r" }, key.raw), h("td")));
    },
    /** @param {import("../shared/live.js").Scene} scene @param {number} picked */
    strips({ state, arrays, theme }, picked) {
      const size = state.head_size;
      const query = arrays.query.data;
      const key = arrays.key.data.subarray(picked * size, (picked + 1) * size);
      const product = Float32Array.from(query, (x, d) => x * key[d]);
      const { piece } = state.keys[picked];
      const of = [`q of ${state.token}`, `k of ${piece}`, `q × k of ${state.token} and ${piece}`];
      const width = fit(rooms[0].clientWidth, size);
      const max = top98(query, key);
      [query, key, product].forEach((values, i) => strips[i].show({
        values, columns: size, width, height: 20, max: i < 2 ? max : top98(product), theme,
        label: `${of[i]}: ${size} values`, name: (_, column) => `${of[i]} [${column}]`, rowName: () => of[i],
      }));
    },
  };
}

/** A bar to the right for what adds, to the left for what takes away. @param {number} share −1 to 1 */
export function bar(share) {
  return h("span", { class: "signed" }, h("i", { class: share < 0 ? "neg" : "pos", style: { width: `${Number.isFinite(share) ? 50 * Math.min(1, Math.abs(share)) : 0}%` } }));
}
