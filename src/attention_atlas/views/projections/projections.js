/** Query, key and value of one head, for all tokens. */

import { legend } from "../shared/canvas.js";
import { cells, rowHeight } from "../shared/cells.js";
import { maps, top98 } from "../shared/colour.js";
import { h } from "../shared/dom.js";
import { live } from "../shared/live.js";
import { rowLabels } from "../shared/row-labels.js";
import { digitsOf } from "../shared/sums.js";

const STACKED = 640;
const MATRICES = [
  { array: "query", letter: "Q", does: "looks for" },
  { array: "key", letter: "K", does: "offers" },
  { array: "value", letter: "V", does: "hands over" },
];

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, choose }) {
  const take = (/** @type {number} */ token) => choose({ token });
  const figures = MATRICES.map(({ array, letter, does }) => {
    const matrix = cells(signal, take);
    const labels = rowLabels(take, signal);
    const body = h("div", { class: "matrix" }, matrix.node);
    const node = h("figure", {}, h("figcaption", {}, h("b", {}, letter), does), labels.node, body);
    return { array, letter, matrix, labels, body, node };
  });
  const three = h("div", { class: "three" }, ...figures.map((figure) => figure.node));
  const said = h("span");
  const scale = h("span", { class: "aa-scale" });
  el.replaceChildren(three, h("div", { class: "foot" }, said, scale));
  let max = 1;
  /** @param {import("../shared/live.js").Scene} scene */
  return ({ state, arrays, selection, theme, width, changed }) => {
    const [n, size] = arrays.query.shape;
    three.classList.toggle("stacked", width < STACKED);
    if (changed.picture) max = top98(arrays.query.data, arrays.key.data, arrays.value.data);
    if (changed.picture || changed.theme) scale.replaceChildren(...legend({ low: -max, high: max, map: maps(theme).diverging, digits: digitsOf(max) }).childNodes);
    said.textContent = `Head ${state.head + 1}, all ${size} dimensions, one scale for the three`;
    const row = rowHeight(n);
    const room = Math.min(...figures.map((figure) => figure.body.clientWidth));
    for (const { array, letter, matrix, labels } of figures) {
      labels.show({ tokens: state.tokens, row, mark: selection.token });
      matrix.show({
        values: arrays[array].data, rows: n, columns: size, width: room, height: row * n, max, theme, mark: selection.token,
        label: `${letter} of head ${state.head + 1}: ${n} tokens by ${size}`,
        name: (r, c) => `${letter.toLowerCase()} of ${state.tokens[r]} [${c}]`,
      });
    }
  };
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} host */
  render({ model, el }) {
    el.classList.add("aa-projections");
    /** @type {ReturnType<typeof build> | undefined} */
    let draw;
    return live(model, el, (scene) => (draw ??= build(el, scene))(scene));
  },
};
