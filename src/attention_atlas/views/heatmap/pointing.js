/** Reading the map by pointer: a cell under it, a click on a row or a label, a square dragged to be looked at. */

import { s } from "../shared/dom.js";

const DRAGGED_FROM = 6; // CSS pixels; less is a click that shook

/** @typedef {import("./window.js").Cell} Cell */

/**
 * @param {object} of
 * @param {HTMLElement} of.frame the cells with their labels
 * @param {HTMLElement} of.surface the cells
 * @param {SVGElement} of.over where the square is drawn
 * @param {() => {view: import("./window.js").Window, cell: number, size: number, n: number, zooms: boolean}} of.now
 * @param {(cell: Cell | null, event: PointerEvent | null) => void} of.hovered
 * @param {(row: number) => void} of.chosen
 * @param {(size: number, centre: Cell) => void} of.squared a square of the map was dragged
 * @param {AbortSignal} of.signal
 */
export function pointing({ frame, surface, over, now, hovered, chosen, squared, signal }) {
  /** @param {MouseEvent} event may lie on the labels, outside the cells */
  const under = (event) => {
    const { view, cell } = now();
    const box = surface.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const column = y < 0 ? (x + y) / cell : x / cell; // column labels lean to the right
    return { row: view.row + Math.floor(y / cell), column: view.column + Math.floor(column), x, y };
  };
  /** @param {MouseEvent} event @returns {Cell | null} */
  const inCells = (event) => {
    const { x, y, row, column } = under(event);
    const { size, n } = now();
    if (x < 0 || y < 0 || x >= size || y >= size) return null;
    return { row: Math.min(row, n - 1), column: Math.min(column, n - 1) };
  };

  /** @type {{x: number, y: number, moved: boolean} | null} */
  let drag = null;
  const band = s("rect", { class: "band" });
  surface.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.pointerType !== "mouse" || event.button || !now().zooms) return;
    const { x, y } = under(event);
    drag = { x, y, moved: false };
    surface.setPointerCapture(event.pointerId);
  }, { signal });
  frame.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!drag) return hovered(inCells(event), event);
    const { x, y } = under(event);
    const side = Math.max(Math.abs(x - drag.x), Math.abs(y - drag.y));
    drag.moved ||= side > DRAGGED_FROM;
    if (!drag.moved) return;
    for (const [key, px] of Object.entries({ x: x < drag.x ? drag.x - side : drag.x, y: y < drag.y ? drag.y - side : drag.y, width: side, height: side })) band.setAttribute(key, String(px));
    hovered(null, null);
    over.append(band);
  }, { signal });
  frame.addEventListener("pointerleave", () => hovered(null, null), { signal });
  surface.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
    const was = drag;
    drag = null;
    band.remove();
    if (!was?.moved) return;
    const { view, cell } = now();
    const { x, y } = under(event);
    const side = Math.max(Math.abs(x - was.x), Math.abs(y - was.y)) / cell;
    const middle = (/** @type {number} */ from, /** @type {number} */ to) => from / cell + (to < from ? -side / 2 : side / 2);
    surface.addEventListener("click", (/** @type {Event} */ click) => click.stopPropagation(), { once: true, capture: true, signal });
    squared(side, { row: view.row + middle(was.y, y), column: view.column + middle(was.x, x) });
  }, { signal });
  surface.addEventListener("pointercancel", () => { drag = null; band.remove(); }, { signal });
  frame.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const cell = inCells(event);
    const { row, column, x, y } = under(event);
    const picked = cell ? cell.row : x < 0 && y >= 0 ? row : y < 0 ? column : -1;
    if (picked >= 0 && picked < now().n) chosen(picked);
  }, { signal });
}
