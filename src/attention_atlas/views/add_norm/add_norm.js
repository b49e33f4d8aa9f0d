/** What came in + what a step found, and the LayerNorm of the two, number by number. */

import { count, h, m, number } from "../shared/dom.js";
import { significant } from "../shared/figures.js";
import { view } from "../shared/live.js";
import { sums } from "../shared/sums.js";

const NARROW = 560;

/**
 * Digits enough that each shown number follows from the shown ones before it, to one unit in its
 * last digit: six that count for what goes in, at most five for what comes out.
 * @param {number} x @param {number} [digits]
 */
const given = (x, digits = 6) => significant(x, digits);
const result = (/** @type {number} */ x) => (Math.abs(x) < 100 ? number(x) : significant(x, 5));
const percent = (/** @type {number} */ share) => (Number.isFinite(share) ? `${number(100 * share, 1)}\u202f%` : number(share));

/** `− 0.5` or `+ 0.5`. @param {"+" | "−"} sign @param {number} x */
const term = (sign, x) => [m("mo", x < 0 ? (sign === "+" ? "−" : "+") : sign), m("mn", given(Math.abs(x)))];

/** (x − μ) / √(σ² + ε) · γ + β, in letters or in numbers. @param {Node[]} top @param {Node[]} under @param {Node[]} rest */
const formula = (top, under, rest) => m("mrow", m("mfrac", m("mrow", ...top), m("msqrt", m("mrow", ...under))), ...rest);

/** @param {number} k */
function letters(k) {
  const at = (/** @type {string} */ letter) => m("msub", m("mi", letter), m("mtext", String(k)));
  return formula(
    [at("x"), m("mo", "−"), m("mi", "μ")],
    [m("msup", m("mi", "σ"), m("mtext", "2")), m("mo", "+"), m("mi", "ε")],
    [m("mo", "·"), at("γ"), m("mo", "+"), at("β")]);
}

/** The dimension of the largest magnitude. @param {ArrayLike<number>} values */
function largest(values) {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (Math.abs(values[k]) > Math.abs(values[best])) best = k;
  return best;
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal }) {
  const added = sums(signal);
  const normed = sums(signal);
  const parts = ["old", "new"].map((name) => {
    const [bar, share] = [h("i"), h("b", { class: "num" })];
    return { node: h("div", { class: "part" }, h("span", { class: "kind" }, name), h("span", { class: "track", "aria-hidden": "true" }, bar), share), bar, share };
  });
  const note = h("p", { class: "note quiet" });
  const moments = h("p", { class: "moments" });
  const which = h("span", { class: "quiet" });
  const sum = h("div", { class: "sum" });
  const worked = h("div", { class: "worked", role: "group", "aria-label": "One dimension worked out" }, which, sum);
  el.replaceChildren(added.node, h("div", { class: "parts" }, ...parts.map(({ node }) => node)), note, moments, normed.node, worked);
  /** The dimension that was read last; none before one was. */
  let chosen = -1;
  /** @type {Record<string, import("../shared/arrays.js").NdArray>} */
  let arrays;

  const work = () => {
    const d = arrays.sum.data.length;
    const k = chosen >= 0 && chosen < d ? chosen : largest(arrays.output.data);
    const [mean, variance, epsilon] = arrays.moments.data;
    const of = (/** @type {string} */ name) => arrays[name].data[k];
    const x = of("sum");
    which.textContent = chosen === k ? `Dimension ${count(k)}` : `Dimension ${count(k)}, the largest of the result`;
    const open = x < 0 ? [m("mo", "−"), m("mn", given(-x))] : [m("mn", given(x))];
    sum.replaceChildren(
      m("math", letters(k), m("mo", "=")), " ",
      m("math", formula(
        [...open, ...term("−", mean)],
        [m("mn", given(variance)), m("mo", "+"), m("mn", given(epsilon, 1))],
        [m("mo", "·"), ...(of("gamma") < 0 ? [m("mo", "("), ...term("+", of("gamma")), m("mo", ")")] : [m("mn", given(of("gamma")))]), ...term("+", of("beta"))])), " ",
      m("math", m("mo", "="), m("mn", result(of("output")))));
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { state, width, changed } = scene;
    if (!(changed.picture || changed.theme || changed.width)) return;
    ({ arrays } = scene);
    el.classList.toggle("narrow", width < NARROW);
    const seen = (/** @type {number} */ k) => { if (k !== chosen) { chosen = k; work(); } };
    added.show(scene, state.added, state.token, seen);
    normed.show(scene, state.normed, state.token, seen);
    if (!changed.picture) return;
    const dots = arrays.dots.data;
    const whole = dots[0] + dots[1];
    const shares = [dots[0] / whole, dots[1] / whole];
    const far = Math.max(1, ...shares.map(Math.abs).filter(Number.isFinite));
    parts.forEach(({ bar, share }, i) => {
      share.textContent = percent(shares[i]);
      bar.className = ["old", "new"][i] + (shares[i] < 0 ? " against" : "");
      bar.style.width = `${Number.isFinite(shares[i]) ? (100 * Math.abs(shares[i])) / far : 0}%`;
    });
    const [ofOld, ofNew] = [significant(dots[0], 5), significant(dots[1], 5)];
    note.textContent = `The share of a part is part · sum ÷ (sum · sum). Here old · sum = ${ofOld}, new · sum = ${ofNew}, and together they are sum · sum = ${significant(whole, 5)}, so the shares add up to 100\u202f%.`
      + (shares.some((share) => share < 0) ? " A share below 0 points against the sum." : "");
    const [mean, variance, epsilon] = arrays.moments.data;
    moments.replaceChildren(
      "LayerNorm takes the mean of the sum off, and divides by ", h("span", { class: "num" }, "√(σ² + ε)"), ": ",
      ...[["mean μ", given(mean)], ["variance σ²", given(variance)], ["ε", given(epsilon, 1)]].flatMap(([name, value], i) => [
        i ? ", " : "", h("span", { class: "fact" }, `${name} `, h("b", { class: "num" }, value))]), ".");
    work();
  };
}

export default view(build, { name: "aa-add-norm" });
