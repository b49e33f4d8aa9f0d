/** A canvas of signed numbers that can be read: one row of them is a strip, many are a matrix. */

import { paintSigned } from "./canvas.js";
import { clamp, h, number } from "./dom.js";
import { readable } from "./reading.js";
import { openVector } from "./vector.js";

/**
 * @typedef {object} Shown
 * @property {ArrayLike<number>} values row after row
 * @property {number} [rows] @property {number} columns
 * @property {number} width CSS pixels @property {number} height CSS pixels
 * @property {number} max the end of the colour scale
 * @property {import("./colour.js").Theme} theme
 * @property {string} label what the whole is, for who does not see it
 * @property {(row: number, column: number) => string} name what one cell is
 * @property {number} [mark] a row to frame
 * @property {boolean} [gap] a hair between cells, where they are wide enough
 * @property {boolean} [middle] of cells that share a pixel, the one in the middle shows
 * @property {number} [count] how many cells there are, where the last row is not full
 * @property {(row: number, column: number) => void} [seen] called when a cell is read
 * @property {(row: number) => string} [rowName] what one row is; a click or Enter then opens it as a vector
 */

/**
 * @param {AbortSignal} signal
 * @param {(row: number) => void} [choose] on click and on Enter
 * @returns {{node: HTMLCanvasElement, show: (shown: Shown) => void}}
 */
export function cells(signal, choose) {
  const node = h("canvas", { role: "img" });
  /** @type {Shown} */
  let now;
  if (choose) node.style.cursor = "pointer";
  readable(node, {
    grid: () => ({ rows: now.rows ?? 1, columns: now.columns }),
    read: (row, column) => {
      now.seen?.(row, column);
      const i = row * now.columns + column;
      return i < (now.count ?? now.values.length) ? [now.name(row, column), number(now.values[i])] : null;
    },
    choose: (row) => {
      if (choose) return choose(row);
      if (now.rowName) openVector(node, { name: now.rowName(row), values: Array.from(now.values).slice(row * now.columns, (row + 1) * now.columns) });
    },
    signal,
  });
  return {
    node,
    show(shown) {
      now = shown;
      if (!choose) node.style.cursor = shown.rowName ? "pointer" : "";
      node.setAttribute("aria-label", shown.label);
      paintSigned(node, shown);
    },
  };
}

/**
 * The width of a row of cells: whole pixels for each where there is room, so that all look alike.
 * @param {number} room @param {number} columns
 */
export function fit(room, columns) {
  const each = Math.floor(room / columns);
  return each >= 4 ? each * columns : Math.floor(room);
}

/**
 * How high a row of a matrix with n rows is: as much as there is room for, but never so little
 * that a row could not be pointed at.
 * @param {number} n @param {{most?: number, room?: number, least?: number}} [of] CSS pixels
 */
export const rowHeight = (n, { most = 16, room = 480, least = 2 } = {}) => clamp(Math.floor(room / n), least, most);
