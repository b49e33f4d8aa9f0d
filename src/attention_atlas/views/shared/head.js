/**
 * One head of an attention Picture (views/weights.py), as the attention views read it.
 *
 * @typedef {{text: string, special: boolean, segment: number}} Token
 * @typedef {object} Head
 * @property {ArrayLike<number>} weights n × n, row after row
 * @property {number} n how many tokens take part
 * @property {Token[]} tokens those that take part
 * @property {string[]} names their texts; one that occurs again says which it is, "the (2nd)"
 * @property {number} layer @property {number} head counted from 0: what is drawn
 * @property {boolean} behind whether another layer or head was chosen and is on its way
 * @property {number} focus the row of the focused token; −1 if none, or if it is left out
 * @property {Token | null} leftOut the focused token, if it is left out
 * @property {string[]} missing the texts of the tokens that are left out
 * @property {(row: number) => void} choose focuses a token by its row
 */

import { at } from "./arrays.js";

/** @param {number} k */
export const ordinal = (k) => k + (k % 100 > 10 && k % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][k % 10] ?? "th");

/** @param {Token[]} tokens @returns {string[]} */
export function distinct(tokens) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return tokens.map(({ text }) => {
    const k = (seen.get(text) ?? 0) + 1;
    seen.set(text, k);
    return k === 1 ? text : `${text} (${ordinal(k)})`;
  });
}

/**
 * Remembers which head is drawn: while the numbers of another one are on their way, the old one stays.
 * @returns {(scene: import("./live.js").Scene) => Head}
 */
export function follower() {
  let drawn = -1;
  return ({ state, arrays, selection, choose }) => {
    const all = state.head === null;
    const here = selection.layer === state.layer;
    if (!all) drawn = state.head;
    else if (here || drawn < 0 || drawn >= state.heads) drawn = selection.head;
    const tokens = state.shown.map((/** @type {number} */ i) => state.tokens[i]);
    const focus = state.shown.indexOf(selection.token);
    const focused = state.tokens[selection.token] ?? null;
    const kept = new Set(state.shown);
    return {
      weights: at(arrays.attention, all ? drawn : 0).data,
      n: tokens.length,
      tokens,
      names: distinct(tokens),
      layer: state.layer,
      head: drawn,
      behind: !here || drawn !== selection.head,
      focus,
      leftOut: focus < 0 ? focused : null,
      missing: [...new Set(state.tokens.filter((/** @type {Token} */ _, /** @type {number} */ i) => !kept.has(i)).map((/** @type {Token} */ t) => t.text))],
      choose: (row) => choose({ token: state.shown[row] }),
    };
  };
}

/** The columns of a row, strongest first. @param {Head} head @param {number} row @returns {[number, number][]} column and weight */
export function strongest({ weights, n }, row) {
  return Array.from({ length: n }, (_, j) => /** @type {[number, number]} */ ([j, weights[row * n + j]])).sort((a, b) => b[1] - a[1]);
}

/** Whether a row has nothing: it gave everything to the tokens that are left out. @param {Head} head @param {number} row */
export function empty({ weights, n }, row) {
  for (let j = 0; j < n; j++) if (weights[row * n + j] !== 0) return false;
  return true;
}

/** @type {CanvasRenderingContext2D | null} */
let ruler = null;

/**
 * Cuts texts to a width, in 12 px of the page's mono.
 * @param {HTMLElement} near whose font to measure in @param {string[]} texts @param {number} most CSS pixels
 * @returns {{texts: string[], width: number}} the texts, and the width of the widest
 */
export function fit(near, texts, most) {
  ruler ??= document.createElement("canvas").getContext("2d");
  const pen = /** @type {CanvasRenderingContext2D} */ (ruler);
  pen.font = `12px ${getComputedStyle(near).getPropertyValue("--mono") || "monospace"}`;
  let width = 0;
  const cut = texts.map((text) => {
    let length = pen.measureText(text).width;
    const letters = [...text];
    while (length > most && letters.length > 1) {
      letters.pop();
      length = pen.measureText(`${letters.join("")}…`).width;
    }
    width = Math.max(width, length);
    return letters.length === [...text].length ? text : `${letters.join("")}…`;
  });
  return { texts: cut, width: Math.ceil(width) };
}
