/** The length of each row's vector: a bar for each, and its number where there is room for it. */

import { h, number, s } from "../shared/dom.js";
import { readable } from "../shared/reading.js";

const LINE = 14;
const NUMBER = 40;

/** @param {AbortSignal} signal */
export function norms(signal) {
  const bars = s("path");
  const own = s("path", { class: "own" });
  const svg = s("svg", { "aria-hidden": "true", preserveAspectRatio: "none" }, bars, own);
  const numbers = h("div", { class: "numbers", "aria-hidden": "true" });
  const node = h("div", { class: "norms", role: "img" }, svg, numbers);
  /** @type {{names: string[], values: ArrayLike<number>, letter: string}} */
  let now = { names: [], values: [], letter: "" };
  readable(node, {
    grid: () => ({ rows: now.names.length, columns: 1 }),
    read: (row) => [`‖${now.letter}‖ of ${now.names[row]}`, number(now.values[row], 3)],
    signal,
  });
  return {
    node,
    /**
     * @param {{names: string[], values: ArrayLike<number>, letter: string, row: number, most: number, mark: number}} of
     *   `row` is the height of one, `most` the length of the longest bar
     */
    show({ names, values, letter, row, most, mark }) {
      now = { names, values, letter };
      const n = names.length;
      const height = row * n;
      node.style.height = `${height}px`;
      svg.setAttribute("viewBox", `0 0 100 ${height}`);
      const hair = row >= 4 ? 1 : 0;
      const bar = (/** @type {number} */ i) => {
        const length = (100 * values[i]) / most;
        return Number.isFinite(length) ? `M0 ${i * row + hair}h${length}v${row - 2 * hair}h${-length}z` : "";
      };
      bars.setAttribute("d", names.map((_, i) => (i === mark ? "" : bar(i))).join(""));
      own.setAttribute("d", mark >= 0 ? bar(mark) : "");
      const every = Math.ceil(LINE / row);
      const shown = names.map((_, i) => i).filter((i) => i === mark || (i % every === 0 && (mark < 0 || Math.abs(i - mark) >= every)));
      numbers.style.width = `${NUMBER}px`;
      numbers.replaceChildren(...shown.map((i) => h("span", { class: i === mark ? "on" : "", style: { top: `${(i + 0.5) * row}px` } }, number(values[i], 2))));
      const order = names.map((_, i) => i).filter((i) => Number.isFinite(values[i])).sort((a, b) => values[a] - values[b]);
      const [low, high] = [order[0], order[order.length - 1]];
      node.setAttribute("aria-label", order.length
        ? `Length of ${letter} for each of ${n}: from ${number(values[low], 2)} for ${names[low]} to ${number(values[high], 2)} for ${names[high]}`
        : `Length of ${letter} for each of ${n}: none is a number`);
    },
  };
}
