/** The attention map of one head: Plotly's heatmap, read by pointer and by keyboard. */

import { maps } from "../shared/colour.js";
import { clamp, h, number, s } from "../shared/dom.js";
import { fit, strongest } from "../shared/head.js";
import { hideTip, showTip } from "../shared/reading.js";
import { plotly } from "../shared/plotly.js";
import { figureOf, scaleLegend } from "./figure.js";

const LARGEST_CELL = 44;
const LONGEST_LABEL = 88;
const WHOLE_PIXELS_FROM = 10; // smaller cells take fractions of a pixel, or too much room would be lost
const ZOOM_FROM = 40; // with fewer tokens every cell is large enough to point at
const CLOSEST = 12;

/** @typedef {import("../shared/head.js").Head} Head */
/** @typedef {{row: number, column: number, size: number}} Window the square of cells in view */
/** @typedef {{cell: number, size: number, left: number, band: number}} Room what the map takes, in CSS pixels */

/**
 * @param {HTMLElement} host
 * @param {{signal: AbortSignal, url?: string}} of
 */
export function attentionMap(host, { signal, url }) {
  host.classList.add("aa-attention-map");
  const value = h("span", { class: "value", "aria-live": "polite" });
  const plot = h("div", { class: "plotly", "aria-hidden": "true" });
  const marks = s("svg", { class: "marks", "aria-hidden": "true" });
  const surface = h("div", { class: "surface", role: "img", tabIndex: 0 });
  const waiting = h("p", { class: "waiting quiet" });
  const labels = Object.fromEntries(["focus", "row", "column"].map((name) => [name, h("span", { class: `label ${name}`, "aria-hidden": "true" })]));
  const frame = h("div", { class: "frame" },
    h("span", { class: "corner", "aria-hidden": "true" }, "from ↓", h("br"), "to →"),
    plot, marks, ...Object.values(labels), waiting, surface);
  const legend = h("div", { class: "legend", "aria-hidden": "true" });
  const closer = h("button", { type: "button", "aria-label": "Zoom in" }, "+");
  const wider = h("button", { type: "button", "aria-label": "Zoom out" }, "−");
  const where = h("span", { class: "num" });
  const zoom = h("span", { class: "zoom", role: "group", "aria-label": "Zoom" }, where, wider, closer);
  const linear = h("button", { type: "button", "aria-label": "linear" }, "linear");
  const root = h("button", { type: "button", "aria-label": "square root", title: "lifts small weights" }, "√");
  const foot = h("div", { class: "foot" }, legend, zoom, h("span", { class: "toggle", role: "group", "aria-label": "Colour scale" }, linear, root));
  host.append(h("div", { class: "panel-head" }, h("h3", {}, "Attention map"), value), frame, foot);

  let rooted = false;
  /** @type {{row: number, column: number} | null} under the pointer */
  let hover = null;
  /** @type {{row: number, column: number} | null} where the arrow keys are */
  let cursor = null;
  /** @type {Window} */
  let view = { row: 0, column: 0, size: 0 };
  /** @type {{head: Head, theme: import("../shared/colour.js").Theme, figure: any} | null} */
  let scene = null;
  /** @type {Room} */
  let room = { cell: 0, size: 0, left: 0, band: 0 };
  /** @type {ReturnType<typeof fit>} */
  let texts = { texts: [], width: 0 };
  let drawn = "";
  /** @type {ArrayBufferLike | null} */
  let drawnFrom = null;
  /** @type {any} */
  let Plotly = null;

  /** @returns {{row: number, column: number} | null} */
  const at = () => {
    if (hover || cursor) return hover ?? cursor;
    if (!scene || scene.head.focus < 0) return null;
    return { row: scene.head.focus, column: strongest(scene.head, scene.head.focus)[0][0] };
  };

  const measure = () => {
    if (!scene) return;
    const { head } = scene;
    texts = fit(host, head.tokens.map((t) => t.text), LONGEST_LABEL);
    const left = Math.max(60, texts.width + 9);
    const band = Math.max(48, Math.ceil((texts.width + 14) * 0.72));
    const free = Math.max(96, host.clientWidth - left);
    const fitting = free / Math.max(1, view.size);
    const cell = Math.min(LARGEST_CELL, fitting >= WHOLE_PIXELS_FROM ? Math.floor(fitting) : fitting);
    room = { cell, size: Math.round(cell * view.size), left, band };
    for (const [key, px] of Object.entries({ left, band, size: room.size, cell })) host.style.setProperty(`--${key}`, `${px}px`);
  };

  const render = () => {
    if (!scene) return;
    measure();
    mark();
    frame.hidden = foot.hidden = scene.head.n === 0;
    if (scene.head.n === 0) return;
    controls();
    surface.setAttribute("aria-label", `Attention map of layer ${scene.head.layer + 1}, head ${scene.head.head + 1}, ${scene.head.n} by ${scene.head.n} tokens. Arrow keys read the weights, Enter focuses the row’s token.`);
    if (!Plotly) return fetchPlotly();
    const { weights } = scene.head;
    const { buffer, byteOffset } = /** @type {Float32Array} */ (weights);
    const key = JSON.stringify([byteOffset, scene.head.n, scene.theme, rooted, view, room]);
    if (key === drawn && buffer === drawnFrom) return;
    drawn = key;
    drawnFrom = buffer;
    const { data, layout, config } = figureOf({ ...scene, texts: texts.texts, view, room, rooted, near: host });
    Plotly.react(plot, data, layout, config).then(mark);
  };

  const fetchPlotly = () => {
    waiting.textContent = "Preparing the map";
    plotly(url).then((loaded) => {
      if (signal.aborted) return;
      Plotly = loaded;
      waiting.textContent = "";
      render();
    }, () => { waiting.textContent = "The script that draws the map could not be loaded. The numbers can still be read here with the arrow keys."; });
  };

  const controls = () => {
    if (!scene) return;
    const { n } = scene.head;
    linear.setAttribute("aria-pressed", String(!rooted));
    root.setAttribute("aria-pressed", String(rooted));
    scaleLegend(legend, maps(scene.theme).sequential, rooted);
    zoom.hidden = n <= ZOOM_FROM;
    foot.classList.toggle("wide", n > ZOOM_FROM);
    closer.disabled = view.size <= CLOSEST;
    wider.disabled = view.size >= n;
    where.textContent = view.size >= n ? `all ${n}` : `${view.size} of ${n}`;
  };

  /** Frames the focused row and the cell that is read, and names them. */
  const mark = () => {
    if (!scene) return;
    const { head } = scene;
    const { cell, size } = room;
    const spot = at();
    /** @type {SVGElement[]} */
    const shapes = [];
    const y = (/** @type {number} */ row) => (row - view.row) * cell;
    const x = (/** @type {number} */ column) => (column - view.column) * cell;
    const inside = (/** @type {number} */ k, /** @type {number} */ from) => k >= from && k < from + view.size;
    const box = (/** @type {string} */ name, /** @type {number[]} */ [left, top, width, height]) =>
      shapes.push(s("rect", { class: name, x: left - 0.5, y: top - 0.5, width: Math.max(width, 2), height: Math.max(height, 2) }));
    const reading = hover ?? cursor;
    if (reading && inside(reading.row, view.row) && inside(reading.column, view.column)) {
      box("cross", [0, y(reading.row), size, cell]);
      box("cross", [x(reading.column), 0, cell, size]);
    }
    if (inside(head.focus, view.row)) box("focus", [0, y(head.focus), size, cell]);
    if (reading && inside(reading.row, view.row) && inside(reading.column, view.column)) box("at", [x(reading.column), y(reading.row), cell, cell]);
    marks.setAttribute("viewBox", `0 0 ${size} ${size}`);
    marks.replaceChildren(...shapes);

    const name = (/** @type {HTMLElement} */ label, /** @type {number} */ k, /** @type {number} */ from, /** @type {string} */ side) => {
      label.hidden = !inside(k, from);
      if (label.hidden) return;
      label.textContent = texts.texts[k];
      label.style.setProperty(side, `${(k - from + 0.5) * cell}px`);
    };
    name(labels.focus, head.focus, view.row, "--y");
    name(labels.row, reading && reading.row !== head.focus ? reading.row : -1, view.row, "--y");
    name(labels.column, reading ? reading.column : -1, view.column, "--x");
    // A label that is picked out stands alone: the axis's own ones that it would run into step back.
    const clear = (/** @type {string} */ ticks, /** @type {number} */ reach, /** @type {(number | undefined)[]} */ picked) => {
      for (const tick of plot.querySelectorAll(ticks)) {
        const position = /** @type {any} */ (tick).__data__?.x;
        tick.style.visibility = picked.some((k) => k !== undefined && k >= 0 && Math.abs(k - position) * cell < reach) ? "hidden" : "";
      }
    };
    clear(".ytick", 13, [head.focus, reading?.row]);
    clear(".xtick", 15, [reading?.column]);

    if (spot) value.replaceChildren(`${head.names[spot.row]} → ${head.names[spot.column]} `, h("b", {}, number(head.weights[spot.row * head.n + spot.column])));
    else value.replaceChildren();
  };

  /** @param {number} size @param {{row: number, column: number}} centre */
  const look = (size, centre) => {
    if (!scene) return;
    const { n } = scene.head;
    size = clamp(Math.round(size), Math.min(CLOSEST, n), n);
    view = { size, row: clamp(Math.round(centre.row - size / 2), 0, n - size), column: clamp(Math.round(centre.column - size / 2), 0, n - size) };
    hover = null;
    hideTip();
    render();
  };
  const centre = () => at() ?? { row: view.row + view.size / 2, column: view.column + view.size / 2 };

  /** @param {MouseEvent} event @returns {{row: number, column: number, x: number, y: number}} may lie on the labels, outside the cells */
  const under = (event) => {
    const box = surface.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const column = y < 0 ? (x + y) / room.cell : x / room.cell; // column labels lean to the right
    return { row: view.row + Math.floor(y / room.cell), column: view.column + Math.floor(column), x, y };
  };
  /** @param {MouseEvent} event */
  const inCells = (event) => {
    const { x, y, row, column } = under(event);
    if (x < 0 || y < 0 || x >= room.size || y >= room.size || !scene) return null;
    return { row: Math.min(row, scene.head.n - 1), column: Math.min(column, scene.head.n - 1) };
  };

  /** @type {{x: number, y: number, moved: boolean} | null} */
  let drag = null;
  const band = s("rect", { class: "band" });
  surface.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.pointerType !== "mouse" || event.button || !scene || scene.head.n <= ZOOM_FROM) return;
    const { x, y } = under(event);
    drag = { x, y, moved: false };
    surface.setPointerCapture(event.pointerId);
  }, { signal });
  frame.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (drag) {
      const { x, y } = under(event);
      const side = Math.max(Math.abs(x - drag.x), Math.abs(y - drag.y));
      drag.moved ||= side > 6;
      if (!drag.moved) return;
      for (const [key, px] of Object.entries({ x: x < drag.x ? drag.x - side : drag.x, y: y < drag.y ? drag.y - side : drag.y, width: side, height: side })) band.setAttribute(key, px);
      hideTip();
      return marks.append(band);
    }
    const cell = inCells(event);
    if (cell?.row === hover?.row && cell?.column === hover?.column && !cell) return;
    hover = cell;
    mark();
    if (cell && scene) showTip(`${scene.head.names[cell.row]} → ${scene.head.names[cell.column]}`, number(scene.head.weights[cell.row * scene.head.n + cell.column]), event.clientX, event.clientY);
    else hideTip();
  }, { signal });
  frame.addEventListener("pointerleave", () => { hover = null; hideTip(); mark(); }, { signal });
  surface.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
    const was = drag;
    drag = null;
    band.remove();
    if (!was?.moved || !scene) return;
    const { x, y } = under(event);
    const side = Math.max(Math.abs(x - was.x), Math.abs(y - was.y)) / room.cell;
    const middle = (/** @type {number} */ from, /** @type {number} */ to) => from / room.cell + (to < from ? -side / 2 : side / 2);
    surface.addEventListener("click", (/** @type {Event} */ click) => click.stopPropagation(), { once: true, capture: true, signal });
    look(side, { row: view.row + middle(was.y, y), column: view.column + middle(was.x, x) });
  }, { signal });
  surface.addEventListener("pointercancel", () => { drag = null; band.remove(); }, { signal });
  frame.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    if (!scene) return;
    const cell = inCells(event);
    const { row, column, x, y } = under(event);
    const chosen = cell ? cell.row : x < 0 && y >= 0 ? row : y < 0 ? column : -1;
    if (chosen >= 0 && chosen < scene.head.n) scene.head.choose(chosen);
  }, { signal });
  surface.addEventListener("dblclick", () => { if (scene && view.size < scene.head.n) look(scene.head.n, centre()); }, { signal });

  surface.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const { n, choose } = scene.head;
    const from = at() ?? { row: 0, column: 0 };
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter" || event.key === " ") choose(from.row);
    else if ((event.key === "+" || event.key === "=") && n > ZOOM_FROM) look(view.size / 2, from);
    else if (event.key === "-" && n > ZOOM_FROM) look(view.size * 2, from);
    else if (event.key === "Home") cursor = { ...from, column: 0 };
    else if (event.key === "End") cursor = { ...from, column: n - 1 };
    else if (step) cursor = { row: clamp(from.row + step[0], 0, n - 1), column: clamp(from.column + step[1], 0, n - 1) };
    else return;
    event.preventDefault();
    hover = null;
    hideTip();
    follow();
  }, { signal });
  surface.addEventListener("blur", () => { cursor = null; mark(); }, { signal });

  /** Keeps the cell that the arrow keys read in view. */
  const follow = () => {
    if (!cursor) return mark();
    const before = JSON.stringify(view);
    for (const axis of /** @type {const} */ (["row", "column"])) {
      if (cursor[axis] < view[axis]) view = { ...view, [axis]: cursor[axis] };
      if (cursor[axis] >= view[axis] + view.size) view = { ...view, [axis]: cursor[axis] - view.size + 1 };
    }
    if (JSON.stringify(view) === before) mark();
    else render();
  };

  for (const [button, to] of /** @type {[HTMLButtonElement, boolean][]} */ ([[linear, false], [root, true]])) button.addEventListener("click", () => { rooted = to; render(); }, { signal });
  closer.addEventListener("click", () => look(view.size / 2, centre()), { signal });
  wider.addEventListener("click", () => look(view.size * 2, centre()), { signal });
  signal.addEventListener("abort", () => { Plotly?.purge(plot); hideTip(); });

  return {
    /**
     * @param {{head: Head, theme: import("../shared/colour.js").Theme, figure: any}} of
     * @returns {Room}
     */
    draw(of) {
      const { n, focus } = of.head;
      const other = of.head.n !== scene?.head.n;
      const moved = focus !== scene?.head.focus;
      scene = of;
      if (other) {
        hover = cursor = null;
        view = { row: 0, column: 0, size: n };
      } else if (moved) {
        cursor = null;
        if (focus >= 0 && (focus < view.row || focus >= view.row + view.size)) view = { ...view, row: clamp(Math.round(focus - view.size / 2), 0, n - view.size) };
      }
      render();
      return room;
    },
  };
}
