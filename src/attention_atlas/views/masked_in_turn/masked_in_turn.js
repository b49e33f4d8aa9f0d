/** Each word piece hidden in turn, and what the model puts in its place. */

import { count, h, keepInView } from "../shared/dom.js";
import { smallPercent } from "../shared/figures.js";
import { ordinal } from "../shared/head.js";
import { view } from "../shared/live.js";
import { percent } from "../shared/percent.js";
import { roving } from "../shared/reading.js";

const NARROW = 560;

/** @typedef {{text: string, true: boolean, probability: number}} Guess */
/** @typedef {{token: number, piece: string, rank: number, probability: number, guesses: Guess[]}} Row */

/** The rows with their probabilities, which come as an array. @param {import("../shared/live.js").Scene} scene @returns {Row[]} */
function rowsOf({ state, arrays: { probabilities } }) {
  const each = probabilities.shape[1];
  return state.rows.map((/** @type {any} */ row, /** @type {number} */ i) => ({
    ...row,
    probability: probabilities.data[i * each],
    guesses: row.guesses.map((/** @type {any} */ guess, /** @type {number} */ j) => ({ ...guess, probability: probabilities.data[i * each + 1 + j] })),
  }));
}

/** @param {Row} row */
function line({ token, piece, rank, probability, guesses }) {
  const [best, ...rest] = guesses;
  const name = (/** @type {Guess} */ guess) => h("span", { class: guess.true ? "word true" : "word", title: guess.text }, guess.text, guess.true ? h("span", { class: "vh" }, ", right") : "");
  return h("li", { class: best?.true ? "right" : "" },
    h("button", { type: "button", "data-token": token, title: piece }, piece),
    ...(best ? [
      name(best),
      h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "bar", style: { width: `${100 * (best.probability || 0)}%` } })),
      h("span", { class: "share" }, percent(best.probability)),
    ] : []),
    h("span", { class: "rank" }, h("span", { class: "vh" }, "the true word: "), smallPercent(probability), h("span", { class: "place" }, ordinal(rank))),
    h("span", { class: "rest" }, ...rest.map((guess) => h("span", { class: "guess" }, name(guess), " ", h("span", { class: "share" }, percent(guess.probability))))));
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, choose }) {
  const said = h("p", { class: "said" });
  const head = h("div", { class: "head", "aria-hidden": "true" }, h("span", {}, "hidden"), h("span", {}, "first guess"), h("span"), h("span"), h("span", { class: "rank" }, "true word"), h("span", {}, "then"));
  const list = h("ol");
  const frame = h("div", { class: "frame", role: "group", "aria-label": "Guesses for each hidden piece" }, head, list);
  el.replaceChildren(said, frame);
  /** @type {{key: string, node: HTMLElement, button: HTMLElement, token: number}[]} */
  let lines = [];
  let focused = -2;
  const stop = roving(frame, () => lines.map(({ button }) => button), signal);
  list.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const row = event.target instanceof Element && event.target.closest("li");
    if (row) choose({ token: Number(/** @type {HTMLElement} */ (row.querySelector("button")).dataset.token) });
  }, { signal });

  /** Rows that stay as they are keep their place, so that a growing list does not flicker. @param {Row[]} rows */
  const fill = (rows) => {
    lines.slice(rows.length).forEach(({ node }) => node.remove());
    lines = rows.map((row, i) => {
      const key = JSON.stringify(row);
      if (lines[i]?.key === key) return lines[i];
      const node = line(row);
      if (lines[i]) lines[i].node.replaceWith(node);
      else list.append(node);
      return { key, node, button: node.querySelector("button"), token: row.token };
    });
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { state, selection, width, changed } = scene;
    el.classList.toggle("narrow", width < NARROW);
    if (changed.picture) {
      fill(rowsOf(scene));
      frame.hidden = said.hidden = !state.rows.length;
      said.textContent = `${count(state.right)} of ${count(state.rows.length)} right at the first guess`;
    }
    if (!changed.picture && selection.token === focused) return;
    const moved = selection.token !== focused;
    focused = selection.token;
    for (const { node, button, token } of lines) {
      node.classList.toggle("on", token === focused);
      if (token === focused) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    const here = lines.find(({ token }) => token === focused);
    stop(here?.button);
    if (moved) keepInView(frame, here?.node, { top: head.offsetHeight, smooth: !changed.picture });
  };
}

export default view(build, { name: "aa-masked-in-turn" });
