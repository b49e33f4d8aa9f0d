/** The softmax of one candidate, step by step; each number follows from the ones above it. */

import { count, h, m, number } from "../shared/dom.js";
import { significant } from "../shared/figures.js";

/**
 * Four decimals for logits, four significant digits for an exponential, five for their sum and
 * three for the probability: each shown number is then what the shown ones before it give, to one
 * unit in its last digit.
 * @param {number} z @param {number} largest @param {number} sum
 */
export function shown(z, largest, sum) {
  const e = Math.exp(z - largest);
  return { z: number(z, 4), largest: number(largest, 4), difference: number(z - largest, 4), e: significant(e, 4), sum: significant(sum, 5), p: significant(e / sum, 3) };
}

const power = () => m("msup", m("mi", "e"), m("mrow", m("mi", "z"), m("mo", "−"), m("mi", "m")));
const minus = () => m("mrow", m("mi", "z"), m("mo", "−"), m("mi", "m"));

export function arithmetic() {
  const title = h("p", { class: "title" });
  const list = h("dl", { class: "chain" });
  const node = h("div", { class: "arithmetic" }, title, list);
  /** @param {string} what @param {Node} symbol @param {string} value */
  const line = (what, symbol, value) => h("div", {}, h("dt", {}, h("span", { class: "symbol", "aria-hidden": "true" }, m("math", symbol)), h("span", {}, what)), h("dd", {}, value));
  return {
    node,
    /** @param {any} state @param {ArrayLike<number>} logits @param {ArrayLike<number>} figures @param {number} i */
    show(state, logits, figures, i) {
      const { text } = state.words[i];
      const of = shown(logits[i], figures[0], figures[1]);
      title.replaceChildren("The softmax for ", h("span", { class: "tok on" }, text));
      list.replaceChildren(
        line("its logit", m("mi", "z"), of.z),
        line(`the largest logit, that of ${state.top}`, m("mi", "m"), of.largest),
        line("the largest taken off", minus(), of.difference),
        line("its exponential", power(), of.e),
        line(`the same, summed over all ${count(state.vocabulary)} words`, m("mrow", m("mo", "∑"), power()), of.sum),
        line(`the probability, ${of.e} ÷ ${of.sum}`, m("mi", "p"), of.p),
      );
    },
  };
}
