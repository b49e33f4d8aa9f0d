/** The attention flow of one head: from each token on the left to each on the right, as wide as the weight. */

import { size as sized } from "../shared/canvas.js";
import { clamp, h, number, s } from "../shared/dom.js";
import { fit, follower, strongest } from "../shared/head.js";
import { live } from "../shared/live.js";
import { hideTip, showTip } from "../shared/reading.js";

const LONGEST_LABEL = 76;
const NUMBERS = 34; // room for .487 at the right ends
const DRAWN_AS_SVG = 60; // tokens; beyond, lines are painted, and only those in view
const LEGIBLE = 13; // the lowest row that a 12 px label fits
const LOOSE = 18;
const FAINTEST = { other: 0.03, focused: 0.01 };

/** @typedef {import("../shared/head.js").Head} Head */
/** @typedef {{row: number, height: number, left: number, right: number, width: number}} Place in CSS pixels: of a row, of the frame, of the lines' two ends, of the whole */

/**
 * How a weight looks as a line. Of many grey lines each is fainter, or they would hide the focused ones.
 * @param {number} w @param {boolean} on @param {number} n
 */
const look = (w, on, n) => (on ? { width: 0.75 + 12 * w, opacity: 0.3 + 0.7 * Math.sqrt(w) } : { width: 0.5 + 9 * w, opacity: (0.05 + 0.24 * w) * clamp(14 / n, 0.45, 1) });

/**
 * @param {HTMLElement} host
 * @param {{signal: AbortSignal}} of
 */
