/** The logit lens: a row for each layer, the words its hidden state would be read as. */

import { count, h, number } from "../shared/dom.js";
import { smallPercent } from "../shared/figures.js";
import { ordinal } from "../shared/head.js";
import { view } from "../shared/live.js";
import { percent } from "../shared/percent.js";

/** @param {number} row */
const layerName = (row) => (row ? `layer ${row}` : "embeddings");

/** @param {HTMLElement} el */
function build(el) {
  const note = h("p", { class: "note" });
  const caption = h("caption", { class: "vh" });
  const head = h("tr");
  const body = h("tbody");
  const table = h("table", {}, caption, h("thead", {}, head), body);
  const frame = h("div", { class: "frame", role: "group", "aria-label": "What each layer would predict" }, table);
  const said = h("p", { class: "said" });
  el.replaceChildren(note, frame, said);

  /** @param {string} text @param {number} p @param {any} state */
  const word = (text, p, { final, true: right }) => h("td", { class: ["word", text === final && "final", text === right && "true"].filter(Boolean).join(" ") },
    h("span", { class: "in" }, h("span", { class: "text", title: text }, text), " ", h("span", { class: "share" }, percent(p))),
    h("i", { class: "bar", "aria-hidden": "true", style: { width: `${100 * (p || 0)}%` } }));

  /** @param {import("../shared/live.js").Scene} scene */
  const fill = ({ state, arrays }) => {
    const { rows } = state;
    const k = rows[0].length;
    const p = arrays.probabilities.data;
    const of = arrays.true.data;
    const entropy = arrays.entropy.data;
    caption.textContent = `What each layer would predict at ${state.token} if it were the last`;
    head.replaceChildren(
      h("th", { scope: "col", class: "layer" }, "after"),
      ...rows[0].map((/** @type {string} */ _, /** @type {number} */ i) => h("th", { scope: "col" }, i ? ordinal(i + 1) : "likeliest")),
      ...(state.true === null ? [] : [h("th", { scope: "col", class: "r" }, "true word"), h("th", { scope: "col", class: "r" }, "rank")]),
      h("th", { scope: "col", class: "r" }, "entropy"),
    );
    body.replaceChildren(...rows.map((/** @type {string[]} */ texts, /** @type {number} */ row) => h("tr", { class: row === rows.length - 1 ? "last" : "" },
      h("th", { scope: "row", class: "layer" }, layerName(row)),
      ...texts.map((text, i) => word(text, p[row * k + i], state)),
      ...(state.true === null ? [] : [h("td", { class: "r" }, smallPercent(of[2 * row])), h("td", { class: "r" }, count(of[2 * row + 1]))]),
      h("td", { class: "r" }, number(entropy[row], 2)))));
    said.replaceChildren(...key(state));
  };

  /** @param {any} state */
  const key = ({ final, true: right }) => {
    const told = right === final ? [" and the true word, is bold and coloured."]
      : right === null ? [", is bold."]
        : [", is bold; the true word ", h("span", { class: "tok on" }, right), " is coloured."];
    return [h("b", {}, final), ", the model's first guess", ...told, " The last row is the prediction above."];
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { state, selection, changed } = scene;
    note.textContent = state.note;
    note.hidden = !state.note;
    frame.hidden = said.hidden = Boolean(state.note);
    if (state.note) return;
    if (changed.picture) fill(scene);
    [...body.children].forEach((row, i) => row.classList.toggle("on", i === selection.layer + 1));
    // What scrolls can be reached by keyboard; what does not is no stop.
    if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  };
}

export default view(build, { name: "aa-lens" });
