/** The tiles of all heads: one row a layer, or in the order of a number. The frame keeps its size. */

import { clamp, h, keepInView } from "../shared/dom.js";

const GAP = 2;
const GUTTER = 22;
const LABEL = 16;
/** Tiles are neither too small to point at nor so large that few heads look like many. */
const [LEAST, MOST] = [14, 38];

/** @typedef {{button: HTMLButtonElement, tile: HTMLElement, canvas: HTMLCanvasElement}} Cell */

export function layout() {
  const grid = h("div", { class: "grid", role: "group" });
  const frame = h("div", { class: "frame" }, grid);
  /** @type {Cell[]} */
  let cells = [];
  /** @type {{layers: HTMLElement[], heads: HTMLElement[]}} */
  let labels = { layers: [], heads: [] };
  let [layers, heads] = [0, 0];
  /** The heads in the order of a number; null while they stand by layer. @type {number[] | null} */
  let order = null;
  /** @type {(k: number) => boolean} */
  let belongs = () => true;

  const make = () => {
    const span = (/** @type {string} */ name, /** @type {number} */ k) => h("span", { class: name, "aria-hidden": "true" }, String(k + 1));
    labels = {
      layers: Array.from({ length: layers }, (_, l) => span("layer", l)),
      heads: Array.from({ length: heads }, (_, k) => span("head", k)),
    };
    cells = Array.from({ length: layers * heads }, (_, k) => {
      const canvas = h("canvas");
      const tile = h("span", { class: "tile" }, canvas);
      const name = h("span", { class: "name", "aria-hidden": "true" }, `${Math.floor(k / heads) + 1}·${(k % heads) + 1}`);
      return { canvas, tile, button: h("button", { type: "button" }, tile, name) };
    });
  };

  const place = () => {
    grid.classList.toggle("ranked", order !== null);
    grid.setAttribute("aria-label", order ? "Heads in their order" : "Heads, one row per layer");
    cells.forEach(({ button }, k) => { button.disabled = !belongs(k); });
    if (order) grid.replaceChildren(...order.map((k) => cells[k].button));
    else grid.replaceChildren(h("span"), ...labels.heads, ...labels.layers.flatMap((label, l) => [label, ...cells.slice(l * heads, (l + 1) * heads).map((c) => c.button)]));
    if (!cells.some((_, k) => belongs(k))) grid.append(h("p", { class: "none" }, "No head is like that in this text."));
  };

  return {
    frame, grid,
    cells: () => cells,
    /** Makes room for the heads. Gives the side of a tile. @param {number} l @param {number} k @param {number} width */
    fit(l, k, width) {
      if (l !== layers || k !== heads) {
        [layers, heads] = [l, k];
        make();
        place();
      }
      const tile = clamp(Math.floor((width - GUTTER) / heads) - GAP, LEAST, MOST);
      const name = Math.ceil(6.7 * `${layers}·${heads}`.length);
      const rank = Math.max(tile, name) + 4;
      const height = Math.max(LABEL + layers * (tile + GAP), tile + LABEL + GAP);
      const sizes = { heads, tile: `${tile}px`, rank: `${rank}px`, height: `${height}px` };
      for (const [property, value] of Object.entries(sizes)) frame.style.setProperty(`--${property}`, String(value));
      return tile;
    },
    /** @param {number[] | null} ranked null: by layer @param {(k: number) => boolean} keep */
    arrange(ranked, keep) {
      const moved = JSON.stringify(ranked) !== JSON.stringify(order);
      [order, belongs] = [ranked, keep];
      place();
      if (moved) frame.scrollTo(0, 0);
    },
    /** The first head that can be entered. @param {number} wanted */
    entry: (wanted) => (belongs(wanted) ? wanted : order?.[0] ?? cells.findIndex((_, k) => belongs(k))),
    /** @param {EventTarget | null} target */
    indexOf(target) {
      const button = target instanceof Element ? target.closest("button") : null;
      return button ? cells.findIndex((cell) => cell.button === button) : -1;
    },
    /** Where an arrow key, Home or End leads; null for another key. @param {number} k @param {string} key */
    step(k, key) {
      const line = order ?? Array.from({ length: heads }, (_, c) => k - (k % heads) + c).filter(belongs);
      if (key === "Home") return line[0];
      if (key === "End") return line[line.length - 1];
      const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
      if (!way) return null;
      const [down, right] = way;
      if (order) {
        const top = cells[order[0]].button.offsetTop;
        const columns = order.filter((one) => cells[one].button.offsetTop === top).length;
        return order[order.indexOf(k) + right + down * columns] ?? k;
      }
      for (let [r, c] = [Math.floor(k / heads) + down, (k % heads) + right]; r >= 0 && r < layers && c >= 0 && c < heads; r += down, c += right) {
        if (belongs(r * heads + c)) return r * heads + c;
      }
      return k;
    },
    /** @param {number} chosen @param {number} entry where the Tab key stops */
    mark(chosen, entry) {
      cells.forEach(({ button }, k) => {
        const [pressed, tab] = [String(k === chosen), k === entry ? 0 : -1];
        if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
        if (button.tabIndex !== tab || !button.hasAttribute("tabindex")) button.tabIndex = tab;
      });
      labels.layers.forEach((label, l) => label.classList.toggle("on", l === Math.floor(chosen / heads)));
      labels.heads.forEach((label, k) => label.classList.toggle("on", k === chosen % heads));
    },
    /** @param {number} k */
    reveal: (k) => { if (cells[k]?.button.isConnected) keepInView(frame, cells[k].button, { left: order ? 0 : GUTTER }); },
  };
}
