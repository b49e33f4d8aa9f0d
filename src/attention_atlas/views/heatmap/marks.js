/** What lies over the map's cells: the frames about the focused row and the cell that is read, and what is no number. */

import { size as sized } from "../shared/canvas.js";
import { h, s } from "../shared/dom.js";
import { GAP_FROM } from "./quick.js";

/**
 * @typedef {import("./window.js").Cell} Cell
 * @typedef {import("./window.js").Window} Window
 */

/** @param {HTMLElement} frame */
export function marks(frame) {
  const unknown = h("canvas", { class: "unknown", "aria-hidden": "true", hidden: true });
  const svg = s("svg", { class: "marks", "aria-hidden": "true" });
  frame.append(unknown, svg);
  return {
    svg,
    /** @param {{view: Window, cell: number, size: number, focus: number, reading: Cell | null}} of */
    show({ view, cell, size, focus, reading }) {
      const inside = (/** @type {number} */ k, /** @type {number} */ from) => k >= from && k < from + view.size;
      const y = (/** @type {number} */ row) => (row - view.row) * cell;
      const x = (/** @type {number} */ column) => (column - view.column) * cell;
      /** @type {SVGElement[]} */
      const shapes = [];
      const box = (/** @type {string} */ name, /** @type {number} */ left, /** @type {number} */ top, /** @type {number} */ width, /** @type {number} */ height) =>
        shapes.push(s("rect", { class: name, x: left - 0.5, y: top - 0.5, width: Math.max(width, 2), height: Math.max(height, 2) }));
      const seen = reading && inside(reading.row, view.row) && inside(reading.column, view.column) ? reading : null;
      if (seen) {
        box("cross", 0, y(seen.row), size, cell);
        box("cross", x(seen.column), 0, cell, size);
      }
      if (inside(focus, view.row)) box("focus", 0, y(focus), size, cell);
      if (seen) box("at", x(seen.column), y(seen.row), cell, cell);
      svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
      svg.replaceChildren(...shapes);
    },
    /**
     * Plotly leaves a cell blank that is NaN or infinite; here it gets the checker that it has everywhere.
     * @param {{weights: ArrayLike<number>, n: number, view: Window, cell: number, size: number}} of
     */
    check({ weights, n, view, cell, size }) {
      /** @type {[number, number, number][]} row, and from and to which column */
      const runs = [];
      for (let row = view.row; row < view.row + view.size; row++) {
        for (let from = view.column; from < view.column + view.size; from++) {
          let to = from;
          while (to < view.column + view.size && !Number.isFinite(weights[row * n + to])) to++;
          if (to > from) runs.push([row, from, to]);
          from = to;
        }
      }
      unknown.hidden = !runs.length;
      if (!runs.length) return;
      const { context, ratio } = sized(unknown, size, size);
      const tile = h("canvas", { width: 4, height: 4 });
      const pen = tile.getContext("2d");
      pen.fillStyle = getComputedStyle(frame).getPropertyValue("--alert").trim();
      for (let k = 0; k < 16; k++) if (((k % 4) + (k >> 2)) % 4 < 2) pen.fillRect(k % 4, k >> 2, 1, 1);
      context.fillStyle = context.createPattern(tile, "repeat") ?? pen.fillStyle;
      const gap = cell >= GAP_FROM ? 1 : 0;
      const px = (/** @type {number} */ k) => Math.round(k * cell * ratio);
      for (const [row, from, to] of runs) {
        for (let k = from; k < to; k = gap ? k + 1 : to) {
          const [left, right] = [px(k - view.column), px((gap ? k + 1 : to) - view.column)];
          const [top, bottom] = [px(row - view.row), px(row + 1 - view.row)];
          context.fillRect(left, top, right - left - gap, bottom - top - gap);
        }
      }
    },
  };
}