export function attentionFlow(host, { signal }) {
  host.classList.add("aa-attention-flow");
  const drawing = s("svg", { "aria-hidden": "true" });
  const others = s("g");
  const focused = s("g", { class: "on" });
  const names = s("g");
  drawing.append(others, focused, names);
  const canvas = h("canvas", { "aria-hidden": "true" });
  const long = h("div", { class: "long" }, canvas);
  const frame = h("div", { class: "frame", role: "img", tabIndex: 0 }, drawing, long);
  const ends = h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, "from"), h("span", {}, "to"));
  host.append(h("div", { class: "panel-head" }, h("h3", {}, "Attention flow"), h("span", { class: "quiet" }, "width is weight")), ends, frame);

  /** @type {Head | null} */
  let head = null;
  /** @type {Place} */
  let place = { row: 27, height: 0, left: 0, right: 0, width: 0 };
  /** @type {string[]} */
  let texts = [];
  /** The lines that stand, by row·n + column, so that a line becomes another one instead of jumping.
   * @type {Map<number, SVGPathElement>} */
  let lines = new Map();
  let tokens = "";

  const y = (/** @type {number} */ k) => (k + 0.5) * place.row - 0.5;
  /** @param {number} i @param {number} j @param {number} [up] */
  const curve = (i, j, up = 0) => {
    const bend = (place.right - place.left) / 2;
    return [place.left, y(i) - up, place.left + bend, y(i) - up, place.right - bend, y(j) - up, place.right, y(j) - up];
  };

  const draw = () => {
    if (!head) return;
    const { n, focus } = head;
    const svg = n <= DRAWN_AS_SVG;
    drawing.style.display = svg ? "" : "none";
    long.style.display = svg ? "none" : "";
    frame.style.height = `${place.height}px`;
    frame.classList.toggle("scrolls", n * place.row > place.height + 1);
    frame.setAttribute("aria-label", `Attention flow of layer ${head.layer + 1}, head ${head.head + 1}, between ${n} tokens. ${spoken(head)} Up and down arrow keys choose the token.`);
    if (svg) drawSvg(head, focus);
    else {
      long.style.height = `${n * place.row}px`;
      drawCanvas(head);
    }
  };

  /** @param {Head} of @param {number} focus */
  const drawSvg = ({ n, weights, tokens: of }, focus) => {
    const height = n * place.row;
    drawing.setAttribute("viewBox", `0 0 ${place.width} ${height}`);
    drawing.setAttribute("width", place.width);
    drawing.setAttribute("height", height);
    const standing = new Map();
    for (let i = 0; i < n; i++) {
      const on = i === focus;
      for (let j = 0; j < n; j++) {
        const w = weights[i * n + j];
        if (!(w >= (on ? FAINTEST.focused : FAINTEST.other))) continue;
        const path = lines.get(i * n + j) ?? s("path");
        const [x0, y0, x1, y1, x2, y2, x3, y3] = curve(i, j);
        const { width, opacity } = look(w, on, n);
        path.setAttribute("d", `M${x0} ${y0}C${x1} ${y1} ${x2} ${y2} ${x3} ${y3}`);
        path.setAttribute("stroke-width", width.toFixed(2));
        path.setAttribute("stroke-opacity", opacity.toFixed(3));
        const group = on ? focused : others;
        if (path.parentNode !== group) group.append(path);
        standing.set(i * n + j, path);
      }
    }
    for (const [key, path] of lines) if (!standing.has(key)) path.remove();
    lines = standing;
    const best = focus < 0 ? -1 : strongestOf(weights, n, focus);
    names.replaceChildren(...of.flatMap((token, k) => {
      const special = token.special ? " special" : "";
      const label = (/** @type {number} */ x, /** @type {string} */ name) => s("text", { x, y: y(k) + 4, class: name + special }, texts[k]);
      const out = [label(place.left - 4, `from${k === focus ? " on" : ""}`), label(place.right + 4, `to${k === best ? " lit" : ""}`)];
      if (focus >= 0 && weights[focus * n + k] >= FAINTEST.focused) out.push(s("text", { x: place.width, y: y(k) + 4, class: `share${k === best ? " lit" : ""}` }, share(weights[focus * n + k])));
      return out;
    }));
  };

  /** @param {Head} of */
  const drawCanvas = ({ n, weights, focus, tokens: of }) => {
    const { context: pen, ratio } = sized(canvas, place.width, place.height);
    const style = getComputedStyle(host);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const top = frame.scrollTop;
    const first = Math.max(0, Math.floor(top / place.row) - 1);
    const last = Math.min(n - 1, Math.ceil((top + place.height) / place.row));
    pen.scale(ratio, ratio);
    /** @param {number} i @param {number} j @param {boolean} on */
    const line = (i, j, on) => {
      const w = weights[i * n + j];
      if (!(w >= (on ? FAINTEST.focused : FAINTEST.other))) return;
      const [x0, y0, x1, y1, x2, y2, x3, y3] = curve(i, j, top);
      const { width, opacity } = look(w, on, n);
      pen.globalAlpha = opacity;
      pen.lineWidth = width;
      pen.beginPath();
      pen.moveTo(x0, y0);
      pen.bezierCurveTo(x1, y1, x2, y2, x3, y3);
      pen.stroke();
    };
    pen.strokeStyle = colour("--ink-2");
    for (let i = 0; i < n; i++) {
      // Lines that start out of view would pile up to one grey mass.
      if (i !== focus && i >= first && i <= last) for (let j = 0; j < n; j++) line(i, j, false);
    }
    pen.strokeStyle = colour("--accent");
    if (focus >= 0) for (let j = 0; j < n; j++) line(focus, j, true);
    pen.globalAlpha = 1;
    const best = focus < 0 ? -1 : strongestOf(weights, n, focus);
    const mono = colour("--mono");
    for (let k = first; k <= last; k++) {
      const at = y(k) - top + 4;
      const quiet = colour(of[k].special ? "--ink-3" : "--ink-2");
      pen.font = `${k === focus ? "bold " : ""}12px ${mono}`;
      pen.textAlign = "right";
      pen.fillStyle = k === focus ? colour("--accent") : quiet;
      pen.fillText(texts[k], place.left - 4, at);
      pen.font = `12px ${mono}`;
      pen.textAlign = "left";
      pen.fillStyle = k === best ? colour("--ink") : quiet;
      pen.fillText(texts[k], place.right + 4, at);
      if (focus < 0 || !(weights[focus * n + k] >= FAINTEST.focused)) continue;
      pen.font = `11px ${mono}`;
      pen.textAlign = "right";
      pen.fillStyle = colour(k === best ? "--ink" : "--accent");
      pen.fillText(share(weights[focus * n + k]), place.width, at);
    }
    if (best >= 0 && (best < first || best > last)) pointOut(pen, colour, texts[best], share(weights[focus * n + best]), best < first);
  };

  /**
   * Names the strongest token at the edge that it lies beyond.
   * @param {CanvasRenderingContext2D} pen @param {(name: string) => string} colour
   * @param {string} text @param {string} weight @param {boolean} above
   */
  const pointOut = (pen, colour, text, weight, above) => {
    const top = above ? 0 : place.height - LOOSE;
    pen.fillStyle = colour("--ground");
    pen.fillRect(place.right + 2, top, place.width - place.right, LOOSE);
    pen.fillStyle = colour("--ink");
    pen.font = `12px ${colour("--mono")}`;
    pen.textAlign = "left";
    pen.fillText(`${above ? "↑" : "↓"}${text}`, place.right + 4, top + 13);
    pen.font = `11px ${colour("--mono")}`;
    pen.textAlign = "right";
    pen.fillText(weight, place.width, top + 13);
  };

  /** @param {MouseEvent} event @returns {{row: number, right: boolean} | null} the token under the pointer */
  const under = (event) => {
    if (!head) return null;
    const box = frame.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top + frame.scrollTop) / place.row);
    const x = event.clientX - box.left;
    if (row < 0 || row >= head.n || (x > place.left && x < place.right)) return null;
    return { row, right: x >= place.right };
  };
  frame.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const token = under(event);
    frame.style.cursor = token ? "pointer" : "";
    const said = token && head ? read(head, token) : null;
    if (said) showTip(said[0], said[1], event.clientX, event.clientY);
    else hideTip();
  }, { signal });
  frame.addEventListener("pointerleave", hideTip, { signal });
  frame.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const token = under(event);
    if (token) head?.choose(token.row);
  }, { signal });
  frame.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!head || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowUp: head.focus < 0 ? 0 : head.focus - 1, ArrowDown: head.focus + 1, Home: 0, End: head.n - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    head.choose(clamp(to, 0, head.n - 1));
  }, { signal });
  frame.addEventListener("scroll", () => { if (head && head.n > DRAWN_AS_SVG) drawCanvas(head); }, { signal });
  signal.addEventListener("abort", hideTip);

  return {
    /**
     * @param {object} of
     * @param {Head} of.head
     * @param {number} [of.cell] the row of the map beside it
     * @param {number} [of.band] what stands above the map's first row
     * @param {number} [of.size] the map's height
     */
    draw(of) {
      const before = head;
      head = of.head;
      const { n, focus } = head;
      const cell = of.cell ?? 27;
      const aligned = cell >= LEGIBLE;
      const row = aligned ? cell : LOOSE;
      const fitted = fit(host, head.tokens.map((t) => t.text), LONGEST_LABEL);
      texts = fitted.texts;
      const column = Math.max(48, fitted.width) + 4;
      const width = Math.max(column * 2 + NUMBERS + 24, frame.clientWidth);
      const height = aligned ? n * row : Math.min(n * row, Math.max(of.size ?? 0, 400));
      place = { row, height, width, left: column, right: width - column - NUMBERS };
      host.style.setProperty("--band", `${of.band ?? 48}px`);
      ends.style.setProperty("--end", `${NUMBERS}px`);
      const names = JSON.stringify(texts);
      if (names !== tokens) {
        for (const path of lines.values()) path.remove();
        lines.clear();
        tokens = names;
        frame.scrollTop = 0;
      }
      draw();
      if (focus >= 0 && focus !== before?.focus && (y(focus) < frame.scrollTop || y(focus) > frame.scrollTop + height)) frame.scrollTop = y(focus) - height / 2;
    },
  };
}

