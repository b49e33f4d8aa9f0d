/** What a head does with the focused token, as a sentence; and what its numbers are, as a line with their formula. */

import { h } from "../shared/dom.js";
import { formula } from "../shared/formulas.js";
import { empty, strongest } from "../shared/head.js";
import { MEASURES, told } from "../shared/measure.js";

/** @typedef {import("../shared/head.js").Head} Head */
/** @typedef {(Node | string)[]} Words */

const LEAST = 0.0005; // less would be read as 0.000

/** @param {string[]} items */
const list = (items) => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`);

/** @param {HTMLElement} line @param {Head} head */
export function read(line, head) {
  const { measure, missing, words } = head;
  const sentence = whole(head);
  if (missing.length) sentence.push(" ", h("span", { class: "quiet" }, `${list(missing)} ${missing.length > 1 ? "are" : "is"} left out, ${MEASURES[measure].without}`));
  if (words) sentence.push(" ", h("span", { class: "quiet" }, MEASURES[measure].merged));
  line.replaceChildren(...sentence);
}

/** @param {Head} head @returns {Words} */
function whole(head) {
  const { n, focus, names, leftOut, missing, measure } = head;
  if (!n) return ["There is no word in this text: every token of it is left out."];
  if (leftOut) return ["The token chosen above is left out. Choose a word."];
  if (focus < 0) return ["Choose a word above to see what it looks at."];
  const it = h("span", { class: "tok on" }, names[focus]);
  if (empty(head, focus)) return ["Here ", it, ` gave all its attention to ${list(missing)}; for the words nothing is left.`];
  const order = strongest(head, focus);
  if (!Number.isFinite(order[0][1])) return ["The numbers of ", it, " are no numbers here: they are ", h("span", { class: "num" }, told(measure, order[0][1])), "."];
  /** @param {[number, number]} of @returns {Words} */
  const at = ([column, value]) => [h("span", { class: "tok" }, names[column]), " ", h("span", { class: "num" }, told(measure, value))];
  if (measure === "difference") return compared(order, it, at);
  const [first, second, third] = order.filter(([, value], k) => k === 0 || measure === "scores" || value >= LEAST);
  const say = { weights: ["Here ", it, " looks most at "], norms: ["Norm-weighted, ", it, " looks most at "], scores: ["Before the softmax, ", it, " scores highest with "] }[measure];
  return [...say, ...at(first), ...(second ? [measure === "scores" ? ", then with " : ", then at ", ...at(second)] : []), ...(third ? [" and ", ...at(third)] : []), "."];
}

/** Where a head differs most from its layer. @param {[number, number][]} order @param {Node} it @param {(of: [number, number]) => Words} at @returns {Words} */
function compared(order, it, at) {
  const more = order.filter(([, value]) => value >= LEAST).slice(0, 2);
  const less = order.filter(([, value]) => value <= -LEAST).slice(0, 1);
  if (!more.length && !less.length) return ["Here ", it, " looks where it does on average over the layer’s heads."];
  const out = /** @type {Words} */ (["Compared with the mean of the layer’s heads, ", it, " looks "]);
  if (more.length) out.push("more at ", ...at(more[0]));
  if (more[1]) out.push(" and ", ...at(more[1]));
  if (less.length) out.push(more.length ? ", and less at " : "less at ", ...at(less[0]));
  return [...out, "."];
}

/** @param {HTMLElement} line @param {Head} head @param {any} formulas name -> an element or template that holds it */
export function define(line, { measure, heads }, formulas) {
  const key = `${measure} ${heads}`;
  if (line.dataset.measure === key) return;
  line.dataset.measure = key;
  const { name, means, source } = MEASURES[measure];
  const written = formula(formulas, `measure_${measure}`, { display: false });
  line.replaceChildren(h("b", {}, name), written ? h("span", { class: "eq" }, written) : " ", means(heads), ...(source ? [" ", h("a", { href: source.url, target: "_blank", rel: "noreferrer" }, source.text)] : []));
}
