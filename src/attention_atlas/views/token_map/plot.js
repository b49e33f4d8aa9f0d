/** Where the points of the map are on a canvas, and painting them with the labels that fit. */

import { size } from "../shared/canvas.js";
import { clamp } from "../shared/dom.js";

const PAD = { x: 28, y: 18 };
const LINE = 15;
const FONT = 12;
const CUT = 18;

/** @typedef {{x: number, y: number}} Point CSS pixels */
/** @typedef {{text: string, segment: number, special: boolean}} Token */
/** @typedef {{i: number, dx: number, dy: number, width: number, text: string}} Label its middle left, beside its point */

/**
 * One scale and one middle for all layers, and the same for both axes.
 * @param {ArrayLike<number>} points states × n × 2 @param {number} width @param {number} height
 */
export function frame(points, width, height) {
  let [left, right, low, high] = [0, 0, 0, 0];
  for (let k = 0; k < points.length; k += 2) {
    left = Math.min(left, points[k]);
    right = Math.max(right, points[k]);
    low = Math.min(low, points[k + 1]);
    high = Math.max(high, points[k + 1]);
  }
  const scale = Math.min((width - 2 * PAD.x) / (right - left || 1), (height - 2 * PAD.y) / (high - low || 1));
  const [middleX, middleY] = [(left + right) / 2, (low + high) / 2];
  /** @param {number} x @param {number} y @returns {Point} */
  return (x, y) => ({ x: width / 2 + (x - middleX) * scale, y: height / 2 - (y - middleY) * scale });
}

/**
 * The places of all tokens, between two layers also.
 * @param {ArrayLike<number>} points states × n × 2 @param {number} n @param {number} at @param {ReturnType<typeof frame>} put
 * @returns {Point[]}
 */
export function places(points, n, at, put) {
  const [before, after, share] = [Math.floor(at), Math.ceil(at), at - Math.floor(at)];
  return Array.from({ length: n }, (_, i) => {
    const [a, b] = [2 * (before * n + i), 2 * (after * n + i)];
    return put(points[a] + share * (points[b] - points[a]), points[a + 1] + share * (points[b + 1] - points[a + 1]));
  });
}

/**
 * The labels that fit beside their points without covering another label or another point.
 * @param {Token[]} tokens @param {Point[]} where @param {number} first whose label comes first
 * @param {{width: number, height: number, pen: CanvasRenderingContext2D, font: string}} on
 * @returns {Label[]}
 */
export function fitting(tokens, where, first, { width, height, pen, font }) {
  pen.font = font;
  const order = tokens.map((_, i) => i).sort((a, b) => Number(b === first) - Number(a === first) || Number(tokens[a].special) - Number(tokens[b].special) || a - b);
  /** @type {{left: number, right: number, top: number, bottom: number}[]} */
  const taken = [];
  /** @type {Label[]} */
  const labels = [];
  for (const i of order) {
    const letters = [...tokens[i].text];
    const text = letters.length > CUT ? `${letters.slice(0, CUT - 1).join("")}…` : tokens[i].text;
    const long = pen.measureText(text).width;
    const { x, y } = where[i];
    for (const [dx, dy] of [[8, 0], [-8 - long, 0], [-long / 2, -LINE + 2], [-long / 2, LINE - 2]]) {
      const box = { left: x + dx, right: x + dx + long, top: y + dy - LINE / 2, bottom: y + dy + LINE / 2 };
      if (box.left < 2 || box.right > width - 2 || box.top < 1 || box.bottom > height - 1) continue;
      if (taken.some((other) => box.left < other.right + 3 && other.left < box.right + 3 && box.top < other.bottom && other.top < box.bottom)) continue;
      if (where.some((p, j) => j !== i && p.x > box.left - 4 && p.x < box.right + 4 && p.y > box.top && p.y < box.bottom)) continue;
      taken.push(box);
      labels.push({ i, dx, dy, width: long, text });
      break;
    }
  }
  return labels;
}

/** @param {HTMLElement} near */
export function colours(near) {
  const style = getComputedStyle(near);
  const get = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return { ground: get("--ground"), rule: get("--rule"), ink: get("--ink"), soft: get("--ink-2"), quiet: get("--ink-3"), accent: get("--accent"), a: get("--data"), b: get("--pos"), font: `${FONT}px ${get("--mono") || "monospace"}` };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{width: number, height: number, tokens: Token[], where: Point[], labels: Label[], trail: Point[], centre: Point, focus: number, hovered: number}} of
 */
export function paintMap(canvas, { width, height, tokens, where, labels, trail, centre, focus, hovered }) {
  const { context: pen, ratio } = size(canvas, width, height);
  const of = colours(canvas);
  pen.scale(ratio, ratio);
  pen.lineWidth = 1;
  pen.strokeStyle = of.rule;
  line(pen, [{ x: 0, y: centre.y }, { x: width, y: centre.y }]);
  line(pen, [{ x: centre.x, y: 0 }, { x: centre.x, y: height }]);

  pen.strokeStyle = of.accent;
  pen.lineWidth = 1.25;
  pen.globalAlpha = 0.55;
  line(pen, trail);
  pen.globalAlpha = 1;

  const radius = clamp(90 / Math.sqrt(tokens.length || 1) / 3, 2.2, 4.5);
  const order = tokens.map((_, i) => i).sort((a, b) => Number(a === focus) - Number(b === focus));
  for (const i of order) {
    const { segment, special } = tokens[i];
    const r = i === focus ? radius + 1.5 : i === hovered ? radius + 1 : radius;
    pen.fillStyle = pen.strokeStyle = i === focus ? of.accent : special ? of.quiet : segment ? of.b : of.a;
    mark(pen, where[i], r, segment === 1);
    if (i !== focus && i !== hovered) continue;
    pen.lineWidth = 1.5;
    mark(pen, where[i], r + 3, segment === 1, true);
  }

  pen.font = of.font;
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = of.ground;
  for (const { i, dx, dy, text } of labels) {
    const { x, y } = where[i];
    pen.strokeText(text, x + dx, y + dy);
    pen.fillStyle = i === focus ? of.accent : i === hovered ? of.ink : of.soft;
    pen.fillText(text, x + dx, y + dy);
  }
}

/** @param {CanvasRenderingContext2D} pen @param {Point[]} points */
function line(pen, points) {
  pen.beginPath();
  for (const { x, y } of points) pen.lineTo(x, y);
  pen.stroke();
}

/** A disc for segment A, a square for B. @param {CanvasRenderingContext2D} pen @param {Point} at @param {number} r @param {boolean} square @param {boolean} [outline] */
function mark(pen, { x, y }, r, square, outline = false) {
  pen.beginPath();
  if (square) pen.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  else pen.arc(x, y, r, 0, 2 * Math.PI);
  if (outline) pen.stroke();
  else pen.fill();
}
