/** The colour maps (views/colour.py), as bytes to paint with. */

import { MAPS } from "./colour-maps.js";

/** @typedef {"dark" | "light"} Theme */

/** @param {string} hex @returns {Uint8ClampedArray} */
function rgb(hex) {
  const out = new Uint8ClampedArray(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}

const READY = {
  dark: { sequential: rgb(MAPS.dark.sequential), diverging: rgb(MAPS.dark.diverging) },
  light: { sequential: rgb(MAPS.light.sequential), diverging: rgb(MAPS.light.diverging) },
};

/** 256 × 3 bytes a map. @param {Theme} theme */
export const maps = (theme) => READY[theme];

/** @param {Uint8ClampedArray} map @param {number} t between 0 and 1 @returns {string} */
export function css(map, t) {
  const i = 3 * Math.round(255 * Math.min(1, Math.max(0, t)));
  return `rgb(${map[i]} ${map[i + 1]} ${map[i + 2]})`;
}

/** Where a signed value lies on the diverging map. @param {number} x @param {number} max */
export const signed = (x, max) => 0.5 + 0.5 * Math.min(1, Math.max(-1, x / (max || 1)));

/**
 * A Plotly colour scale of one of the maps.
 * @param {Uint8ClampedArray} map @param {(t: number) => number} [level] bends the scale
 * @returns {[number, string][]}
 */
export function plotlyScale(map, level = (t) => t) {
  return Array.from({ length: 64 }, (_, i) => [i / 63, css(map, level(i / 63))]);
}

const SAMPLE = 100_000;

/**
 * The value under which 98 % of the magnitudes lie: the end of a colour scale that one outlier
 * must not own. Of very many values an evenly spaced sample is looked at.
 * @param {...ArrayLike<number>} arrays
 */
export function top98(...arrays) {
  const size = arrays.reduce((sum, array) => sum + array.length, 0);
  const stride = Math.max(1, Math.round(size / SAMPLE)) | 1; // odd, so that no column of a matrix is always missed
  const all = new Float32Array(Math.ceil(size / stride) + arrays.length);
  let n = 0;
  for (const array of arrays) {
    for (let i = 0; i < array.length; i += stride) if (Number.isFinite(array[i])) all[n++] = Math.abs(array[i]);
  }
  if (!n) return 1;
  const sorted = all.subarray(0, n).sort();
  return sorted[Math.min(n - 1, Math.floor(n * 0.98))] || sorted[n - 1] || 1;
}
