/** Scaled dot-product attention of one token, key by key, with its real numbers. */

import { cells, fit } from "../shared/cells.js";
import { top98 } from "../shared/colour.js";
import { count, h, m, number } from "../shared/dom.js";
import { live } from "../shared/live.js";
import { hinted } from "../shared/reading.js";

const NARROW = 600;

/**
 * Three digits everywhere, and four significant ones for the sum of exponentials: then each shown
 * number follows from the shown ones before it, to one unit in its last digit.
 */
const DIGITS = 3;
const significant = (/** @type {number} */ x) => (Number.isFinite(x) ? x.toPrecision(4) : number(x));
/** A share that three digits would show as nothing is read in full. @param {number} x */
const share = (x) => (x > 0 && x < 0.0005 ? x.toPrecision(2) : number(x, DIGITS));
const minus = (/** @type {number} */ x) => (x < 0 ? `+ ${number(-x, DIGITS)}` : `− ${number(x, DIGITS)}`);

/** @param {AbortSignal} signal */
function line(signal) {
  const strip = cells(signal);
  const key = h("th", { scope: "row", class: "key" });
  const raw = h("td", { class: "r raw" });
  const signed = h("i");
  const scaled = h("td", { class: "r scaled" });
  const weight = h("td", { class: "r weight" });
  const bar = h("span", { class: "bar" });
  const node = h("tr", {},
    key, raw, h("td", { class: "rawbar", "aria-hidden": "true" }, h("span", { class: "signed" }, signed)),
    scaled, weight, h("td", { class: "bars", "aria-hidden": "true" }, bar), h("td", { class: "mixed" }, strip.node));
  return { node, key, raw, signed, scaled, weight, bar, strip };
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal }) {
  const query = cells(signal);
  const queryName = h("span");
  const caption = h("caption", { class: "vh" });
  const size = m("mn");
  const head = h("thead", {}, h("tr", {},
    h("th", { scope: "col", class: "key" }, "key"),
    h("th", { scope: "col", class: "r raw" }, h("span", { class: "vh" }, "query times key"), h("span", { "aria-hidden": "true" }, m("math", m("mi", "q"), m("mo", "·"), m("mi", "k")))),
    h("td", { class: "rawbar" }),
    h("th", { scope: "col", class: "r scaled" }, h("span", { class: "vh" }, "divided by the root of the head size"), h("span", { "aria-hidden": "true" }, m("math", m("mo", "÷"), m("msqrt", size)))),
    h("th", { scope: "col", class: "r weight" }, "softmax"),
    h("td", { class: "bars" }),
    h("th", { scope: "col", class: "mixed" }, "share × value")));
  const body = h("tbody");
  const others = line(signal);
  others.node.className = "others";
  const sum = line(signal);
  const foot = h("tfoot", {}, sum.node);
  const table = h("table", {}, caption, head, body, foot);
  const note = h("p", { class: "note" });
  el.replaceChildren(h("div", { class: "query" }, queryName, query.node), table, note);
  /** @type {ReturnType<typeof line>[]} */
  let lines = [];
  /** @type {any} */
  let shown;
  hinted(table, (target) => {
    const cell = target.closest(".weight");
    const i = lines.findIndex((one) => one.weight === cell);
    if (i < 0) return null;
    const { scaled, weights, state } = shown;
    return [`exp(${number(scaled[i], DIGITS)} ${minus(state.maximum)}) ÷ ${significant(state.exp_sum)} =`, share(weights[i])];
  }, signal);

  const numbers = (/** @type {import("../shared/live.js").Scene} */ { state, arrays }) => {
    const [raw, scaled, weights] = ["raw", "scaled", "weights"].map((name) => /** @type {Float32Array} */ (arrays[name].data));
    const keys = state.keys;
    shown = { state, scaled, weights };
    if (lines.length !== keys.length || others.node.isConnected !== Boolean(state.others)) {
      lines = keys.map((/** @type {any} */ _, /** @type {number} */ i) => lines[i] ?? line(signal));
      body.replaceChildren(...lines.map((one) => one.node), ...(state.others ? [others.node] : []));
    }
    const far = raw.reduce((/** @type {number} */ most, /** @type {number} */ x) => Math.max(most, Math.abs(x)), 0) || 1;
    const best = weights.indexOf(weights.reduce((/** @type {number} */ a, /** @type {number} */ b) => Math.max(a, b), 0));
    const most = Math.max(weights[best] || 0, state.others?.weight ?? 0) || 1;
    queryName.replaceChildren("query of ", h("span", { class: "tok on" }, state.token));
    caption.textContent = `Attention of ${state.token} in layer ${state.layer + 1}, head ${state.head + 1}`;
    size.textContent = String(state.head_size);
    lines.forEach((one, i) => {
      one.node.className = [i === best ? "top" : "", keys[i].index === state.index ? "on" : ""].join(" ").trim();
      one.key.textContent = keys[i].piece;
      one.key.title = keys[i].piece;
      one.raw.textContent = number(raw[i], DIGITS);
      one.signed.className = raw[i] < 0 ? "neg" : "pos";
      one.signed.style.width = `${(50 * Math.abs(raw[i])) / far}%`;
      one.scaled.textContent = number(scaled[i], DIGITS);
      one.weight.textContent = number(weights[i], DIGITS);
      one.bar.style.width = `${(100 * weights[i]) / most}%`;
    });
    if (state.others) {
      others.key.textContent = `${count(state.others.count)} other keys`;
      others.raw.hidden = others.signed.closest("td").hidden = true;
      others.weight.textContent = number(state.others.weight, DIGITS);
      others.bar.style.width = `${(100 * state.others.weight) / most}%`;
      others.scaled.textContent = "";
    }
    sum.key.textContent = "sum";
    // Two digits: rounded shares need not add up in the third. A figure space keeps the column.
    sum.weight.textContent = `${number(state.total, 2)}\u2007`;
    const kept = state.others ? ` The ${keys.length} strongest keys stand here one by one; the row below them adds up the other ${count(state.others.count)}, so that the sums are those of all ${count(state.n)}.` : "";
    note.textContent = `Softmax takes the largest score, ${number(state.maximum, DIGITS)}, off each score s first. `
      + `exp(s ${minus(state.maximum)}), added up over the ${count(state.n)} keys, is ${significant(state.exp_sum)}; divided by that, it is the share.${kept}`;
  };

  /** @param {import("../shared/live.js").Scene} scene */
  const strips = ({ state, arrays, theme, width }) => {
    const narrow = width < NARROW;
    el.classList.toggle("narrow", narrow);
    others.key.colSpan = narrow ? 2 : 3;
    const d = state.head_size;
    const { weighted, context, others: rest } = arrays;
    const max = top98(context.data, weighted.data);
    const room = fit(/** @type {HTMLElement} */ (sum.strip.node.parentElement).clientWidth - (narrow ? 8 : 12), d);
    const each = (/** @type {ReturnType<typeof cells>} */ strip, /** @type {ArrayLike<number>} */ values, /** @type {string} */ name, height = 16) =>
      strip.show({ values, columns: d, width: room, height, max, theme, label: `${name}: ${d} values`, name: (_, column) => `${name} [${column}]` });
    lines.forEach((one, i) => each(one.strip, weighted.data.subarray(i * d, (i + 1) * d), `share × value of ${state.keys[i].piece}`));
    if (state.others) each(others.strip, rest.data, `share × value of ${count(state.others.count)} other keys`);
    each(sum.strip, context.data, `context of ${state.token}`, 20);
    query.show({
      values: arrays.query.data, columns: d, width: narrow ? fit(width, d) : room, height: 20, max: top98(arrays.query.data), theme,
      label: `Query of ${state.token}: ${d} values`, name: (_, column) => `q of ${state.token} [${column}]`,
    });
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { picture, theme, width } = scene.changed;
    if (picture) numbers(scene);
    if (picture || theme || width) strips(scene);
  };
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} host */
  render({ model, el }) {
    el.classList.add("aa-dot-product");
    /** @type {ReturnType<typeof build> | undefined} */
    let draw;
    return live(model, el, (scene) => (draw ??= build(el, scene))(scene));
  },
};
