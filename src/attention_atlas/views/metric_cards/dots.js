/** One metric of all heads: a row for each layer, this head and the means marked. */

import { clamp, measured, s } from "../shared/dom.js";

const DOTS = { width: 344, left: 30, right: 8, tallest: 180 };

/** @param {SVGElement} svg @param {import("./metric_cards.js").Metric} metric */
export function drawDots(svg, { about, all, layers, heads, layer, head, value, low, high, layerMean, modelMean }) {
  const row = clamp(DOTS.tallest / layers, 8, 15);
  const right = DOTS.width - DOTS.right;
  const bottom = layers * row + 4.5;
  const x = (/** @type {number} */ v) => DOTS.left + (right - DOTS.left) * (high > low ? (v - low) / (high - low) : 0.5);
  const y = (/** @type {number} */ l) => l * row + row / 2 + 0.5;
  const here = x(value);
  const every = row < 11 ? 2 : 1;
  const text = (/** @type {Record<string, any>} */ at, /** @type {string} */ said) => s("text", at, said);
  const near = (/** @type {number} */ a) => Math.abs(here - a) < 60;
  const parts = [s("line", { x1: DOTS.left, x2: right, y1: bottom, y2: bottom })];
  if (all.length > 1) parts.push(s("line", { class: "model-mean", x1: x(modelMean), x2: x(modelMean), y1: 0, y2: bottom }));
  for (let l = 0; l < layers; l++) {
    if (l === layer || (l % every === 0 && (every === 1 || Math.abs(l - layer) > 1))) parts.push(text({ x: 0, y: y(l) + 4, class: l === layer ? "me" : "" }, String(l + 1)));
    for (let k = 0; k < heads; k++) if (l !== layer || k !== head) parts.push(s("circle", { cx: x(all[l * heads + k]).toFixed(1), cy: y(l), r: 2.5 }));
  }
  if (heads > 1) parts.push(s("line", { class: "layer-mean", x1: x(layerMean), x2: x(layerMean), y1: y(layer) - row / 2, y2: y(layer) + row / 2 }));
  parts.push(
    s("line", { class: "me", x1: here, x2: here, y1: 0, y2: bottom }),
    s("circle", { class: "me", cx: here, cy: y(layer), r: 4.5 }),
    text({ x: DOTS.left, y: bottom + 16 }, measured(low, 2)),
    text({ x: right, y: bottom + 16, "text-anchor": "end" }, measured(high, 2)),
  );
  if (!near(DOTS.left) && !near(right)) parts.push(text({ class: "me", x: here, y: bottom + 16, "text-anchor": "middle" }, measured(value, 2)));
  svg.setAttribute("viewBox", `0 0 ${DOTS.width} ${bottom + 22}`);
  svg.setAttribute("aria-label", `${about.name} of all ${all.length} heads by layer, from ${measured(low)} to ${measured(high)}; this head has ${measured(value)}`);
  svg.replaceChildren(...parts);
}
