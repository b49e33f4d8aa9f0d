/** The position embeddings that the model learned, and sinusoids to compare with, over the whole width. */

import { cells, rowHeight } from "../shared/cells.js";
import { top98 } from "../shared/colour.js";
import { h, number } from "../shared/dom.js";
import { live } from "../shared/live.js";
import { digitsOf } from "../shared/sums.js";

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, choose }) {
  const figures = [
    { array: "learned", title: "Positions as this model learned them", quiet: "" },
    { array: "sinusoidal", title: "For comparison: sinusoids", quiet: " (Vaswani et al., 2017)" },
  ].map(({ array, title, quiet }) => {
    const matrix = cells(signal, (token) => choose({ token }));
    const scale = h("small");
    const caption = h("figcaption", {}, h("span", {}, title, h("span", { class: "quiet" }, quiet)), scale);
    return { array, title, matrix, scale, node: h("figure", { class: array }, caption, matrix.node) };
  });
  const twin = h("div", { class: "twin" }, ...figures.map((figure) => figure.node));
  el.replaceChildren(twin);
  /** @param {import("../shared/live.js").Scene} scene */
  return ({ state, arrays, selection, theme, width }) => {
    const [n, d] = arrays.learned.shape;
    const row = rowHeight(n, { most: 6, room: 200, least: 1 });
    for (const { array, title, matrix, scale } of figures) {
      const { data } = arrays[array];
      const max = array === "learned" ? top98(data) : 1;
      scale.textContent = `±${number(max, digitsOf(max))}`;
      matrix.show({
        values: data, rows: n, columns: d, width, height: row * n, max, theme, gap: false, middle: array === "sinusoidal", mark: selection.token,
        label: `${title}: ${n} positions by ${d}`,
        name: (r, c) => `position ${r}, ${state.tokens[r]} [${c}]`,
      });
    }
  };
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} host */
  render({ model, el }) {
    el.classList.add("aa-positions");
    /** @type {ReturnType<typeof build> | undefined} */
    let draw;
    return live(model, el, (scene) => (draw ??= build(el, scene))(scene));
  },
};
