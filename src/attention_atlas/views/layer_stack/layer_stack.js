/** All layers for one token: a line each, and a click or Enter opens that layer. */

import { focusedAt, h, number } from "../shared/dom.js";
import { view } from "../shared/live.js";
import { roving } from "../shared/reading.js";

const NARROW = 560;

const percent = (/** @type {number} */ share) => (Number.isFinite(share) ? `${Math.round(100 * share)}\u202f%` : number(share));
const wide = (/** @type {number} */ part, /** @type {number} */ whole) => ({ width: `${Number.isFinite(part / whole) ? 100 * Math.min(1, part / whole) : 0}%` });

/** @param {ArrayLike<number>} values the largest of the finite ones */
const most = (values) => Array.from(values).filter(Number.isFinite).reduce((a, x) => Math.max(a, x), 0) || 1;

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, choose }) {
  const title = (/** @type {string} */ kind, /** @type {string} */ text) => h("span", { role: "columnheader", class: kind }, text);
  const head = h("div", { role: "row", class: "row head" },
    title("layer", "after"), title("norm", "length ‖h‖"), title("change", "change, 1 − cos"), 
    h("span", { role: "columnheader", class: "share" }, h("span", {}, "attention"), " ", h("span", {}, "feed-forward")));
  const body = h("div", { role: "rowgroup" });
  const table = h("div", { role: "table", class: "stack" }, h("div", { role: "rowgroup" }, head), body);
  const note = h("p", { class: "note quiet" });
  el.replaceChildren(table, note);
  /** @type {{row: HTMLElement, button: HTMLElement}[]} */
  let lines = [];
  const stopAt = roving(body, () => lines.map(({ button }) => button), signal);
  body.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const row = event.target instanceof Element && event.target.closest("[data-layer]");
    if (row instanceof HTMLElement) choose({ layer: Number(row.dataset.layer) });
  }, { signal });

  /** @param {import("../shared/live.js").Scene} scene */
  const draw = ({ state, arrays }) => {
    const [norm, change, attention, ffn] = ["norm", "change", "attention", "ffn"].map((name) => arrays[name].data);
    const [longest, largest] = [most(norm), most(change)];
    const cell = (/** @type {string} */ kind, /** @type {(Node | string)[]} */ ...of) => h("span", { role: "cell", class: kind }, ...of);
    const bar = (/** @type {number} */ x, /** @type {number} */ end) => h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "bar", style: wide(x, end) }));
    const said = (/** @type {string} */ text) => h("span", { class: "num" }, text);
    const kept = lines.findIndex(({ button }) => button === focusedAt(el));
    table.setAttribute("aria-label", `All layers for ${state.token}`);
    lines = Array.from(change, (_, l) => {
      const button = h("button", { type: "button", "aria-label": `Open layer ${l + 1}` }, `Layer ${l + 1}`);
      const share = attention[l] / (attention[l] + ffn[l]);
      const row = h("div", { role: "row", class: "row", "data-layer": l },
        h("span", { role: "rowheader", class: "layer" }, button),
        cell("norm", bar(norm[l + 1], longest), said(number(norm[l + 1], 2))),
        cell("change", bar(change[l], largest), said(number(change[l]))),
        cell("share", said(percent(share)), h("span", { class: "two", "aria-hidden": "true", title: `attention added ${number(attention[l], 2)}, feed-forward ${number(ffn[l], 2)}` },
          h("span", { class: "bar", style: wide(share, 1) }), h("span", { class: "bar other" })), said(percent(1 - share))));
      return { row, button };
    });
    const start = h("div", { role: "row", class: "row start" },
      h("span", { role: "rowheader", class: "layer" }, "Embeddings"),
      cell("norm", bar(norm[0], longest), said(number(norm[0], 2))), cell("change"), cell("share"));
    body.replaceChildren(start, ...lines.map(({ row }) => row));
    if (kept >= 0) lines[Math.min(kept, lines.length - 1)].button.focus({ preventScroll: true });
    note.textContent = "Length is the L2 norm of the vector. Change compares a layer’s output with its input: 0 is the same direction, 1 a right angle. "
      + "The last column compares the lengths of what attention and feed-forward added, both as they stand in the layer’s output, after the LayerNorms have scaled them (with the μ and σ they had here): attention ÷ (attention + feed-forward).";
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { changed, selection, width } = scene;
    el.classList.toggle("narrow", width < NARROW);
    if (changed.picture) draw(scene);
    if (!(changed.picture || changed.selection)) return;
    lines.forEach(({ row, button }, l) => {
      const on = l === selection.layer;
      row.classList.toggle("on", on);
      if (on) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    stopAt(lines[selection.layer]?.button);
  };
}

export default view(build, { name: "aa-layer-stack" });
