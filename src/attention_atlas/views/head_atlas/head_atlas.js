/** All heads at a glance: rows are layers, columns heads. */

import { paint, size as sized } from "../shared/canvas.js";
import { css, maps } from "../shared/colour.js";
import { clamp, h, measured } from "../shared/dom.js";
import { live } from "../shared/live.js";
import { hideTip, showTip } from "../shared/reading.js";

/** Flat areas leave out the two ends of the map: the one looks like nothing, the other glares. */
const flat = (/** @type {number} */ t) => 0.06 + 0.78 * t;

/** @param {HTMLElement} el @param {AbortSignal} signal */
function build(el, signal) {
  el.classList.add("aa-head-atlas");
  const title = h("h3");
  const select = h("select", { "aria-label": "Show" });
  const grid = h("div", { class: "grid", role: "group", "aria-label": "Heads, one row per layer" });
  const scale = h("span", { class: "aa-scale" });
  el.append(
    h("div", { class: "panel-head" }, title, h("span", { class: "colour-by" }, h("span", { "aria-hidden": "true" }, "Show"), h("span", { class: "select" }, select))),
    h("div", { class: "frame" }, grid),
    h("div", { class: "foot" }, h("span", {}, "rows: layers, columns: heads"), scale),
  );
  /** @type {string | null} what the person chose to see */
  let mode = null;
  /** @type {import("../shared/live.js").Scene | null} */
  let scene = null;
  /** @type {{button: HTMLButtonElement, canvas: HTMLCanvasElement}[]} */
  let cells = [];
  /** @type {{layers: HTMLElement[], heads: HTMLElement[]}} */
  let labels = { layers: [], heads: [] };
  let painted = "";
  /** Where the Tab key stops, if the arrow keys have left the chosen head. */
  let stop = -1;

  const shape = () => /** @type {import("../shared/live.js").Scene} */ (scene).arrays.metrics.shape.slice(1);
  const shown = () => mode ?? scene?.state.colour_by ?? "pattern";
  /** @param {number} k @returns {number} the metric that is shown, of head k; NaN for the pattern */
  const value = (k) => {
    if (!scene) return NaN;
    const metric = scene.state.choices.findIndex((/** @type {any} */ c) => c.value === shown()) - 1;
    const [layers, heads] = shape();
    return metric < 0 ? NaN : scene.arrays.metrics.data[metric * layers * heads + k];
  };

  const lay = () => {
    const [layers, heads] = shape();
    if (cells.length === layers * heads && labels.layers.length === layers) return;
    stop = -1;
    labels = {
      layers: Array.from({ length: layers }, (_, l) => h("span", { class: "layer", "aria-hidden": "true" }, String(l + 1))),
      heads: Array.from({ length: heads }, (_, k) => h("span", { class: "head", "aria-hidden": "true" }, String(k + 1))),
    };
    cells = Array.from({ length: layers * heads }, () => {
      const canvas = h("canvas");
      return { canvas, button: h("button", { type: "button" }, canvas) };
    });
    grid.style.setProperty("--heads", String(heads));
    grid.replaceChildren(h("span"), ...labels.heads, ...labels.layers.flatMap((label, l) => [label, ...cells.slice(l * heads, (l + 1) * heads).map((c) => c.button)]));
    painted = "";
  };

  const paintAll = () => {
    if (!scene) return;
    const { arrays, theme } = scene;
    const map = maps(theme).sequential;
    const size = cells[0].button.clientWidth || 24;
    const { data, shape: [, , s] } = arrays.thumbnails;
    const pattern = shown() === "pattern";
    const all = cells.map((_, k) => value(k));
    const low = Math.min(...all);
    const high = Math.max(...all);
    cells.forEach(({ canvas }, k) => {
      if (pattern) {
        paint(canvas, { values: data.subarray(k * s * s, (k + 1) * s * s), rows: s, columns: s, width: size, height: size, map, level: (x) => x / 255, gap: false });
      } else {
        const { context, W, H } = sized(canvas, size, size);
        context.fillStyle = css(map, flat(high > low ? (all[k] - low) / (high - low) : 0.5));
        context.fillRect(0, 0, W, H);
      }
    });
    const ramp = h("canvas", { "aria-hidden": "true" });
    scale.replaceChildren(h("span", {}, pattern ? "0" : measured(low, 2)), ramp, h("span", {}, pattern ? "1" : measured(high, 2)));
    const { context, W, H } = sized(ramp, 72, 6);
    for (let x = 0; x < W; x++) {
      context.fillStyle = css(map, pattern ? x / (W - 1) : flat(x / (W - 1)));
      context.fillRect(x, 0, 1, H);
    }
  };

  const mark = () => {
    if (!scene) return;
    const { layer, head } = scene.selection;
    const [, heads] = shape();
    const chosen = layer * heads + head;
    const entry = stop < 0 ? chosen : stop;
    cells.forEach(({ button }, k) => {
      const named = shown() === "pattern" ? "" : `, ${measured(value(k))}`;
      button.setAttribute("aria-label", `Layer ${Math.floor(k / heads) + 1}, head ${(k % heads) + 1}${named}`);
      button.setAttribute("aria-pressed", String(k === chosen));
      button.tabIndex = k === entry ? 0 : -1;
    });
    labels.layers.forEach((label, l) => label.classList.toggle("on", l === layer));
    labels.heads.forEach((label, k) => label.classList.toggle("on", k === head));
  };

  /** @param {EventTarget | null} target */
  const indexOf = (target) => {
    const button = target instanceof Element ? target.closest("button") : null;
    return cells.findIndex((cell) => cell.button === button);
  };
  grid.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const k = indexOf(event.target);
    if (k < 0 || !scene) return;
    const [, heads] = shape();
    stop = -1;
    scene.choose({ layer: Math.floor(k / heads), head: k % heads });
  }, { signal });
  grid.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const k = indexOf(event.target);
    if (k < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const [layers, heads] = shape();
    const row = Math.floor(k / heads);
    const column = k % heads;
    const to = {
      ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
      Home: [row, 0], End: [row, heads - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    stop = clamp(to[0], 0, layers - 1) * heads + clamp(to[1], 0, heads - 1);
    mark();
    cells[stop].button.focus();
  }, { signal });
  /** @param {number} k @param {number} x @param {number} y */
  const tip = (k, x, y) => {
    if (k < 0) return hideTip();
    const [, heads] = shape();
    showTip(`layer ${Math.floor(k / heads) + 1} head ${(k % heads) + 1}`, shown() === "pattern" ? "" : measured(value(k)), x, y);
  };
  grid.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => tip(indexOf(event.target), event.clientX, event.clientY), { signal });
  grid.addEventListener("pointerleave", hideTip, { signal });
  grid.addEventListener("focusin", (/** @type {FocusEvent} */ event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!target.matches(":focus-visible")) return;
    const box = target.getBoundingClientRect();
    tip(indexOf(target), box.left, box.bottom - 12);
  }, { signal });
  grid.addEventListener("focusout", (/** @type {FocusEvent} */ event) => {
    hideTip();
    if (grid.contains(/** @type {Node | null} */ (event.relatedTarget))) return;
    stop = -1;
    mark();
  }, { signal });
  select.addEventListener("change", () => { mode = select.value; paintAll(); mark(); }, { signal });
  signal.addEventListener("abort", hideTip);

  /** @param {import("../shared/live.js").Scene} next */
  return (next) => {
    scene = next;
    const [layers, heads] = shape();
    lay();
    title.textContent = layers * heads > 1 ? `All ${layers * heads} heads` : "The one head";
    if (select.options.length !== next.state.choices.length) select.replaceChildren(...next.state.choices.map((/** @type {any} */ c) => h("option", { value: c.value }, c.name)));
    select.value = shown();
    const key = `${next.theme} ${cells[0].button.clientWidth}`;
    if (next.changed.picture || key !== painted) paintAll();
    painted = key;
    mark();
  };
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} context */
  render({ model, el }) {
    /** @type {ReturnType<typeof build> | undefined} */
    let draw;
    return live(model, el, (scene) => {
      draw ??= build(el, scene.signal);
      draw(scene);
    });
  },
};
