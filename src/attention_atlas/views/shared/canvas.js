/** Painting numbers as cells, pixel by pixel. */

import { css, maps, signed } from "./colour.js";
import { h, number } from "./dom.js";

/**
 * Sizes a canvas for this screen. Gives its context and its size in device pixels.
 * @param {HTMLCanvasElement} canvas @param {number} width CSS pixels @param {number} height CSS pixels
 */
export function size(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  return { context, W: canvas.width, H: canvas.height, ratio };
}

/** A colour map as 256 words for the pixels of an ImageData. @param {Uint8ClampedArray} map 256 × 3 */
export function palette(map) {
  const out = new Uint32Array(256);
  const bytes = new Uint8Array(out.buffer); // bytes, so that the order within a word does not matter
  for (let i = 0; i < 256; i++) bytes.set([map[3 * i], map[3 * i + 1], map[3 * i + 2], 255], 4 * i);
  return out;
}

/**
 * Paints rows × columns of numbers. Where several cells share a pixel the largest in magnitude
 * shows, or with `middle` the one in the middle (neighbours that alternate, sin and cos, would
 * else show only their crests); NaN and infinity show as a checker in the alert colour.
 * @param {HTMLCanvasElement} canvas
 * @param {object} of
 * @param {ArrayLike<number>} of.values row after row
 * @param {number} of.rows @param {number} of.columns
 * @param {number} of.width CSS pixels @param {number} of.height CSS pixels
 * @param {Uint8ClampedArray} of.map 256 × 3
 * @param {(value: number) => number} of.level value -> place on the map, 0 to 1
 * @param {boolean} [of.gap] a hair between cells, where they are wide enough
 * @param {boolean} [of.middle]
 */
export function paint(canvas, { values, rows, columns, width, height, map, level, gap = true, middle = false }) {
  const { context, W, H } = size(canvas, width, height);
  const image = context.createImageData(W, H);
  const hairX = gap && W / columns >= 4;
  const hairY = gap && rows > 1 && H / rows >= 4;
  const edge = (/** @type {number} */ k, /** @type {number} */ n, /** @type {number} */ N) => Math.round((k * N) / n);
  /** @param {number} n @param {number} N @returns {Int32Array} first and last cell and a hair flag for each pixel */
  const spans = (n, N, hair = false) => {
    const out = new Int32Array(3 * N);
    for (let p = 0; p < N; p++) {
      let first = Math.min(n - 1, Math.floor(((p + 0.5) * n) / N));
      let last = first;
      if (n > N && !middle) {
        first = Math.floor((p * n) / N);
        last = Math.max(first, Math.ceil(((p + 1) * n) / N) - 1);
      }
      out.set([first, Math.min(last, n - 1), hair && p === edge(first + 1, n, N) - 1 ? 1 : 0], 3 * p);
    }
    return out;
  };
  const xs = spans(columns, W, hairX);
  const ys = spans(rows, H, hairY);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = palette(map);
  const alert = new Uint32Array(Uint8Array.of(242, 180, 92, 255).buffer)[0];
  let whole = true; // whether all numbers of the last row are finite: then equal rows look alike
  for (let y = 0; y < H; y++) {
    if (ys[3 * y + 2]) continue;
    const [top, bottom] = [ys[3 * y], ys[3 * y + 1]];
    if (y && whole && !ys[3 * y - 1] && ys[3 * y - 3] === top && ys[3 * y - 2] === bottom) {
      pixels.copyWithin(y * W, (y - 1) * W, y * W);
      continue;
    }
    whole = true;
    for (let x = 0; x < W; x++) {
      if (xs[3 * x + 2]) continue;
      const [left, right] = [xs[3 * x], xs[3 * x + 1]];
      let value = values[top * columns + left];
      for (let i = top; i <= bottom; i++) {
        for (let j = left; j <= right; j++) {
          const other = values[i * columns + j];
          if (!(Math.abs(other) <= Math.abs(value))) value = other;
        }
      }
      if (Number.isFinite(value)) {
        pixels[y * W + x] = colours[Math.round(255 * Math.min(1, Math.max(0, level(value))))];
      } else {
        whole = false;
        if ((x + y) % 4 < 2) pixels[y * W + x] = alert;
      }
    }
  }
  context.putImageData(image, 0, 0);
}

/**
 * Paints signed numbers on the diverging map, from −max to max.
 * @param {HTMLCanvasElement} canvas
 * @param {{values: ArrayLike<number>, rows?: number, columns: number, width: number, height: number, max: number, theme: import("./colour.js").Theme, gap?: boolean, middle?: boolean, mark?: number}} of
 *   `mark` is a row to frame in the accent colour
 */
export function paintSigned(canvas, { values, rows = 1, columns, width, height, max, theme, gap = true, middle = false, mark = -1 }) {
  paint(canvas, { values, rows, columns, width, height, gap, middle, map: maps(theme).diverging, level: (x) => signed(x, max) });
  if (mark < 0 || mark >= rows) return;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const line = Math.max(1, Math.round(1.5 * (window.devicePixelRatio || 1)));
  context.strokeStyle = getComputedStyle(canvas).getPropertyValue("--accent");
  context.lineWidth = line;
  context.strokeRect(line / 2, Math.max(line / 2, Math.round((mark * canvas.height) / rows)), canvas.width - line, canvas.height / rows - line / 2);
}

/**
 * The legend of a colour scale: its two ends in numbers and the ramp between.
 * @param {{low: number, high: number, map: Uint8ClampedArray, digits?: number, width?: number}} of
 */
export function legend({ low, high, map, digits = 2, width = 96 }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const plus = low < 0 && high > 0 ? "+" : "";
  const node = h("span", { class: "aa-scale" }, h("span", {}, number(low, digits)), canvas, h("span", {}, plus + number(high, digits)));
  const { context, W, H } = size(canvas, width, 6);
  for (let x = 0; x < W; x++) {
    context.fillStyle = css(map, x / (W - 1));
    context.fillRect(x, 0, 1, H);
  }
  return node;
}
