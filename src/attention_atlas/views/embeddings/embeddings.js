/** The first vector of each token: word + position + segment, and its LayerNorm. */

import { legend } from "../shared/canvas.js";
import { cells, rowHeight } from "../shared/cells.js";
import { maps, top98 } from "../shared/colour.js";
import { h, number } from "../shared/dom.js";
import { live } from "../shared/live.js";
import { digitsOf, sums } from "../shared/sums.js";

const STACKED = 640;

/**
 * The matrices of all tokens; the sum is made here of what is shown.
 * @param {import("../shared/live.js").Scene} scene
 */
function matrices({ state, arrays }) {
  const { word, position, segments, output } = arrays;
  const [n, d] = word.shape;
  const segment = new Float32Array(n * d);
  state.segment_of.forEach((/** @type {number} */ row, /** @type {number} */ i) => segment.set(segments.data.subarray(row * d, (row + 1) * d), i * d));
  const sum = new Float32Array(n * d);
  for (let k = 0; k < n * d; k++) sum[k] = word.data[k] + position.data[k] + segment[k];
  const max = top98(word.data, position.data, sum);
  return [
    { op: "", name: "Word", values: word.data, max },
    { op: "+", name: "Position", values: position.data, max },
    { op: "+", name: state.segments, values: segment, max },
    { op: "=", name: "Sum", values: sum, max },
    { op: "→", name: "LayerNorm", values: output.data, max: top98(output.data) },
  ];
}

/** @param {import("../shared/live.js").Scene} first */
function everything({ signal, choose }) {
  const scale = h("span", { class: "aa-scale" });
  const figures = Array.from({ length: 5 }, () => {
    const matrix = cells(signal, (token) => choose({ token }));
    const name = h("span");
    const own = h("small");
    const op = h("span", { class: "op", "aria-hidden": "true" });
    return { matrix, name, own, op, node: h("figure", {}, h("figcaption", {}, name, own), op, matrix.node) };
  });
  const grid = h("div", { class: "equation" }, ...figures.map((figure) => figure.node));
  const node = h("div", {}, h("div", { class: "scale-line" }, scale), grid);
  /** @type {ReturnType<typeof matrices>} */
  let all = [];
  return {
    node,
    /** @param {import("../shared/live.js").Scene} scene */
    show(scene) {
      const { state, arrays, selection, theme, width, changed } = scene;
      if (changed.picture || !all.length) all = matrices(scene);
      const [n, d] = arrays.word.shape;
      grid.classList.toggle("stacked", width < STACKED);
      const max = all[0].max;
      scale.replaceChildren(...legend({ low: -max, high: max, map: maps(theme).diverging, digits: digitsOf(max) }).childNodes);
      const room = figures[0].node.clientWidth;
      const row = rowHeight(n, { most: 11, room: 420, least: 1 });
      figures.forEach(({ matrix, name, own, op }, i) => {
        const of = all[i];
        op.textContent = of.op;
        name.textContent = of.name;
        own.textContent = of.op === "→" ? `±${number(of.max, digitsOf(of.max))}` : "";
        own.title = "its own colour scale";
        matrix.show({
          values: of.values, rows: n, columns: d, width: room, height: row * n, max: of.max, theme, gap: false, mark: selection.token,
          label: `${of.name}: ${n} tokens by ${d}`,
          name: (r, c) => `${of.name} of ${state.tokens[r]} [${c}]`,
        });
      });
    },
  };
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, first) {
  const one = sums(first.signal);
  /** @type {ReturnType<typeof everything> | undefined} */
  let all;
  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { state, changed } = scene;
    if (state.everything) {
      all ??= everything(scene);
      if (!all.node.isConnected) el.replaceChildren(all.node);
      all.show(scene);
      return;
    }
    const fresh = !one.node.isConnected;
    if (fresh) el.replaceChildren(one.node);
    if (fresh || changed.picture || changed.theme || changed.width) one.show(scene, state.rows, state.token);
  };
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} host */
  render({ model, el }) {
    el.classList.add("aa-embeddings");
    /** @type {ReturnType<typeof build> | undefined} */
    let draw;
    return live(model, el, (scene) => (draw ??= build(el, scene))(scene));
  },
};
