/** Paints the flow: of the lines those that start in view, of the names those that are in view. */

import { size as sized } from "../shared/canvas.js";
import { clamp } from "../shared/dom.js";
import { most, short } from "../shared/measure.js";
import { best, reached } from "./lines.js";

const EDGE = 18; // the height of what is named at an edge
const MANY = 5; // heads; from there on the lines of each are fainter
const APART = 2.4; // between the lines of two heads that join the same units

/**
 * @typedef {import("../shared/head.js").Head} Head
 * @typedef {import("./lines.js").Sheet} Sheet
 * @typedef {{row: number, height: number, left: number, right: number, width: number}} Place in CSS pixels: of a row, of the frame, of the lines' two ends, of the whole
 * @typedef {{row: number, right: boolean}} Spot a unit, and in which of the two columns
 */

/** Where the middle of a row is. @param {Place} place @param {number} k */
export const middle = (place, k) => (k + 0.5) * place.row - 0.5;

/**
 * How a line looks by its share of the widest one. The more lines there are, the fainter is each
 * that is not picked out, or they would hide those that are.
 * @param {number} share @param {"on" | "off" | "alone"} how @param {number} n @param {number} sheets
 */
function look(share, how, n, sheets) {
  const thin = sheets > 1 ? 0.65 : 1;
  if (how === "on") return { width: 0.75 + 12 * thin * share, opacity: 0.3 + 0.7 * Math.sqrt(share) };
  const fade = clamp(14 / n, 0.45, 1) * Math.min(1, MANY / sheets);
  const strength = how === "off" ? 0.05 + 0.24 * share : sheets > 1 ? 0.16 + 0.7 * share : 0.1 + 0.45 * share;
  return { width: 0.5 + 9 * thin * share, opacity: Math.min(1, strength * fade) };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {object} of
 * @param {Head} of.head
 * @param {Sheet[]} of.sheets
 * @param {ReturnType<typeof import("./lines.js").picker>} of.pick
 * @param {string[]} of.texts as wide as there is room for
 * @param {Place} of.place @param {number} of.scroll
 * @param {Spot | null} of.hover
 */
export function paint(canvas, { head, sheets, pick, texts, place, scroll, hover }) {
  const { n, focus, tokens, measure } = head;
  const { context: pen, ratio } = sized(canvas, place.width, place.height);
  const style = getComputedStyle(canvas);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const first = Math.max(0, Math.floor(scroll / place.row) - 1);
  const last = Math.min(n - 1, Math.ceil((scroll + place.height) / place.row));
  const end = most(head);
  const y = (/** @type {number} */ k) => middle(place, k) - scroll;
  const apart = Math.min(APART, (place.row * 0.6) / sheets.length);
  const to = reached(sheets, pick, focus);
  const strongest = best(to);
  pen.scale(ratio, ratio);
  boundary(pen, head, y, place, colour("--rule-2"));

  /** @param {number} i @param {"on" | "off" | "alone"} how @param {string} tint @param {(j: number) => boolean} [only] */
  const lines = (i, how, tint, only) => {
    sheets.forEach((sheet, k) => {
      const shift = (k - (sheets.length - 1) / 2) * apart;
      const own = sheet.colour && colour(sheet.colour);
      for (const [j, value] of pick(sheet.drawn, i)) {
        if (only && !only(j)) continue;
        const { width, opacity } = look(Math.min(1, Math.abs(value) / end), how, n, sheets.length);
        pen.globalAlpha = opacity;
        pen.lineWidth = width;
        pen.strokeStyle = own || (measure === "difference" ? colour(value < 0 ? "--neg" : "--pos") : tint);
        pen.setLineDash(value < 0 ? [2, 3] : sheet.dashed ? [7, 3] : []);
        const bend = (place.right - place.left) / 2;
        pen.beginPath();
        pen.moveTo(place.left, y(i) + shift);
        pen.bezierCurveTo(place.left + bend, y(i) + shift, place.right - bend, y(j) + shift, place.right, y(j) + shift);
        pen.stroke();
      }
    });
  };
  // Lines that start out of view would pile up to one grey mass.
  const grey = colour("--ink-2");
  for (let i = first; i <= last; i++) if (i !== focus) lines(i, to.size ? "off" : "alone", grey);
  if (focus >= 0) lines(focus, "on", colour("--accent"));
  if (hover?.right) for (let i = first; i <= last; i++) lines(i, "on", i === focus ? colour("--accent") : colour("--ink"), (j) => j === hover.row);
  else if (hover && hover.row !== focus) lines(hover.row, "on", colour("--ink"));
  pen.globalAlpha = 1;
  pen.setLineDash([]);

  const mono = colour("--mono");
  for (let k = first; k <= last; k++) {
    const base = y(k) + 4;
    const quiet = colour(tokens[k].special ? "--ink-3" : "--ink-2");
    const pointed = hover?.row === k ? (hover.right ? "right" : "left") : "";
    pen.font = `${k === focus ? "bold " : ""}12px ${mono}`;
    pen.textAlign = "right";
    pen.fillStyle = k === focus ? colour("--accent") : pointed === "left" ? colour("--ink") : quiet;
    pen.fillText(texts[k], place.left - 4, base);
    pen.font = `12px ${mono}`;
    pen.textAlign = "left";
    pen.fillStyle = k === strongest || pointed === "right" ? colour("--ink") : quiet;
    pen.fillText(texts[k], place.right + 4, base);
    const there = to.get(k);
    if (!there) continue;
    pen.font = `11px ${mono}`;
    pen.textAlign = "right";
    pen.fillStyle = colour(there.sheet.colour ?? (k === strongest ? "--ink" : measure === "difference" ? (there.value < 0 ? "--neg" : "--pos") : "--accent"));
    pen.fillText(short(measure, there.value), place.width, base);
  }
  const there = to.get(strongest);
  if (there && (y(strongest) < 0 || y(strongest) > place.height)) pointOut(pen, colour, place, texts[strongest], short(measure, there.value), y(strongest) < 0);
}

/** The line between the two sentences of a pair. @param {CanvasRenderingContext2D} pen @param {Head} head @param {(k: number) => number} y @param {Place} place @param {string} colour */
function boundary(pen, { pair, tokens }, y, { left, right, width, row }, colour) {
  const second = pair ? tokens.findIndex(({ segment }) => segment === 1) : -1;
  if (second < 1) return;
  const at = Math.round(y(second) - row / 2) + 0.5;
  pen.strokeStyle = colour;
  pen.beginPath();
  for (const [from, to] of [[0, left], [right, width]]) {
    pen.moveTo(from, at);
    pen.lineTo(to, at);
  }
  pen.stroke();
}

/**
 * Names the strongest unit at the edge that it lies beyond.
 * @param {CanvasRenderingContext2D} pen @param {(name: string) => string} colour @param {Place} place
 * @param {string} text @param {string} value @param {boolean} above
 */
function pointOut(pen, colour, place, text, value, above) {
  const top = above ? 0 : place.height - EDGE;
  pen.fillStyle = colour("--ground");
  pen.fillRect(place.right + 2, top, place.width - place.right, EDGE);
  pen.fillStyle = colour("--ink");
  pen.font = `12px ${colour("--mono")}`;
  pen.textAlign = "left";
  pen.fillText(`${above ? "↑" : "↓"}${text}`, place.right + 4, top + 13);
  pen.font = `11px ${colour("--mono")}`;
  pen.textAlign = "right";
  pen.fillText(value, place.width, top + 13);
}
