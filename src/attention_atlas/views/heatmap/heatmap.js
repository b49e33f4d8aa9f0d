/** The attention map of one head: Plotly's heatmap, read by pointer and by keyboard. */

import { clamp, h } from "../shared/dom.js";
import { fitting, follower, strongest } from "../shared/head.js";
import { live } from "../shared/live.js";
import { MEASURES, told } from "../shared/measure.js";
import { plotly } from "../shared/plotly.js";
import { hideTip, looks, showTip } from "../shared/reading.js";
import { figureOf } from "./figure.js";
import { mapFoot } from "./foot.js";
import { axisLabels, leaning } from "./labels.js";
import { marks } from "./marks.js";
import { pointing } from "./pointing.js";
import { quickMap } from "./quick.js";
import { scaleOf } from "./scale.js";
import { around, carried, holding, inside, textOf, whole, windowOf } from "./window.js";

const LARGEST_CELL = 44;
const LONGEST_LABEL = 88;
const WHOLE_PIXELS_FROM = 10; // smaller cells take fractions of a pixel, or too much room would be lost
const MANY = 64; // from here on a weight is small, and linear colours show little but the ground
const FOOT = 264; // the legend and the choice of scale, side by side
const LEANS = 12; // what a label may reach into the space beside the map
const REST_MS = 150; // longer than a held arrow key takes from head to head
const ZOOM_FROM = 40; // with fewer units every cell is large enough to point at

/**
 * @typedef {import("../shared/head.js").Head} Head
 * @typedef {import("./window.js").Cell} Cell
 * @typedef {import("./window.js").Window} Window
 * @typedef {{head: Head, theme: import("../shared/colour.js").Theme, figure: any, sized: boolean, behind: boolean,
 *   look: import("../shared/live.js").Look, setLook: (change: Partial<import("../shared/live.js").Look>) => void}} Scene `sized`: whether
 *   the room may have changed; `behind`: whether rows and columns of another kind are on their way
 * @typedef {{cell: number, size: number, left: number, band: number}} Room what the map takes, in CSS pixels
 */

/** What of a look the map is drawn by. @type {(keyof import("../shared/live.js").Look)[]} */
export const MAP_LOOK = ["scale", "window"];

/** Whether words instead of pieces, or the other way round, are on their way. @param {import("../shared/live.js").Scene} scene @param {import("../shared/live.js").Model} model */
export function unitsBehind({ state }, model) {
  const shown = model.get("shown");
  return Boolean(shown) && (shown.words !== state.words || shown.special !== state.keep_special);
}

/**
 * @param {HTMLElement} host
 * @param {{signal: AbortSignal, url?: string | null}} of `url`: where Plotly's script is; null where there is none, and the canvas is the map
 */
