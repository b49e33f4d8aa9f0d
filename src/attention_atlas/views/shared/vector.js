/** One vector whole: its numbers, how they spread, its length and mean, its largest dimensions. */

import { copies } from "./clipboard.js";
import { count, h, measured, number, s } from "./dom.js";

const BINS = 41;
const LARGEST = 8;
const PLOT = { width: 440, height: 96 };

/** @typedef {{name: string, values: number[]}} Vector */

/** @param {number[]} values sums in double precision, over the finite values only where they are asked for */
export function summary(values) {
  const finite = values.filter(Number.isFinite);
  const n = finite.length;
  const mean = n ? finite.reduce((a, x) => a + x, 0) / n : NaN;
  const variance = n ? finite.reduce((a, x) => a + (x - mean) ** 2, 0) / n : NaN;
  return {
    norm: Math.sqrt(finite.reduce((a, x) => a + x * x, 0)), mean, deviation: Math.sqrt(variance),
    low: n ? finite.reduce((a, x) => Math.min(a, x)) : NaN, high: n ? finite.reduce((a, x) => Math.max(a, x)) : NaN,
    unusual: values.length - n,
  };
}

/** Nine digits tell every single-precision number from its neighbours. @param {number} x */
const exact = (x) => (Number.isFinite(x) ? String(Number(x.toPrecision(9))) : String(x));

/** @param {Vector} vector a line for each dimension */
export const csv = ({ values }) => ["dimension,value", ...values.map((x, i) => `${i},${exact(x)}`)].join("\n");

/**
 * Opens a dialog beside nothing else; the focus comes back to `from` when it closes.
 * @param {HTMLElement} from @param {Vector} vector
 */
export function openVector(from, vector) {
  const { name, values } = vector;
  const { norm, mean, deviation, low, high, unusual } = summary(values);
  const close = h("button", { type: "button", class: "close", "aria-label": "Close" }, "✕");
  const copy = h("button", { type: "button", class: "link" }, "Copy as CSV");
  const facts = [["length (L2 norm)", norm], ["mean", mean], ["standard deviation", deviation], ["lowest", low], ["highest", high]];
  const order = values.map((_, i) => i).filter((i) => Number.isFinite(values[i])).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a])).slice(0, LARGEST);
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "aa-vector", "aria-label": name },
    h("header", {}, h("h2", {}, name), h("span", { class: "quiet" }, `${count(values.length)} values`)), close,
    histogram(values, low, high),
    h("dl", {}, ...facts.map(([label, value]) => h("div", {}, h("dt", {}, String(label)), h("dd", { class: "num" }, measured(Number(value)))))),
    unusual ? h("p", { class: "unusual" }, `${count(unusual)} of the values are not finite numbers; the figures above leave them out.`) : "",
    h("h3", {}, "Largest dimensions"),
    h("ol", { class: "largest" }, ...order.map((i) => h("li", {}, h("span", { class: "quiet num" }, `[${i}]`), h("span", { class: "num" }, measured(values[i]))))),
    h("details", {}, h("summary", {}, `All ${count(values.length)} values`), h("ol", { class: "all num", start: 0, tabIndex: 0, "aria-label": `All values of ${name}` }, ...values.map((x, i) => h("li", { title: `[${i}]` }, number(x, 4))))),
    copy,
  ));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  // Escape closes the dialog and nothing behind it: the page would let go of its focused token.
  dialog.addEventListener("keydown", (event) => { if (event.key === "Escape") event.stopPropagation(); });
  dialog.addEventListener("close", () => { dialog.remove(); from.focus({ preventScroll: true }); });
  copies(copy, () => csv(vector), dialog);
  // Inside the view, so that it has the page's theme wherever the view is hosted.
  (from.closest(".aa-view") ?? from.ownerDocument.body).append(dialog);
  dialog.showModal();
}

/** @param {number[]} values @param {number} low @param {number} high */
function histogram(values, low, high) {
  const end = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const bins = new Array(BINS).fill(0);
  for (const x of values) if (Number.isFinite(x)) bins[Math.min(BINS - 1, Math.floor(((x + end) / (2 * end)) * BINS))] += 1;
  const most = Math.max(...bins, 1);
  const wide = PLOT.width / BINS;
  return h("figure", {},
    s("svg", { viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, role: "img", "aria-label": `How the values spread between ${measured(-end)} and ${measured(end)}` },
      ...bins.map((n, i) => s("rect", { x: i * wide + 0.5, width: wide - 1, y: PLOT.height - (n / most) * PLOT.height, height: (n / most) * PLOT.height, class: i < BINS / 2 - 1 ? "neg" : i > BINS / 2 ? "pos" : "" }))),
    h("figcaption", { class: "num quiet" }, h("span", {}, measured(-end)), h("span", {}, "0"), h("span", {}, measured(end))));
}
