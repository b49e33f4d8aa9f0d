/**
 * The map at once: Plotly takes several frames for what a canvas has in one. While a person goes
 * from head to head this canvas is what they see; when they rest, Plotly's heatmap takes its place.
 */

import { palette, size as sized } from "../shared/canvas.js";
import { h } from "../shared/dom.js";
import { empty } from "../shared/head.js";

/** CSS pixels a cell has at least where cells stand a pixel apart. */
export const GAP_FROM = 6;

/** @param {HTMLElement} frame */
export function quickMap(frame) {
  const canvas = h("canvas", { class: "quick", "aria-hidden": "true", hidden: true });
  const cells = h("canvas"); // a pixel for each cell
  frame.append(canvas);
  return {
    /**
     * @param {object} of
     * @param {import("../shared/head.js").Head} of.head
     * @param {import("./scale.js").Scale} of.scale
     * @param {import("./window.js").Window} of.view
     * @param {import("./heatmap.js").Room} of.room
     */
    show({ head, scale: { level, map }, view, room: { cell, size } }) {
      const { weights, n } = head;
      cells.width = cells.height = view.size;
      const pen = /** @type {CanvasRenderingContext2D} */ (cells.getContext("2d"));
      const image = pen.createImageData(view.size, view.size);
      const pixels = new Uint32Array(image.data.buffer);
      const colours = palette(map);
      for (let i = 0; i < view.size; i++) {
        if (empty(head, view.row + i)) continue;
        const first = (view.row + i) * n + view.column;
        for (let k = first, to = i * view.size; k < first + view.size; k++, to++) {
          if (!Number.isFinite(weights[k])) continue; // marks.js says so there
          pixels[to] = colours[Math.round(255 * Math.min(1, Math.max(0, level(weights[k]))))];
        }
      }
      pen.putImageData(image, 0, 0);
      const { context, W, H, ratio } = sized(canvas, size, size);
      context.imageSmoothingEnabled = false;
      context.drawImage(cells, 0, 0, W, H);
      const gap = cell >= GAP_FROM ? ratio : 0;
      for (let k = 1; gap && k <= view.size; k++) {
        const end = Math.round(k * cell * ratio);
        context.clearRect(end - gap, 0, gap, H);
        context.clearRect(0, end - gap, W, gap);
      }
      canvas.hidden = false;
    },
    hide() { canvas.hidden = true; },
  };
}