export function attentionMap(host, { signal, url }) {
  host.classList.add("aa-attention-map");
  const value = h("span", { class: "value", "aria-live": "polite" });
  const plot = h("div", { class: "plot", "aria-hidden": "true" });
  const surface = h("div", { class: "surface", role: "img", tabIndex: 0 });
  const waiting = h("p", { class: "waiting quiet" });
  const frame = h("div", { class: "frame" }, h("span", { class: "corner", "aria-hidden": "true" }, "from ↓", h("br"), "to →"), plot);
  const quick = quickMap(frame);
  const over = marks(frame);
  const labels = axisLabels(frame);
  frame.append(waiting, surface);
  const foot = mapFoot({
    scaled: (to) => scene?.setLook({ scale: to }),
    zoomed: (factor) => zoom(view.size * factor, at() ?? { row: view.row + view.size / 2, column: view.column + view.size / 2 }),
    signal,
  });
  host.append(h("div", { class: "panel-head" }, h("h3", {}, "Attention map"), value), frame, foot.node);

  const fit = fitting(host, LONGEST_LABEL);
  /** @type {Cell | null} under the pointer */
  let hover = null;
  /** @type {Cell | null} where the arrow keys are */
  let cursor = null;
  let view = whole(0);
  /** @type {Window | null} what the look has, which these rows and columns may lack */
  let held = null;
  let lookHas = JSON.stringify(undefined); // its window, as it was heard or told last
  let ahead = false; // whether it is one of the rows and columns to come
  /** @type {Scene | null} */
  let scene = null;
  let wide = 0; // CSS pixels that the view has
  /** @type {Room} */
  let room = { cell: 0, size: 0, left: 0, band: 0 };
  let drawn = "";
  /** @type {ArrayBufferLike | null} */
  let drawnFrom = null;
  /** @type {any} */
  let Plotly = null;
  let pending = 0; // the timer of Plotly’s next drawing

  /** @returns {Cell | null} the cell that is told */
  const at = () => {
    if (hover || cursor) return hover ?? cursor;
    if (!scene || scene.head.focus < 0) return null;
    return { row: scene.head.focus, column: strongest(scene.head, scene.head.focus)[0][0] };
  };
  const zooms = () => (scene?.head.n ?? 0) > ZOOM_FROM;
  const valueAt = (/** @type {Head} */ head, /** @type {Cell} */ { row, column }) => told(head.measure, head.weights[row * head.n + column]);

  /** @param {Head} head */
  const measure = (head) => {
    const texts = fit(head.tokens);
    const left = Math.max(60, texts.width + 9);
    const band = Math.max(48, Math.ceil((texts.width + 14) * 0.72));
    const free = wide - left;
    const side = (/** @type {number} */ width) => {
      const each = Math.max(96, width) / Math.max(1, view.size);
      return Math.min(LARGEST_CELL, each >= WHOLE_PIXELS_FROM ? Math.floor(each) : each);
    };
    // The last labels lean out to the right, where the page may end.
    const out = leaning({ widths: texts.widths, view, cell: side(free) });
    const beside = free - Math.round(side(free) * view.size) + LEANS;
    const cell = out > beside ? side(free - out + LEANS) : side(free);
    const was = room;
    room = { cell, size: Math.round(cell * view.size), left, band };
    if (was.cell === cell && was.size === room.size && was.left === left && was.band === band) return;
    for (const [key, px] of Object.entries({ left, band, size: room.size, cell })) host.style.setProperty(`--${key}`, `${px}px`);
  };

  const render = () => {
    if (!scene) return;
    const { head, theme, figure } = scene;
    frame.hidden = foot.node.hidden = head.n === 0;
    value.hidden = head.n === 0;
    if (head.n === 0) return;
    measure(head);
    labels.show({ tokens: head.tokens, texts: fit(head.tokens).texts, view, cell: room.cell });
    mark();
    const kind = scene.look.scale !== "auto" ? scene.look.scale : head.n > MANY ? "root" : "linear";
    const scale = scaleOf(head, kind, theme);
    foot.show({ scale, kind, view, n: head.n, zooms: zooms(), under: room.size >= FOOT && room.left + FOOT <= wide });
    const of = head.measure === "weights" ? "" : `, ${MEASURES[head.measure].name.toLowerCase()}`;
    surface.setAttribute("aria-label", `Attention map of layer ${head.layer + 1}, head ${head.head + 1}${of}, ${head.n} by ${head.n} ${head.words ? "words" : "tokens"}. Arrow keys read the numbers, Enter focuses the row’s ${head.words ? "word" : "token"}.`);
    if (!Plotly && url !== null) return fetchPlotly(url);
    const { buffer, byteOffset } = /** @type {Float32Array} */ (head.weights);
    const key = JSON.stringify([byteOffset, head.n, head.measure, theme, kind, view, room]);
    if (key === drawn && buffer === drawnFrom) return;
    drawn = key;
    drawnFrom = buffer;
    over.check({ ...head, view, cell: room.cell, size: room.size });
    if (!Plotly) return quick.show({ head, scale, view, room });
    const last = () => {
      const { data, layout, config } = figureOf({ head, figure, scale, view, room });
      Plotly.react(plot, data, layout, config);
      quick.hide();
    };
    if (!plot.hasChildNodes()) return last();
    quick.show({ head, scale, view, room });
    clearTimeout(pending);
    pending = window.setTimeout(last, REST_MS);
  };

  /** @param {string} [from] */
  const fetchPlotly = (from) => {
    waiting.textContent = "Preparing the map";
    plotly(from).then((loaded) => {
      if (signal.aborted) return;
      Plotly = loaded;
      waiting.textContent = "";
      render();
    }, () => { waiting.textContent = "The script that draws the map could not be loaded. The numbers can still be read here with the arrow keys."; });
  };

  /** Frames the focused row and the cell that is read, and names them. */
  const mark = () => {
    if (!scene) return;
    const { head } = scene;
    const reading = hover ?? cursor;
    over.show({ view, cell: room.cell, size: room.size, focus: head.focus, reading });
    labels.pick({ focus: head.focus, row: reading && reading.row !== head.focus ? reading.row : -1, column: reading?.column ?? -1 });
    const spot = at();
    if (spot) value.replaceChildren(...looks(head.names[spot.row], head.names[spot.column]), " ", h("b", {}, valueAt(head, spot)));
    else value.replaceChildren();
  };

  /** Shows what is held, if there is such a part. */
  const see = () => {
    const n = scene?.head.n ?? 0;
    view = held && zooms() && inside(held, n) ? held : whole(n);
  };
  /** Holds another part of the map, and tells the look. @param {Window} next */
  const hold = (next) => {
    if (!scene) return;
    held = next.size < scene.head.n ? next : null;
    const window = held && /** @type {[number, number, number]} */ ([held.row, held.column, held.size]);
    see();
    if (JSON.stringify(window) === lookHas) return;
    lookHas = JSON.stringify(window);
    ahead = false;
    scene.setLook({ window });
  };
  /** @param {number} size @param {Cell} centre */
  const zoom = (size, centre) => {
    if (!scene) return;
    hold(around(scene.head.n, size, centre));
    hover = null;
    hideTip();
    render();
  };

  pointing({
    frame, surface, over: over.svg, signal,
    now: () => ({ view, cell: room.cell, size: room.size, n: scene?.head.n ?? 0, zooms: zooms() }),
    chosen: (row) => scene?.head.choose(row),
    squared: zoom,
    hovered: (cell, event) => {
      if (!cell && !hover) return;
      const moved = cell?.row !== hover?.row || cell?.column !== hover?.column;
      hover = cell;
      if (moved) mark();
      if (cell && event && scene) showTip(looks(scene.head.names[cell.row], scene.head.names[cell.column]), valueAt(scene.head, cell), event.clientX, event.clientY);
      else hideTip();
    },
  });
  surface.addEventListener("dblclick", () => { const spot = at(); if (scene && spot && view.size < scene.head.n) zoom(scene.head.n, spot); }, { signal });
  surface.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const { n, choose } = scene.head;
    const from = at() ?? { row: 0, column: 0 };
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter" || event.key === " ") choose(from.row);
    else if ((event.key === "+" || event.key === "=") && zooms()) zoom(view.size / 2, from);
    else if (event.key === "-" && zooms()) zoom(view.size * 2, from);
    else if (event.key === "Home") cursor = { ...from, column: 0 };
    else if (event.key === "End") cursor = { ...from, column: n - 1 };
    else if (step) cursor = { row: clamp(from.row + step[0], 0, n - 1), column: clamp(from.column + step[1], 0, n - 1) };
    else return;
    event.preventDefault();
    hover = null;
    hideTip();
    const before = view;
    if (cursor && holding(view, cursor) !== view) hold(holding(view, cursor));
    if (view === before) mark();
    else render();
  }, { signal });
  surface.addEventListener("blur", () => { cursor = null; mark(); }, { signal });
  signal.addEventListener("abort", () => { clearTimeout(pending); Plotly?.purge(plot); hideTip(); });

  return {
    /** @param {Scene} of @returns {Room} */
    draw(of) {
      const before = scene?.head;
      const { head } = of;
      scene = of;
      if (of.sized) wide = host.clientWidth;
      const asked = JSON.stringify(of.look.window);
      const set = asked !== lookHas;
      if (set) {
        lookHas = asked;
        held = of.look.window && windowOf(of.look.window);
        ahead = of.behind;
        hover = cursor = null;
        see();
      }
      if (before?.tokens !== head.tokens) {
        const same = before && textOf(before.tokens) === textOf(head.tokens);
        if (!same || before.n !== head.n) hover = cursor = null;
        // Only another text is seen whole again; of the same one the stretch that was in view stays.
        if (before && held && !set && !ahead && inside(held, before.n)) {
          if (!same) hold(whole(head.n));
          else if (before.n !== head.n) hold(carried(held, before.tokens, head.tokens));
        }
        ahead &&= of.behind;
        see();
      }
      if (before && before.focus !== head.focus) {
        cursor = null;
        const { focus, n } = head;
        if (!set && focus >= 0 && (focus < view.row || focus >= view.row + view.size)) hold({ ...view, row: around(n, view.size, { row: focus, column: view.column }).row });
      }
      render();
      return room;
    },
  };
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} context */
  render({ model, el }) {
    /** @type {ReturnType<typeof attentionMap> | undefined} */
    let map;
    const head = follower();
    return live(model, el, (scene) => {
      map ??= attentionMap(el, { signal: scene.signal, url: model.get("plotly_url") });
      const { look, setLook, theme, state, changed } = scene;
      map.draw({ head: head(scene), theme, figure: state.figure, look, setLook, behind: unitsBehind(scene, model), sized: changed.picture || changed.width });
    }, { look: MAP_LOOK });
  },
};
