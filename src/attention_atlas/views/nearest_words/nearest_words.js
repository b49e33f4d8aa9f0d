/** The words of the vocabulary nearest to a token, with the cosine as bar and number. */

import { count, h, number } from "../shared/dom.js";
import { view } from "../shared/live.js";

/** @typedef {{text: string, cosine: number, piece: boolean, special: boolean}} Word nearest_words.py */

/** @param {Word} word */
function line({ text, cosine, piece, special }) {
  const kind = piece ? "word piece" : special ? "special" : "";
  return h("li", {},
    h("span", { class: "name" }, h("span", { class: "tok", title: text }, text), kind ? h("small", {}, kind) : ""),
    h("span", { class: "track", "aria-hidden": "true" }, h("i", { class: cosine < 0 ? "bar below" : "bar", style: { width: `${100 * Math.min(1, Math.abs(cosine))}%` } })),
    h("span", { class: "num" }, number(cosine, 3)));
}

/** @param {HTMLElement} el */
function build(el) {
  const said = h("p");
  const list = h("ol", {});
  el.replaceChildren(said, list);
  /** @param {import("../shared/live.js").Scene} scene */
  return ({ state, changed }) => {
    if (!changed.picture) return;
    const { token, words, vocabulary } = state;
    const of = h("span", { class: "tok on" }, token);
    const others = count(vocabulary - 1);
    if (words.length) said.replaceChildren("Nearest to ", of, ` among the ${others} other words of the vocabulary, by cosine`);
    else said.replaceChildren("No other word of the vocabulary has a vector that ", of, " could be compared with.");
    list.setAttribute("aria-label", `Words nearest to ${token}`);
    list.hidden = !words.length;
    list.replaceChildren(...words.map(line));
  };
}

export default view(build, { name: "aa-nearest-words" });
