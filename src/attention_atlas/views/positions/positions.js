/** The position embeddings that the model learned, and sinusoids to compare with. */

import { legend } from "../shared/canvas.js";
import { cells, rowHeight } from "../shared/cells.js";
import { maps, top98 } from "../shared/colour.js";
import { count, h, number } from "../shared/dom.js";
import { ordinal } from "../shared/head.js";
import { view } from "../shared/live.js";
import { digitsOf } from "../shared/sums.js";

const SIDE_BY_SIDE = 520;
const GAP = 24;
const LARGEST_MAP = 320;
const KINDS = [
  { array: "learned", title: "Learned by this model", of: "learned positions" },
  { array: "sinusoidal", title: "Sinusoids, to compare with", of: "sinusoids" },
];

/** @param {number} stride */
const thinned = (stride) => (stride === 1 ? "" : `Thinned: every ${ordinal(stride)} position of the text is shown.`);

/** @param {AbortSignal} signal @param {(token: number) => void} choose a row @param {typeof KINDS[0]} kind */
function figure(signal, choose, { array, title, of }) {
  const matrix = cells(signal, choose);
  const scale = h("small");
  return { array, title, of, matrix, scale, node: h("figure", {}, h("figcaption", {}, h("span", {}, title), scale), matrix.node) };
}

/** How alike the positions are: two square maps. @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function similarity(el, { signal, choose }) {
  let stride = 1;
  const figures = KINDS.map((kind) => figure(signal, (row) => choose({ token: row * stride }), kind));
  const scale = h("span", { class: "aa-scale" });
  const thin = h("p", { class: "quiet" });
  const twin = h("div", { class: "maps" }, ...figures.map(({ node }) => node));
  el.replaceChildren(h("div", { class: "head" }, h("span", {}, "cosine of position with position"), scale), twin, thin);
  /** @param {import("../shared/live.js").Scene} scene */
  return ({ state, arrays, selection, theme, width }) => {
    ({ stride } = state);
    const beside = width >= SIDE_BY_SIDE;
    const side = Math.floor(Math.min(LARGEST_MAP, beside ? (width - GAP) / 2 : width));
    twin.classList.toggle("beside", beside);
    twin.style.setProperty("--side", `${side}px`);
    scale.replaceChildren(...legend({ low: -1, high: 1, map: maps(theme).diverging, digits: 0 }).childNodes);
    const focus = selection.token < 0 ? state.first : selection.token;
    const mark = Math.floor(focus / stride);
    for (const { array, of, matrix, scale: neighbours } of figures) {
      const { data, shape: [m] } = arrays[array];
      const near = state.neighbours[array];
      neighbours.textContent = near === null ? "" : `neighbours ${number(near, 2)}`;
      neighbours.title = near === null ? "" : "the mean cosine of positions next to each other";
      matrix.show({
        values: data, rows: m, columns: m, width: side, height: side, max: 1, theme, gap: false, mark,
        label: `How alike the ${of} are: ${m} by ${m} cosines`,
        name: (r, c) => `${r * stride} ${state.tokens[r * stride]} with ${c * stride} ${state.tokens[c * stride]}`,
      });
      column(matrix.node, mark, m);
    }
    thin.textContent = thinned(stride);
    thin.hidden = stride === 1;
  };
}

/** Frames a column as `mark` frames the row. @param {HTMLCanvasElement} canvas @param {number} at @param {number} of */
function column(canvas, at, of) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const line = Math.max(1, Math.round(1.5 * (window.devicePixelRatio || 1)));
  context.strokeStyle = getComputedStyle(canvas).getPropertyValue("--accent");
  context.lineWidth = line;
  context.strokeRect(Math.max(line / 2, Math.round((at * canvas.width) / of)), line / 2, canvas.width / of - line / 2, canvas.height - line);
}

/** The tables themselves, over the whole width. @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function tables(el, { signal, choose }) {
  let stride = 1;
  const figures = KINDS.map((kind) => figure(signal, (row) => choose({ token: row * stride }), kind));
  const thin = h("p", { class: "quiet" });
  el.replaceChildren(h("div", { class: "tables" }, ...figures.map(({ node }) => node)), thin);
  /** @param {import("../shared/live.js").Scene} scene */
  return ({ state, arrays, selection, theme, width }) => {
    ({ stride } = state);
    const focus = selection.token < 0 ? state.first : selection.token;
    for (const { array, title, matrix, scale } of figures) {
      const { data, shape: [m, d] } = arrays[array];
      const row = rowHeight(m, { most: 12, room: 220 });
      const max = array === "learned" ? top98(data) : 1;
      scale.textContent = `±${number(max, digitsOf(max))}`;
      scale.title = "its own colour scale";
      matrix.show({
        values: data, rows: m, columns: d, width, height: row * m, max, theme, gap: false, middle: array === "sinusoidal", mark: Math.floor(focus / stride),
        label: `${title}: ${count(m)} positions by ${count(d)}`,
        name: (r, c) => `position ${r * stride}, ${state.tokens[r * stride]} [${c}]`,
      });
    }
    thin.textContent = thinned(stride);
    thin.hidden = stride === 1;
  };
}

export default view((el, scene) => (scene.state.tables ? tables : similarity)(el, scene), { name: "aa-positions" });
