/** The layers before or after the chosen one: a row each, a small picture of each head. */

import { maps } from "../shared/colour.js";
import { h } from "../shared/dom.js";
import { view } from "../shared/live.js";

const NARROW = 410;

/**
 * Paints a head at its own size; CSS makes it as large as it is shown.
 * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} pixels @param {number} side
 * @param {Uint8ClampedArray} map
 */
function paint(canvas, pixels, side, map) {
  canvas.width = canvas.height = side;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const level = 3 * pixels[i];
    image.data[4 * i] = map[level];
    image.data[4 * i + 1] = map[level + 1];
    image.data[4 * i + 2] = map[level + 2];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, choose }) {
  const ladder = h("div", { class: "ladder" });
  el.replaceChildren(ladder);
  /** @type {{button: HTMLElement, canvases: HTMLCanvasElement[], painted: boolean}[]} */
  let rows = [];
  ladder.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const button = event.target instanceof Element && event.target.closest("button");
    if (button) choose({ layer: Number(button.dataset.layer) });
  }, { signal });
  /** @param {import("../shared/live.js").Scene} scene */
  return ({ state, arrays, selection, theme, width, changed }) => {
    const { shape, data } = arrays.thumbnails;
    const [layers, heads, side] = shape;
    if (rows.length !== layers || rows[0]?.canvases.length !== heads) {
      rows = Array.from({ length: layers }, (_, l) => {
        const canvases = Array.from({ length: heads }, () => h("canvas", { "aria-hidden": "true" }));
        const button = h("button", { type: "button", "data-layer": l, "aria-label": `Open layer ${l + 1}` },
          h("span", {}, `Layer ${l + 1}`), h("span", { class: "heads" }, ...canvases));
        return { button, canvases, painted: false };
      });
      ladder.replaceChildren(...rows.map((row) => row.button));
    }
    ladder.classList.toggle("small", width < NARROW);
    ladder.style.setProperty("image-rendering", "pixelated");
    const map = maps(theme).sequential;
    const any = rows.map((row, l) => {
      const shown = state.part === "before" ? l < selection.layer : l > selection.layer;
      if (changed.picture || changed.theme) row.painted = false;
      row.button.hidden = !shown;
      if (shown && !row.painted) {
        row.canvases.forEach((canvas, k) => paint(canvas, data.subarray((l * heads + k) * side * side, (l * heads + k + 1) * side * side), side, map));
        row.painted = true;
      }
      return shown;
    }).some(Boolean);
    ladder.hidden = !any;
  };
}

export default view(build, { name: "aa-head-ladder" });
