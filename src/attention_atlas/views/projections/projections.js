/** Query, key and value: of one head for all tokens, or of one token in all heads. */

import { at } from "../shared/arrays.js";
import { legend } from "../shared/canvas.js";
import { cells, rowHeight } from "../shared/cells.js";
import { maps, top98 } from "../shared/colour.js";
import { count, h } from "../shared/dom.js";
import { view } from "../shared/live.js";
import { rowLabels } from "../shared/row-labels.js";
import { digitsOf } from "../shared/sums.js";
import { norms } from "./norms.js";

const STACKED = 640;
const MATRICES = [
  { letter: "Q", does: "looks for" },
  { letter: "K", does: "offers" },
  { letter: "V", does: "hands over" },
];

/** What the footer says of rows that are missing and of values that are rounded. @param {any} state */
function thinned({ of, names, rows, exact }) {
  if (exact) return "";
  const every = rows.length > 1 ? rows[1] - rows[0] : 1;
  const fewer = every > 1 ? ` and one of every ${every} ${of === "head" ? "tokens" : "heads"}` : "";
  return `, to 3 digits${fewer}: ${count(names.length)} ${of === "head" ? "tokens" : "heads"} are many`;
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, choose }) {
  /** @type {any} */
  let now;
  const take = (/** @type {number} */ row) => choose(now.of === "head" ? { token: now.rows[row] } : { head: now.rows[row] });
  const figures = MATRICES.map(({ letter, does }) => {
    const matrix = cells(signal);
    const labels = rowLabels(take, signal);
    const lengths = norms(signal);
    const body = h("div", { class: "matrix" }, matrix.node);
    const small = letter.toLowerCase();
    const node = h("figure", {},
      h("figcaption", {}, h("span", {}, h("b", {}, letter), does), h("span", { class: "length", title: "L2 norm of the vector" }, `‖${small}‖`)),
      labels.node, body, lengths.node);
    return { letter, small, matrix, labels, lengths, body, node };
  });
  const three = h("div", { class: "three" }, ...figures.map((figure) => figure.node));
  const said = h("span");
  const scale = h("span", { class: "aa-scale" });
  el.replaceChildren(three, h("div", { class: "foot" }, said, scale));
  let max = 1;
  let longest = 1;
  /** @param {import("../shared/live.js").Scene} scene */
  return ({ state, arrays, selection, theme, width, changed }) => {
    now = state;
    const { names, rows, of } = state;
    const size = arrays.qkv.shape[2];
    const shown = rows.map((/** @type {number} */ i) => names[i]);
    three.classList.toggle("stacked", width < STACKED);
    if (changed.picture) {
      max = top98(arrays.qkv.data);
      longest = Array.from(arrays.norms.data).filter(Number.isFinite).reduce((most, x) => Math.max(most, x), 0) || 1;
    }
    if (changed.picture || changed.theme) scale.replaceChildren(...legend({ low: -max, high: max, map: maps(theme).diverging, digits: digitsOf(max) }).childNodes);
    const whose = of === "head" ? `Head ${state.head + 1}, all ${size} dimensions` : `All ${count(names.length)} heads, ${size} dimensions each`;
    said.replaceChildren(whose, ...(of === "head" ? [] : [" of ", h("span", { class: "tok on" }, state.token)]), thinned(state));
    const chosen = of === "head" ? selection.token : selection.head;
    const mark = rows.indexOf(chosen);
    const row = rowHeight(shown.length);
    const room = Math.min(...figures.map((figure) => figure.body.clientWidth));
    figures.forEach(({ letter, small, matrix, labels, lengths }, k) => {
      const vector = (/** @type {number} */ r) => (of === "head"
        ? `${small} of ${shown[r]} in layer ${state.layer + 1}, head ${state.head + 1}`
        : `${small} of ${state.token} in layer ${state.layer + 1}, ${shown[r]}`);
      labels.show({ tokens: shown, row, mark });
      lengths.show({ names: shown, values: rows.map((/** @type {number} */ i) => arrays.norms.data[k * names.length + i]), letter: small, row, most: longest, mark });
      matrix.show({
        values: at(arrays.qkv, k).data, rows: shown.length, columns: size, width: room, height: row * shown.length, max, theme, mark,
        label: of === "head" ? `${letter} of head ${state.head + 1}: ${shown.length} tokens by ${size}` : `${letter} of ${state.token}: ${shown.length} heads by ${size}`,
        name: (r, c) => `${small} of ${shown[r]} [${c}]`,
        rowName: (r) => `${vector(r)}${state.exact ? "" : ", to 3 digits"}`,
      });
    });
  };
}

export default view(build, { name: "aa-projections" });
