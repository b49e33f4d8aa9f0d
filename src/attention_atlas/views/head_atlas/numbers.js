/**
 * The numbers of all heads (head_atlas/quantities.py), as the atlas and the table read them.
 *
 * @typedef {{value: string, kind: "metric" | "role" | "distance", name: string, short: string, definition: string,
 *   formula: string, note: string, uniform: number | null, missing: string | null}} Quantity
 * @typedef {"ratio" | "share"} As how a role is told
 * @typedef {object} Numbers
 * @property {number} layers @property {number} heads
 * @property {string[]} roles
 * @property {number} strong the ratio from which a role is a head's strongest
 * @property {(quantity: Quantity, as?: As) => ArrayLike<number>} of the numbers of all heads, layer after layer
 * @property {(k: number) => number} strongest the index of a head's strongest role; −1 for none
 * @property {(k: number) => string} role a head's strongest role with share and ratio, "previous 0.62, 7.4×", or that it has none
 */

import { at } from "../shared/arrays.js";
import { measured, number } from "../shared/dom.js";

const NO_ROLE = 255;

/**
 * @param {{state: {roles: string[], strong: number}, arrays: Record<string, import("../shared/arrays.js").NdArray>}} picture
 * @param {Quantity[]} quantities
 * @returns {Numbers}
 */
export function numbers({ state, arrays }, quantities) {
  const [, layers, heads] = arrays.metrics.shape;
  const metrics = quantities.filter(({ kind }) => kind === "metric").map(({ value }) => value);
  const names = new Map(quantities.map(({ value, short }) => [value, short]));
  const strongest = (/** @type {number} */ k) => (arrays.strongest.data[k] === NO_ROLE ? -1 : arrays.strongest.data[k]);
  return {
    layers, heads, roles: state.roles, strong: state.strong, strongest,
    of: ({ value, kind }, as = "ratio") => {
      if (kind === "metric") return at(arrays.metrics, metrics.indexOf(value)).data;
      if (kind === "distance") return arrays.distance.data;
      return at(as === "share" ? arrays.shares : arrays.ratios, state.roles.indexOf(value)).data;
    },
    role: (k) => {
      const r = strongest(k);
      return r < 0 ? `no role of ${state.strong}×` : `${names.get(state.roles[r])} ${share(at(arrays.shares, r).data[k])}, ${times(at(arrays.ratios, r).data[k])}`;
    },
  };
}

/** Decimals, and "<0.1" for what would round to nothing. @param {number} x @param {number} digits */
const rounded = (x, digits) => (x > 0 && x < 0.5 * 10 ** -digits ? `<${number(10 ** -digits, digits)}` : number(x, digits));

/** A ratio, "3.1×". @param {number} x */
export const times = (x) => `${rounded(x, 1)}×`;

/** A share of attention, "0.62". @param {number} x */
export const share = (x) => rounded(x, 2);

/** One number of a head as it is read. @param {Quantity} quantity @param {number} x @param {As} as */
export const told = ({ kind }, x, as) => (kind === "role" ? (as === "ratio" ? times(x) : share(x)) : measured(x, kind === "distance" ? 2 : 3));

/**
 * The heads that belong, in the order of their values; equal ones stay in the order of the model.
 * @param {ArrayLike<number>} values @param {"highest" | "lowest"} first @param {(k: number) => boolean} [belongs]
 * @returns {number[]}
 */
export function ranked(values, first, belongs = () => true) {
  const sign = first === "highest" ? -1 : 1;
  return Array.from(values, (_, k) => k).filter(belongs).sort((a, b) => sign * (values[a] - values[b]) || a - b);
}

/** The lowest and the highest of finite values; both NaN without one. @param {ArrayLike<number>} values @returns {[number, number]} */
export function range(values) {
  const finite = Array.from(values).filter(Number.isFinite);
  return finite.length ? [Math.min(...finite), Math.max(...finite)] : [NaN, NaN];
}

/** Where a value lies in a range, 0 to 1; in the middle where all are equal. @param {number} x @param {[number, number]} ends */
export const within = (x, [low, high]) => (high > low ? (x - low) / (high - low) : 0.5);

/** Flat areas leave out the two ends of the map: the one looks like nothing, the other glares. @param {number} t */
export const flat = (t) => 0.06 + 0.78 * t;
