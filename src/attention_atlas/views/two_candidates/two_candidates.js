/** Two candidates for one position, and the dimensions that decide between them. */

import { cells } from "../shared/cells.js";
import { top98 } from "../shared/colour.js";
import { count, h, m, number } from "../shared/dom.js";
import { significant } from "../shared/figures.js";
import { view } from "../shared/live.js";

const NARROW = 560;
const SHOWN = 8;

/**
 * The product of each dimension, the largest first, and the sum of those not shown.
 * @param {ArrayLike<number>} t @param {ArrayLike<number>} a @param {ArrayLike<number>} b the decoder's rows
 */
export function apart(t, a, b) {
  const products = Array.from(t, (x, k) => x * (a[k] - b[k]));
  const order = products.map((_, k) => k).sort((i, j) => (Math.abs(products[j]) || 0) - (Math.abs(products[i]) || 0));
  const top = order.slice(0, SHOWN);
  const rest = order.slice(SHOWN).reduce((sum, k) => sum + products[k], 0);
  return { products, top, rest, others: Math.max(0, products.length - SHOWN) };
}

/** @param {AbortSignal} signal */
function skeleton(signal) {
  const strip = cells(signal);
  const choose = (/** @type {string} */ label) => h("select", { "aria-label": label });
  const selects = [choose("First candidate"), choose("Second candidate")];
  const said = h("p", { class: "said" });
  const body = h("tbody");
  const foot = h("tfoot");
  const caption = h("caption", { class: "vh" });
  const symbol = (/** @type {Node[]} */ ...parts) => h("span", { "aria-hidden": "true" }, m("math", ...parts));
  const row = (/** @type {string} */ letter) => m("msub", m("mi", "W"), m("mi", letter));
  const table = h("table", {}, caption, h("thead", {}, h("tr", {},
    h("th", { scope: "col", class: "what" }, "dimension"),
    h("th", { scope: "col", class: "r factor" }, h("span", { class: "vh" }, "transformed state"), symbol(m("mi", "t"), m("mo", "("), m("mi", "h"), m("mo", ")"))),
    h("th", { scope: "col", class: "r factor" }, h("span", { class: "vh" }, "first row of the decoder minus the second"), symbol(row("a"), m("mo", "−"), row("b"))),
    h("th", { scope: "col", class: "r product" }, "product"),
    h("td", { class: "bars" }))), body, foot);
  const pick = h("div", { class: "pick" }, h("label", { class: "select bare" }, selects[0]), h("span", {}, "against"), h("label", { class: "select bare" }, selects[1]));
  return { strip, selects, said, body, foot, caption, pick, table };
}

/** @param {number} product @param {number} far */
const signedBar = (product, far) => h("td", { class: "bars", "aria-hidden": "true" }, h("span", { class: "signed" }, h("i", { class: product < 0 ? "neg" : "pos", style: { width: `${(50 * Math.abs(product || 0)) / far}%` } })));

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal }) {
  const note = h("p", { class: "note" });
  const { strip, selects, said, body, foot, caption, pick, table } = skeleton(signal);
  const shown = h("div", {}, pick, said, strip.node, table);
  el.replaceChildren(note, shown);
  /** @type {import("../shared/live.js").Scene} */
  let now;
  /** @type {[number, number]} the rows of the vocabulary that are compared */
  let ids = [-1, -1];

  const places = () => {
    const at = ids.map((id) => now.state.words.findIndex((/** @type {any} */ word) => word.id === id));
    return at[0] >= 0 && at[1] >= 0 ? at : [0, 1];
  };
  selects.forEach((select, side) => select.addEventListener("change", () => {
    const { words } = now.state;
    const before = places();
    const after = [...before];
    after[side] = select.selectedIndex;
    if (after[0] === after[1]) after[1 - side] = before[side]; // the two change places
    ids = [words[after[0]].id, words[after[1]].id];
    compare();
  }, { signal }));

  const compare = () => {
    const { state, arrays } = now;
    const { words } = state;
    const [a, b] = places();
    selects.forEach((select, side) => { select.selectedIndex = [a, b][side]; });
    const t = arrays.transformed.data;
    const d = t.length;
    const W = arrays.weights.data;
    const { products, top, rest, others } = apart(t, W.subarray(a * d, (a + 1) * d), W.subarray(b * d, (b + 1) * d));
    const [za, zb] = [arrays.logits.data[a], arrays.logits.data[b]];
    const bias = arrays.bias.data[a] - arrays.bias.data[b];
    const far = [...top.map((k) => products[k]), rest, bias].reduce((most, x) => Math.max(most, Math.abs(x) || 0), 0) || 1;
    const name = (/** @type {number} */ i) => h("span", { class: "tok" }, words[i].text);
    const likelier = za >= zb ? [a, b] : [b, a];
    said.replaceChildren(
      "The logit of ", name(a), ` is ${number(za, 3)}, that of `, name(b), ` ${number(zb, 3)}: a difference of ${number(za - zb, 2)}. `,
      "So ", name(likelier[0]), ` is ${significant(Math.exp(Math.abs(za - zb)), 2)} times as likely, e to the ${number(Math.abs(za - zb), 2)}, as `, name(likelier[1]), ".",
    );
    caption.textContent = `What decides between ${words[a].text} and ${words[b].text}`;
    body.replaceChildren(
      ...top.map((k) => line(`[${k}]`, "dim", number(t[k], 4), number(W[a * d + k] - W[b * d + k], 5), products[k], far)),
      ...(others ? [line(`${count(others)} other dimensions`, "", "", "", rest, far)] : []),
      ...(state.bias ? [line("bias, that of the first minus the second", "", "", "", bias, far)] : []),
    );
    foot.replaceChildren(h("tr", {}, h("th", { scope: "row", colSpan: 3 }, "sum, the difference of the logits"), h("td", { class: "r" }, `${number(za - zb, 2)}\u2007`), h("td", { class: "bars" })));
    paint(products, a, b);
  };

  /** @param {string} what @param {string} kind @param {string} t @param {string} w @param {number} product @param {number} far */
  const line = (what, kind, t, w, product, far) => h("tr", {},
    h("th", { scope: "row", class: `what ${kind}`, colSpan: kind ? 1 : 3 }, what),
    ...(kind ? [h("td", { class: "r" }, t), h("td", { class: "r" }, w)] : []),
    h("td", { class: "r" }, number(product, 3)), signedBar(product, far));

  /** @param {number[]} products @param {number} a @param {number} b */
  const paint = (products, a, b) => {
    const { words } = now.state;
    const of = `what each dimension adds to ${words[a].text} over ${words[b].text}`;
    strip.show({
      values: products, columns: products.length, width: now.width, height: 20, max: top98(products), theme: now.theme,
      label: `${of}: ${products.length} values`, name: (_, column) => `${words[a].text} over ${words[b].text} [${column}]`, rowName: () => of[0].toUpperCase() + of.slice(1),
    });
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { state, changed } = scene;
    if (!(changed.picture || changed.theme || changed.width)) return;
    now = scene;
    el.classList.toggle("narrow", scene.width < NARROW);
    note.textContent = state.note;
    note.hidden = !state.note;
    shown.hidden = Boolean(state.note);
    if (state.note) return;
    if (changed.picture) {
      for (const select of selects) {
        const options = state.words.map((/** @type {any} */ { text, rank }) => h("option", {}, `${text} (${count(rank)})`));
        select.replaceChildren(...options);
      }
    }
    compare();
  };
}

export default view(build, { name: "aa-two-candidates" });