/** A weight as it fits at the end of a line: .487. @param {number} w */
const share = (w) => number(w).replace(/^0\./, ".");

/** @param {ArrayLike<number>} weights @param {number} n @param {number} row */
function strongestOf(weights, n, row) {
  let best = 0;
  for (let j = 1; j < n; j++) if (weights[row * n + j] > weights[row * n + best]) best = j;
  return weights[row * n + best] > 0 ? best : -1;
}

/** @param {Head} head @param {{row: number, right: boolean}} token @returns {[string, string] | null} */
function read(head, { row, right }) {
  const from = right ? head.focus : row;
  if (from < 0) return null;
  const to = right ? row : strongest(head, row)[0][0];
  return [`${head.names[from]} → ${head.names[to]}`, number(head.weights[from * head.n + to])];
}

/** @param {Head} head */
function spoken(head) {
  if (head.focus < 0 || !head.n) return "";
  const [[to, weight]] = strongest(head, head.focus);
  return `${head.names[head.focus]} looks most at ${head.names[to]}, ${number(weight)}.`;
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} context */
  render({ model, el }) {
    /** @type {ReturnType<typeof attentionFlow> | undefined} */
    let view;
    const head = follower();
    return live(model, el, (scene) => {
      view ??= attentionFlow(el, scene);
      view.draw({ head: head(scene) });
    });
  },
};
