/** The four measures of a head (views/weights.py): what they are, and how their numbers are written. */

import { number } from "./dom.js";
import { significant } from "./figures.js";

/**
 * @typedef {"weights" | "scores" | "norms" | "difference"} Measure
 * @typedef {object} About
 * @property {string} name
 * @property {string} one what one number is called
 * @property {(heads: number) => string} means what stands beside its formula
 * @property {string} merged how the numbers of a word come from those of its pieces
 * @property {string} without what becomes of the others when special tokens are left out
 * @property {{text: string, url: string}} [source]
 */

/** @type {Record<Measure, About>} */
export const MEASURES = {
  weights: {
    name: "Weights", one: "weight",
    means: () => "the share of its attention that i gives to j; each row sums to 1.",
    merged: "Of a word’s pieces, columns are summed and rows averaged.",
    without: "and each row is scaled to sum to 1 again.",
    source: { text: "Vaswani et al., 2017", url: "https://arxiv.org/abs/1706.03762" },
  },
  scores: {
    name: "Raw scores", one: "score",
    means: () => "how well the query of i fits the key of j, before the softmax makes shares of them.",
    merged: "A word has the mean of its pieces’ scores.",
    without: "and the others stay as they are.",
    source: { text: "Vaswani et al., 2017", url: "https://arxiv.org/abs/1706.03762" },
  },
  norms: {
    name: "Norm-weighted", one: "norm",
    means: () => "the length of the vector that i takes from j: a large weight on a short vector moves little.",
    merged: "Of a word’s pieces, columns are summed and rows averaged: an upper bound, since their vectors may cancel.",
    without: "and the others stay as they are.",
    source: { text: "Kobayashi et al., 2020", url: "https://aclanthology.org/2020.emnlp-main.574/" },
  },
  difference: {
    name: "Difference", one: "difference",
    means: (heads) => `this head’s weight, minus the mean over the layer’s ${heads} heads.`,
    merged: "Of a word’s pieces, columns are summed and rows averaged.",
    without: "and each row of weights is scaled to sum to 1 again before the mean is taken.",
  },
};

/** Whether a measure has numbers below 0. @param {Measure} measure */
export const signed = (measure) => measure === "scores" || measure === "difference";

/** The end of its scale, which is never 0. @param {{measure: Measure, range: [number, number]}} of */
export const most = ({ measure, range: [low, high] }) => (measure === "weights" ? 1 : Math.max(Math.abs(low), Math.abs(high)) || 1);

/** A number as it is read; of a difference also which way it goes. @param {Measure} measure @param {number} x */
export function told(measure, x) {
  const text = number(x);
  return measure === "difference" && x > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** A number where there is little room: .487, −3.21. @param {Measure} measure @param {number} x */
export const short = (measure, x) => (measure === "scores" ? number(x, 2) : told(measure, x).replace(/^([+−]?)0\./, "$1."));

/** The end of a scale, in two or three digits. @param {number} x */
export const brief = (x) => significant(x, Math.abs(x) >= 1 ? 3 : 2).replace(/^(−?)0\./, "$1.").replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
