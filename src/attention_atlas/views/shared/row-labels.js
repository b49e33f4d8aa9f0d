/** The tokens beside the rows of a matrix: as many as fit, the focused one always. */

import { h } from "./dom.js";

const LINE = 14;

/**
 * @param {(row: number) => void} choose on click; by keyboard the matrix itself chooses
 * @param {AbortSignal} signal
 */
export function rowLabels(choose, signal) {
  const node = h("div", { class: "aa-row-labels", "aria-hidden": "true" });
  node.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const row = event.target instanceof HTMLElement && event.target.dataset.row;
    if (row) choose(Number(row));
  }, { signal });
  return {
    node,
    /** @param {{tokens: string[], row: number, mark: number}} of `row` is the height of one */
    show({ tokens, row, mark }) {
      const every = Math.ceil(LINE / row);
      const close = (/** @type {number} */ i) => i !== mark && mark >= 0 && Math.abs(i - mark) < every;
      const shown = tokens.map((_, i) => i).filter((i) => i === mark || (i % every === 0 && !close(i)));
      node.style.height = `${row * tokens.length}px`;
      node.replaceChildren(...shown.map((i) => h("span", {
        class: i === mark ? "on" : "", "data-row": i, title: tokens[i], style: { top: `${(i + 0.5) * row}px` },
      }, tokens[i])));
    },
  };
}
