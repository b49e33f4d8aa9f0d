/**
 * The words beside the map's rows and columns: as many as fit, and those that are picked always.
 * They are not Plotly's, which measures each again whenever the numbers change.
 */

import { h } from "../shared/dom.js";

const LINE = { row: 14, column: 17 }; // column labels lean, and need more room
const SLOPE = Math.SQRT1_2;

/** How many rows or columns it is from a label to the next. @param {"row" | "column"} axis @param {number} cell CSS pixels */
const stepOf = (axis, cell) => Math.max(1, Math.ceil(LINE[axis] / cell));

/** How far the columns' labels lean out to the right of the cells, in CSS pixels. @param {{widths: number[], view: import("./window.js").Window, cell: number}} of */
export function leaning({ widths, view, cell }) {
  const step = stepOf("column", cell);
  const end = view.column + view.size;
  let out = 0;
  for (let k = Math.ceil(view.column / step) * step; k < end; k += step) out = Math.max(out, (widths[k] + 10) * SLOPE - (end - k - 0.5) * cell);
  return out;
}

/** @param {HTMLElement} frame */
export function axisLabels(frame) {
  const rows = h("div", { class: "labels rows", "aria-hidden": "true" });
  const columns = h("div", { class: "labels columns", "aria-hidden": "true" });
  const picked = Object.fromEntries(["focus", "row", "column"].map((name) => [name, h("span", { class: `label picked ${name === "column" ? "column" : "row"} ${name}`, "aria-hidden": "true" })]));
  frame.append(rows, columns, ...Object.values(picked));
  /** @type {{node: HTMLElement, k: number}[]} */
  let inRows = [];
  /** @type {{node: HTMLElement, k: number}[]} */
  let inColumns = [];
  let drawn = "";
  let cell = 0;
  /** @type {string[]} */
  let shown = [];
  /** @type {import("./window.js").Window} */
  let view = { row: 0, column: 0, size: 0 };

  /** @param {import("../shared/head.js").Unit[]} tokens @param {"row" | "column"} axis */
  const labels = (tokens, axis) => {
    const step = stepOf(axis, cell);
    const out = [];
    for (let k = Math.ceil(view[axis] / step) * step; k < view[axis] + view.size; k += step) {
      const node = h("span", { class: `label ${axis}${tokens[k].special ? " special" : ""}`, style: { "--at": `${(k - view[axis] + 0.5) * cell}px` } }, shown[k]);
      out.push({ node, k });
    }
    return out;
  };

  return {
    /** @param {{tokens: import("../shared/head.js").Unit[], texts: string[], view: import("./window.js").Window, cell: number}} of */
    show(of) {
      const key = JSON.stringify([of.view, of.cell, of.texts]);
      if (key === drawn) return;
      drawn = key;
      ({ view, cell, texts: shown } = of);
      [inRows, inColumns] = [labels(of.tokens, "row"), labels(of.tokens, "column")];
      rows.replaceChildren(...inRows.map(({ node }) => node));
      columns.replaceChildren(...inColumns.map(({ node }) => node));
    },
    /** A label that is picked stands alone: those that it would run into step back. @param {{focus: number, row: number, column: number}} of rows and a column, −1 for none */
    pick(of) {
      const place = (/** @type {"focus" | "row" | "column"} */ name, /** @type {number} */ from) => {
        const k = of[name];
        const node = picked[name];
        node.hidden = k < from || k >= from + view.size;
        if (node.hidden) return;
        node.textContent = shown[k];
        node.style.setProperty("--at", `${(k - from + 0.5) * cell}px`);
      };
      place("focus", view.row);
      place("row", view.row);
      place("column", view.column);
      // Of the two picked rows the one that is read stands, if they would touch.
      if (of.row >= 0 && of.row !== of.focus && Math.abs(of.row - of.focus) * cell < LINE.row) picked.focus.hidden = true;
      const clear = (/** @type {{node: HTMLElement, k: number}[]} */ all, /** @type {number} */ reach, /** @type {number[]} */ those) => {
        for (const { node, k } of all) node.style.visibility = those.some((one) => one >= 0 && Math.abs(one - k) * cell < reach) ? "hidden" : "";
      };
      clear(inRows, LINE.row, [of.focus, of.row]);
      clear(inColumns, LINE.column - 2, [of.column]);
    },
  };
}
