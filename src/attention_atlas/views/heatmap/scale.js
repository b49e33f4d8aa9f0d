/** How the numbers of a head become colours: linearly, by their root, or by their logarithm. */

import { css, maps } from "../shared/colour.js";
import { size } from "../shared/canvas.js";
import { h } from "../shared/dom.js";
import { brief, most, signed } from "../shared/measure.js";

const STEPS = 86;
const DECADES = { weights: 4, scores: 3, norms: 3, difference: 3 }; // from the end of a logarithmic scale to its floor
const LEGEND = 148;
const LETTER = 6.7; // of the legend's mono

/**
 * @typedef {"linear" | "root" | "log"} Kind
 * @typedef {object} Scale
 * @property {number} low @property {number} high what Plotly is told are the ends
 * @property {[number, string][]} stops Plotly's colour scale between them
 * @property {Uint8ClampedArray} map
 * @property {(value: number) => number} level where a number lies on the map, 0 to 1
 * @property {[number, number]} shown which part of the map the legend shows, each 0 to 1
 * @property {{t: number, text: string}[]} marks of the legend, by their place on the map
 */

/**
 * @param {import("../shared/head.js").Head} head @param {Kind} kind @param {import("../shared/colour.js").Theme} theme
 * @returns {Scale}
 */
export function scaleOf(head, kind, theme) {
  const end = most(head);
  const decades = DECADES[head.measure];
  const floor = end * 10 ** -decades;
  /** Where a share of the end lies, 0 to 1; and back. */
  const place = { linear: (/** @type {number} */ u) => u, root: Math.sqrt, log: (/** @type {number} */ u) => Math.max(0, 1 + Math.log10(u) / decades) }[kind];
  const share = { linear: (/** @type {number} */ t) => t, root: (/** @type {number} */ t) => t * t, log: (/** @type {number} */ t) => 10 ** ((t - 1) * decades) }[kind];
  const steps = Array.from({ length: STEPS }, (_, i) => i / (STEPS - 1));
  const faint = `≤${brief(floor)}`;
  if (!signed(head.measure)) {
    const map = maps(theme).sequential;
    const at = (/** @type {number} */ u) => ({ t: place(u), text: brief(u * end) });
    const stops = steps.map((t) => /** @type {[number, string]} */ ([share(t), css(map, t)]));
    if (kind === "log") stops.unshift([0, css(map, 0)]); // below the floor all is as dark as 0
    const quarters = head.measure === "weights";
    const marks = kind === "log" ? [{ t: 0, text: faint }, ...(quarters ? [0.01, 0.1, 1] : [0.1, 1]).map(at)]
      : kind === "root" ? (quarters ? [0, 0.05, 0.25, 0.5, 1] : [0, 0.25, 1]).map(at)
      : (quarters ? [0, 0.25, 0.5, 0.75, 1] : [0, 0.5, 1]).map(at);
    return { low: 0, high: end, stops, map, level: (x) => place(x / end), shown: [0, 1], marks };
  }
  const map = maps(theme).diverging;
  const half = steps.map((t) => /** @type {[number, number]} */ ([share(t), t]));
  const stops = [
    ...half.map(([u, t]) => /** @type {[number, string]} */ ([0.5 - u / 2, css(map, 0.5 - t / 2)])).reverse(),
    ...half.map(([u, t]) => /** @type {[number, string]} */ ([0.5 + u / 2, css(map, 0.5 + t / 2)])),
  ];
  // Scores need not lie evenly about 0: the legend ends where they end.
  const [low, high] = head.measure === "difference" ? [-end, end] : [Math.min(0, head.range[0]), Math.max(0, head.range[1])];
  const level = (/** @type {number} */ x) => 0.5 + (Math.sign(x) * place(Math.abs(x) / end)) / 2;
  const at = (/** @type {number} */ x) => ({ t: level(x), text: brief(x) });
  const zero = { t: 0.5, text: kind === "log" ? `±${brief(floor)}` : "0" };
  return { low: -end, high: end, stops, map, level, shown: [at(low).t, at(high).t], marks: [at(low), zero, at(high)] };
}

/** The ramp with its numbers; of two that would touch the later one is left out, but never an end. @param {HTMLElement} node @param {Scale} scale */
export function drawLegend(node, { map, shown: [from, to], marks }) {
  const canvas = h("canvas");
  /** @type {HTMLElement[]} */
  const texts = [];
  const width = (/** @type {string} */ text) => text.length * LETTER;
  const last = marks[marks.length - 1];
  let free = 0;
  for (const mark of marks) {
    const x = LEGEND * ((mark.t - from) / (to - from || 1));
    const left = Math.max(0, Math.min(LEGEND - width(mark.text), x - width(mark.text) / 2));
    if (texts.length && mark !== last && (left < free || left + width(mark.text) > LEGEND - width(last.text) - 4)) continue;
    if (mark === last && left < free) continue;
    free = left + width(mark.text) + 4;
    texts.push(h("span", { style: { left: `${left}px` } }, mark.text));
  }
  node.replaceChildren(canvas, ...texts);
  const { context, W, H } = size(canvas, LEGEND, 6);
  for (let x = 0; x < W; x++) {
    context.fillStyle = css(map, from + ((to - from) * x) / (W - 1));
    context.fillRect(x, 0, 1, H);
  }
}
