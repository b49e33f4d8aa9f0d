/**
 * Which cells of the map are in view: a square of them.
 *
 * @typedef {{row: number, column: number}} Cell
 * @typedef {{row: number, column: number, size: number}} Window its first row and column, and its side
 * @typedef {import("../shared/head.js").Unit} Unit
 */

import { clamp } from "../shared/dom.js";

const CLOSEST = 12;

/** @param {number} n @returns {Window} */
export const whole = (n) => ({ row: 0, column: 0, size: n });

/** A look's window. @param {[number, number, number]} window @returns {Window} */
export const windowOf = ([row, column, size]) => ({ row, column, size });

/** Whether n × n cells have such a part. @param {Window} view @param {number} n */
export const inside = ({ row, column, size }, n) => row + size <= n && column + size <= n;

/** @param {Window} view @param {number} n */
export const ends = (view, n) => ({ closest: view.size <= CLOSEST, widest: view.size >= n });

/** A window of a size about a cell, inside n × n. @param {number} n @param {number} size @param {Cell} centre @returns {Window} */
export function around(n, size, centre) {
  size = clamp(Math.round(size), Math.min(CLOSEST, n), n);
  return { size, row: clamp(Math.round(centre.row - size / 2), 0, n - size), column: clamp(Math.round(centre.column - size / 2), 0, n - size) };
}

/** The window moved as little as shows a cell; the same one if it does already. @param {Window} view @param {Cell} cell @returns {Window} */
export function holding(view, cell) {
  const into = (/** @type {number} */ from, /** @type {number} */ k) => clamp(from, k - view.size + 1, k);
  const [row, column] = [into(view.row, cell.row), into(view.column, cell.column)];
  return row === view.row && column === view.column ? view : { ...view, row, column };
}

/** What is the same for a text whether it is shown by pieces or by words, with special tokens or without. @param {Unit[]} units */
export const textOf = (units) => units.filter(({ special }) => !special).map(({ text }) => text.replace(/^##/, "")).join("");

/** The window over the same stretch of text, when its units have become others. @param {Window} view @param {Unit[]} before @param {Unit[]} after @returns {Window} */
export function carried(view, before, after) {
  if (view.size >= before.length || !after.length) return whole(after.length);
  /** @param {number} from @returns {[number, number]} */
  const span = (from) => {
    const first = before[from].tokens[0];
    const last = before[from + view.size - 1].tokens[0];
    const start = after.findIndex(({ tokens }) => tokens[tokens.length - 1] >= first);
    const stop = after.findIndex(({ tokens }) => tokens[tokens.length - 1] >= last);
    return [start < 0 ? after.length - 1 : start, stop < 0 ? after.length - 1 : stop];
  };
  const [top, bottom] = span(view.row);
  const [left, right] = span(view.column);
  return around(after.length, Math.max(bottom - top, right - left) + 1, { row: (top + bottom + 1) / 2, column: (left + right + 1) / 2 });
}
