/** The results of all heads side by side, and what each adds to the output. */

import { paintSigned } from "../shared/canvas.js";
import { top98 } from "../shared/colour.js";
import { h, number } from "../shared/dom.js";
import { view } from "../shared/live.js";
import { readable } from "../shared/reading.js";
import { parts } from "./parts.js";

const GAP = 3;
const LEAST = 20;

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, choose }) {
  const joined = h("div", { class: "joined", role: "group" });
  const added = parts(signal, (head) => choose({ head }));
  el.replaceChildren(joined, added.node);
  /** @type {{node: HTMLElement, canvas: HTMLCanvasElement}[]} */
  let heads = [];
  let size = 1;
  /** @type {ArrayLike<number>} */
  let values = [];
  readable(joined, {
    grid: () => ({ rows: heads.length, columns: size }),
    read: (head, column) => [`head ${head + 1} [${column}]`, number(values[head * size + column])],
    choose: (head) => choose({ head }),
    under: (event) => {
      const head = heads.findIndex(({ node }) => event.target instanceof Node && node.contains(event.target));
      if (head < 0) return null;
      const box = heads[head].canvas.getBoundingClientRect();
      const column = Math.floor(((event.clientX - box.left) / box.width) * size);
      return { row: head, column: Math.min(size - 1, Math.max(0, column)) };
    },
    place: (head, column) => {
      const box = heads[head].canvas.getBoundingClientRect();
      return { x: box.left + ((column + 0.5) / size) * box.width, y: box.bottom };
    },
    signal,
  });

  /** @param {import("../shared/live.js").Scene} scene */
  const paint = ({ state, arrays, theme, width }) => {
    const { shape, data } = arrays.context;
    [, size] = shape;
    values = data;
    if (heads.length !== shape[0]) {
      heads = Array.from({ length: shape[0] }, (_, k) => {
        const canvas = h("canvas");
        return { canvas, node: h("div", { class: "head" }, canvas, h("span", { class: "number" }, String(k + 1))) };
      });
      joined.replaceChildren(...heads.map(({ node }) => node));
    }
    const lines = Math.ceil((heads.length * (LEAST + GAP)) / width);
    const across = Math.ceil(heads.length / lines);
    // Whole pixels, shared out so that the row ends where the page does.
    const edge = (/** @type {number} */ k) => Math.floor((k * (width + GAP)) / across);
    const widths = Array.from({ length: across }, (_, k) => edge(k + 1) - edge(k) - GAP);
    joined.style.setProperty("grid-template-columns", widths.map((each) => `${each}px`).join(" "));
    joined.setAttribute("aria-label", `The results of ${heads.length} heads for ${state.token}, ${size} values each. Enter chooses a head.`);
    const max = top98(data);
    heads.forEach(({ canvas }, k) => paintSigned(canvas, {
      values: data.subarray(k * size, (k + 1) * size), columns: size, width: widths[k % across], height: 24, max, theme, gap: false,
    }));
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { picture, theme, width } = scene.changed;
    if (picture || theme || width) {
      paint(scene);
      added.show(scene);
    }
    added.mark(scene.selection.head);
    heads.forEach(({ node }, k) => node.classList.toggle("on", k === scene.selection.head));
  };
}

export default view(build, { name: "aa-heads-joined" });
