/** The matrices of all tokens, with plus and equals between them. */

import { legend } from "../shared/canvas.js";
import { cells, rowHeight } from "../shared/cells.js";
import { maps, top98 } from "../shared/colour.js";
import { h, number } from "../shared/dom.js";
import { digitsOf } from "../shared/sums.js";

const STACKED = 640;

/**
 * @param {import("../shared/live.js").Scene} scene
 * @returns {{op: string, name: string, values: ArrayLike<number>, max: number}[]}
 */
function matrices({ state, arrays }) {
  const { word, position, segments, sum, output } = arrays;
  const [n, columns] = word.shape;
  const segment = new Float32Array(n * columns);
  state.segment_of.forEach((/** @type {number} */ row, /** @type {number} */ i) => segment.set(segments.data.subarray(row * columns, (row + 1) * columns), i * columns));
  const max = top98(word.data, position.data, sum.data);
  return [
    { op: "", name: "Word", values: word.data, max },
    { op: "+", name: "Position", values: position.data, max },
    { op: "+", name: state.segments, values: segment, max },
    { op: "=", name: "Sum", values: sum.data, max },
    { op: "→", name: "LayerNorm", values: output.data, max: top98(output.data) },
  ];
}

/** @param {import("../shared/live.js").Scene} first */
export function everything({ signal, choose }) {
  const scale = h("span", { class: "aa-scale" });
  const figures = Array.from({ length: 5 }, () => {
    const matrix = cells(signal, (token) => choose({ token }));
    const name = h("span");
    const own = h("small");
    const op = h("span", { class: "op", "aria-hidden": "true" });
    return { matrix, name, own, op, node: h("figure", {}, h("figcaption", {}, name, own), op, matrix.node) };
  });
  const grid = h("div", { class: "equation" }, ...figures.map((figure) => figure.node));
  const thin = h("p", { class: "quiet" });
  const node = h("div", {}, h("div", { class: "scale-line" }, scale), grid, thin);
  /** @type {ReturnType<typeof matrices>} */
  let all = [];
  return {
    node,
    /** @param {import("../shared/live.js").Scene} scene */
    show(scene) {
      const { state, arrays, selection, theme, width, changed } = scene;
      if (changed.picture || !all.length) all = matrices(scene);
      const [n, columns] = arrays.word.shape;
      const { group, dimensions } = state;
      const stacked = width < STACKED;
      grid.classList.toggle("stacked", stacked);
      const max = all[0].max;
      scale.replaceChildren(...legend({ low: -max, high: max, map: maps(theme).diverging, digits: digitsOf(max) }).childNodes);
      const room = figures[0].node.clientWidth;
      const row = rowHeight(n, stacked ? { most: 8, room: 160, least: 0.5 } : { most: 11, room: 420, least: 1 });
      const which = (/** @type {number} */ c) => (group === 1 ? `[${c}]` : `[${c * group} to ${Math.min(dimensions, (c + 1) * group) - 1}], the largest:`);
      figures.forEach(({ matrix, name, own, op }, i) => {
        const of = all[i];
        op.textContent = of.op;
        name.textContent = of.name;
        own.textContent = of.op === "→" ? `±${number(of.max, digitsOf(of.max))}` : "";
        own.title = "its own colour scale";
        matrix.show({
          values: of.values, rows: n, columns, width: room, height: row * n, max: of.max, theme, gap: false,
          mark: selection.token < 0 ? state.first : selection.token,
          label: `${of.name}: ${n} tokens by ${dimensions}`,
          name: (r, c) => `${of.name} of ${state.tokens[r]} ${which(c)}`,
        });
      });
      thin.textContent = `${group === 1 ? "" : `Thinned: each cell stands for ${group} neighbouring dimensions and shows the largest of them. `}Choose a row to follow its token: its vectors then stand above, each whole.`;
    },
  };
}
