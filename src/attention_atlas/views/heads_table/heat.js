/** One metric of all heads as a grid, rows layers and columns heads. */

import { legend, paint } from "../shared/canvas.js";
import { maps } from "../shared/colour.js";
import { h } from "../shared/dom.js";
import { readable } from "../shared/reading.js";
import { flat, range, told, within } from "../head_atlas/numbers.js";

/**
 * @typedef {{quantity: import("../head_atlas/numbers.js").Quantity, values: ArrayLike<number>, layers: number, heads: number,
 *   width: number, theme: import("../shared/colour.js").Theme}} Shown
 */

/** The most a cell is wide or high, in CSS pixels. */
const CELL = 16;

/** @param {(k: number) => void} choose @param {AbortSignal} signal */
export function heat(choose, signal) {
  const canvas = h("canvas", { role: "img" });
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  const title = h("h4");
  const ends = h("span", { class: "ends" });
  const node = h("figure", { class: "heat" }, h("figcaption", {}, title, ends), h("div", { class: "cells" }, canvas, mark));
  /** @type {Shown} */
  let now;
  let side = CELL;
  readable(canvas, {
    grid: () => ({ rows: now.layers, columns: now.heads }),
    read: (layer, head) => [`layer ${layer + 1} head ${head + 1} · ${now.quantity.short}`, told(now.quantity, now.values[layer * now.heads + head], "ratio")],
    choose: (layer, head) => choose(layer * now.heads + head),
    signal,
  });
  return {
    node,
    /** @param {Shown} shown */
    show(shown) {
      now = shown;
      const { quantity, values, layers, heads, theme } = shown;
      side = Math.max(4, Math.min(CELL, Math.floor(shown.width / heads)));
      const [low, high] = range(values);
      const map = maps(theme).sequential;
      title.textContent = quantity.name;
      ends.replaceChildren(legend({ low, high, map: ramp(map), width: 40, digits: 3 }));
      paint(canvas, { values, rows: layers, columns: heads, width: side * heads, height: side * layers, map, level: (x) => flat(within(x, [low, high])) });
      canvas.setAttribute("aria-label", `${quantity.name} of each head: ${layers} layers by ${heads} heads. Arrow keys read, Enter chooses.`);
    },
    /** @param {number} chosen */
    mark(chosen) {
      const at = { left: (chosen % now.heads) * side, top: Math.floor(chosen / now.heads) * side, width: side, height: side };
      for (const [property, x] of Object.entries(at)) mark.style.setProperty(property, `${x}px`);
    },
  };
}

/** The part of the map that the cells use. @param {Uint8ClampedArray} map */
function ramp(map) {
  const part = new Uint8ClampedArray(map.length);
  for (let i = 0; i < map.length / 3; i++) {
    const from = 3 * Math.round(255 * flat(i / (map.length / 3 - 1)));
    part.set(map.subarray(from, from + 3), 3 * i);
  }
  return part;
}
