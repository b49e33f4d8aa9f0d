/**
 * One head of an attention Picture (views/weights.py), as the attention views read it.
 *
 * @typedef {{text: string, tokens: number[], special: boolean, segment: number}} Unit a token, or the pieces of a word
 * @typedef {object} Head
 * @property {import("./measure.js").Measure} measure which numbers
 * @property {ArrayLike<number>} weights its numbers, n × n, row after row
 * @property {[number, number]} range the lowest and the highest number of all heads that were sent; 0 and 1 for weights
 * @property {number} n how many units take part
 * @property {Unit[]} tokens those that take part
 * @property {string[]} names their texts; one that occurs again says which it is, "the (2nd)"
 * @property {boolean} words whether they are whole words
 * @property {boolean} pair whether they come from two sentences
 * @property {number} layer @property {number} head counted from 0: what is drawn
 * @property {number} heads how many the layer has
 * @property {Map<number, ArrayLike<number>>} all the numbers of every head that was sent
 * @property {boolean} behind whether another layer or head was chosen and is on its way
 * @property {number} focus the row that holds the focused token; −1 if none, or if it is left out
 * @property {boolean} leftOut whether a token is focused that takes no part
 * @property {string[]} missing the texts of the tokens that are left out
 * @property {(row: number) => void} choose focuses a row's first token
 */

import { at } from "./arrays.js";

/** @param {number} k */
export const ordinal = (k) => k + (k % 100 > 10 && k % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][k % 10] ?? "th");

/** @param {{text: string}[]} tokens @returns {string[]} */
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
  /** @type {Unit[] | null} */
  let named = null;
  /** @type {string[]} */
  let names = [];
  return ({ state, arrays, selection, choose }) => {
    /** @type {Unit[]} */
    const tokens = state.units;
    /** @type {number[]} */
    const sent = state.sent ?? Array.from({ length: state.heads }, (_, head) => head);
    const here = selection.layer === state.layer;
    if (sent.includes(selection.head) && (here || !sent.includes(drawn))) drawn = selection.head;
    else if (!sent.includes(drawn)) drawn = sent[0];
    if (named !== tokens) [named, names] = [tokens, distinct(tokens)];
    const all = new Map(sent.map((head, k) => [head, at(arrays.attention, k).data]));
    const focus = tokens.findIndex((unit) => unit.tokens.includes(selection.token));
    return {
      measure: state.measure,
      weights: /** @type {ArrayLike<number>} */ (all.get(drawn)),
      range: state.range ?? [0, 1],
      n: tokens.length,
      tokens,
      names,
      words: state.words,
      pair: state.pair,
      layer: state.layer,
      head: drawn,
      heads: state.heads,
      all,
      behind: !here || drawn !== selection.head,
      focus,
      leftOut: focus < 0 && selection.token >= 0,
      missing: state.left_out,
      choose: (row) => choose({ token: tokens[row].tokens[0] }),
    };
  };
}

/**
 * The columns of a row, strongest first: differences by how far they are from 0, all else by how
 * high it is. What is no number comes last.
 * @param {Head} head @param {number} row @returns {[number, number][]} column and number
 */
export function strongest({ weights, n, measure }, row) {
  const rank = (/** @type {number} */ x) => (Number.isNaN(x) ? -Infinity : measure === "difference" ? Math.abs(x) : x);
  return Array.from({ length: n }, (_, j) => /** @type {[number, number]} */ ([j, weights[row * n + j]])).sort((a, b) => rank(b[1]) - rank(a[1]) || 0);
}

/** Whether a row of weights has nothing: it gave everything to the tokens that are left out. @param {Head} head @param {number} row */
export function empty({ weights, n, measure }, row) {
  if (measure !== "weights") return false;
  for (let j = 0; j < n; j++) if (weights[row * n + j] !== 0) return false;
  return true;
}

/** @type {CanvasRenderingContext2D | null} */
let ruler = null;

/**
 * Cuts texts to a width, in 12 px of the page's mono.
 * @param {HTMLElement} near whose font to measure in @param {string[]} texts @param {number} most CSS pixels
 * @returns {{texts: string[], widths: number[], width: number}} the texts, the width of each, and that of the widest
 */
export function fit(near, texts, most) {
  ruler ??= document.createElement("canvas").getContext("2d");
  const pen = /** @type {CanvasRenderingContext2D} */ (ruler);
  pen.font = `12px ${getComputedStyle(near).getPropertyValue("--mono") || "monospace"}`;
  /** @type {number[]} */
  const widths = [];
  const cut = texts.map((text) => {
    let length = pen.measureText(text).width;
    const letters = [...text];
    while (length > most && letters.length > 1) {
      letters.pop();
      length = pen.measureText(`${letters.join("")}…`).width;
    }
    widths.push(length);
    return letters.length === [...text].length ? text : `${letters.join("")}…`;
  });
  return { texts: cut, widths, width: Math.ceil(widths.reduce((most, width) => Math.max(most, width), 0)) };
}

/** `fit` that measures anew only when the texts have changed. @param {HTMLElement} near @param {number} most CSS pixels */
export function fitting(near, most) {
  let known = "";
  /** @type {ReturnType<typeof fit>} */
  let fitted = { texts: [], widths: [], width: 0 };
  /** @param {Unit[]} tokens */
  return (tokens) => {
    const texts = tokens.map(({ text }) => text);
    const key = texts.join("\n");
    if (key !== known || fitted.texts.length !== texts.length) [known, fitted] = [key, fit(near, texts, most)];
    return fitted;
  };
}
