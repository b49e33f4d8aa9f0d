/**
 * Which lines the flow draws: from each unit to those it gives most, above a threshold, and within
 * or between the two sentences of a pair.
 *
 * @typedef {import("../shared/head.js").Head} Head
 * @typedef {"all" | "AA" | "AB" | "BA" | "BB"} Part from which sentence to which
 * @typedef {{least: number, top: number, part: Part}} Filter `least` as a share of the widest line; `top`, how many a unit, or Infinity
 * @typedef {object} Sheet one set of lines, n × n
 * @property {ArrayLike<number>} values what is told
 * @property {ArrayLike<number>} drawn what is drawn: it differs while the lines move to where they belong
 * @property {number} head counted from 0; −1 for the mean
 * @property {string | null} colour the CSS variable of its lines; null where only the focus has a colour
 * @property {boolean} dashed a head whose colour another one has too
 */

import { most } from "../shared/measure.js";

/** How many colours there are for heads, --head-1 and on (flow.css). */
const COLOURS = 12;

/** @param {number} head counted from 0 */
export const colourOf = (head) => `--head-${(head % COLOURS) + 1}`;
/** Whether a colour has been given already, so that the lines of this head are dashed. @param {number} head counted from 0 */
export const repeated = (head) => head >= COLOURS;

/** The mean over heads, number by number. @param {Head} of @returns {Float32Array} */
export function mean({ all, n }) {
  const out = new Float32Array(n * n);
  for (const values of all.values()) for (let i = 0; i < out.length; i++) out[i] += values[i];
  for (let i = 0; i < out.length; i++) out[i] /= all.size;
  return out;
}

/**
 * Gives the lines of a row, [column, value] each, strongest first where only some are kept.
 * @param {Head} head @param {Filter} filter
 */
export function picker(head, { least, top, part }) {
  const { n, tokens } = head;
  const from = part === "all" ? null : Number(part[0] === "B");
  const to = part === "all" ? null : Number(part[1] === "B");
  const lowest = least * most(head);
  /** @type {Map<ArrayLike<number>, Map<number, [number, number][]>>} */
  const known = new Map();
  /** @param {ArrayLike<number>} values @param {number} row @returns {[number, number][]} */
  return (values, row) => {
    const rows = known.get(values) ?? new Map();
    known.set(values, rows);
    const before = rows.get(row);
    if (before) return before;
    /** @type {[number, number][]} */
    let lines = [];
    if (from === null || tokens[row].segment === from) {
      for (let j = 0; j < n; j++) {
        const value = values[row * n + j];
        if (Math.abs(value) >= lowest && value !== 0 && (to === null || tokens[j].segment === to)) lines.push([j, value]);
      }
    }
    if (lines.length > top) lines = lines.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, top);
    rows.set(row, lines);
    return lines;
  };
}

/**
 * Where a row goes most, over all sheets.
 * @param {Sheet[]} sheets @param {ReturnType<typeof picker>} pick @param {number} row
 * @returns {Map<number, {value: number, sheet: Sheet}>} by column; of several heads the strongest
 */
export function reached(sheets, pick, row) {
  /** @type {Map<number, {value: number, sheet: Sheet}>} */
  const out = new Map();
  if (row < 0) return out;
  for (const sheet of sheets) {
    for (const [j, value] of pick(sheet.values, row)) {
      const other = out.get(j);
      if (!other || Math.abs(value) > Math.abs(other.value)) out.set(j, { value, sheet });
    }
  }
  return out;
}

/** The column that is reached most; −1 if none. @param {Map<number, {value: number}>} columns */
export function best(columns) {
  let found = -1;
  let most = 0;
  for (const [j, { value }] of columns) if (Math.abs(value) > most) [found, most] = [j, Math.abs(value)];
  return found;
}
