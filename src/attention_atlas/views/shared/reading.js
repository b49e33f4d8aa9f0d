/** Reading a value under the pointer, or with the arrow keys. */

import { clamp, h } from "./dom.js";

/** @type {HTMLElement | null} */
let tip = null;
/** @type {HTMLElement | null} */
let home = null;

/** Where the tip stands from now on, so that it is dressed as what it is about. @param {HTMLElement} node */
export function tipsIn(node) {
  home = node;
}

/**
 * @param {string | (string | Node)[]} label @param {string} value
 * @param {number} x @param {number} y viewport pixels
 */
export function showTip(label, value, x, y) {
  // A popover lies above everything, also where a notebook's cells cut off what sticks out of them.
  const node = tip ?? h("div", { class: "aa-tip", role: "status", popover: "manual" });
  tip = node;
  const place = home?.isConnected ? home : document.body;
  if (node.parentNode !== place) place.append(node);
  if (!node.matches(":popover-open")) node.showPopover();
  // Names written from right to left would take the number with them.
  node.replaceChildren(h("span", { dir: "ltr" }, ...[label].flat()), " ", h("b", {}, value));
  node.classList.add("on");
  const left = clamp(x + 14, 4, window.innerWidth - node.offsetWidth - 4);
  const top = y > window.innerHeight - 60 ? y - 36 : y + 16;
  node.style.transform = `translate(${left}px, ${top}px)`;
}

/** One name looks at another, in whatever direction they are written. @param {string} from @param {string} to */
export const looks = (from, to) => [h("bdi", {}, from), " → ", h("bdi", {}, to)];

export function hideTip() {
  tip?.classList.remove("on");
  if (tip?.matches(":popover-open")) tip.hidePopover();
}

/**
 * Lets a person read the cells of a grid: by pointer, and by arrow keys once it has the focus.
 * @param {HTMLElement} node
 * @param {object} of
 * @param {() => {rows: number, columns: number}} of.grid
 * @param {(row: number, column: number) => [string | (string | Node)[], string] | null} of.read label and value
 * @param {(row: number, column: number) => void} [of.choose] on click and on Enter
 * @param {(event: PointerEvent | MouseEvent) => {row: number, column: number} | null} [of.under]
 *   the cell under the pointer, where the cells do not fill the node evenly
 * @param {(row: number, column: number) => {x: number, y: number}} [of.place] where that cell is
 * @param {AbortSignal} of.signal
 */
export function readable(node, { grid, read, choose, under: cellUnder, place, signal }) {
  let cursor = { row: 0, column: 0 };
  node.tabIndex = 0;
  /** @param {PointerEvent | MouseEvent} event */
  const under = (event) => {
    if (cellUnder) return cellUnder(event);
    const box = node.getBoundingClientRect();
    const { rows, columns } = grid();
    return {
      row: clamp(Math.floor(((event.clientY - box.top) / box.height) * rows), 0, rows - 1),
      column: clamp(Math.floor(((event.clientX - box.left) / box.width) * columns), 0, columns - 1),
    };
  };
  /** @param {{row: number, column: number}} cell @param {number} x @param {number} y */
  const show = ({ row, column }, x, y) => {
    const text = read(row, column);
    if (text) showTip(text[0], text[1], x, y);
    else hideTip();
  };
  node.addEventListener("pointermove", (event) => {
    const cell = under(event);
    if (!cell) return hideTip();
    cursor = cell;
    show(cursor, event.clientX, event.clientY);
  }, { signal });
  node.addEventListener("pointerleave", hideTip, { signal });
  node.addEventListener("blur", hideTip, { signal });
  node.addEventListener("click", (event) => { const cell = under(event); if (cell) choose?.(cell.row, cell.column); }, { signal });
  node.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const { rows, columns } = grid();
    if (event.key === "Enter") {
      event.preventDefault(); // or what opens and takes the focus would be pressed by the same key
      return choose?.(cursor.row, cursor.column);
    }
    if (event.key === "Home") cursor = { row: cursor.row, column: 0 };
    else if (event.key === "End") cursor = { row: cursor.row, column: columns - 1 };
    else if (step) cursor = { row: clamp(cursor.row + step[0], 0, rows - 1), column: clamp(cursor.column + step[1], 0, columns - 1) };
    else return;
    event.preventDefault();
    if (place) {
      const { x, y } = place(cursor.row, cursor.column);
      return show(cursor, x, y);
    }
    const box = node.getBoundingClientRect();
    show(cursor, box.left + ((cursor.column + 0.5) / columns) * box.width, box.top + ((cursor.row + 0.5) / rows) * box.height);
  }, { signal });
  signal.addEventListener("abort", hideTip);
}

/**
 * Shows what `read` says of the element under the pointer, or of the one with the focus.
 * @param {HTMLElement} node
 * @param {(target: Element) => [string | (string | Node)[], string] | null} read
 * @param {AbortSignal} signal
 */
export function hinted(node, read, signal) {
  /** @param {Event} event */
  const target = (event) => (event.target instanceof Element ? event.target : node);
  node.addEventListener("pointermove", (event) => {
    const text = read(target(event));
    if (text) showTip(text[0], text[1], event.clientX, event.clientY);
    else hideTip();
  }, { signal, capture: true }); // before what lies inside and has a tip of its own
  node.addEventListener("focusin", (event) => {
    const text = read(target(event));
    const box = target(event).getBoundingClientRect();
    if (text) showTip(text[0], text[1], box.left, box.bottom - 12);
  }, { signal });
  for (const end of ["pointerleave", "focusout"]) node.addEventListener(end, hideTip, { signal });
  signal.addEventListener("abort", hideTip);
}

/**
 * One stop of the Tab key for many buttons: arrow keys, Home and End go from one to the next.
 * Gives a function to call when the buttons have changed, with the one to stop at.
 * @param {HTMLElement} node
 * @param {() => HTMLElement[]} items in their order
 * @param {AbortSignal} signal
 * @returns {(current?: HTMLElement) => void}
 */
export function roving(node, items, signal) {
  /** @type {HTMLElement | undefined} */
  let stop;
  /** @param {HTMLElement | undefined} [to] */
  const move = (to) => {
    const all = items();
    const next = to ?? (stop && all.includes(stop) ? stop : all[0]);
    for (const item of all) item.tabIndex = item === next ? 0 : -1;
    stop = next;
  };
  node.addEventListener("focusin", (event) => {
    const item = items().find((one) => one === event.target);
    if (item && item !== stop) move(item);
  }, { signal });
  node.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.findIndex((one) => one === event.target);
    if (at < 0) return;
    const to = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[clamp(to, 0, all.length - 1)].focus();
  }, { signal });
  return move;
}
