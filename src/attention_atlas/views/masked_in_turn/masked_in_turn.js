/** Each word piece hidden in turn, and what the model puts in its place. */

import { count, h, keepInView } from "../shared/dom.js";
import { live } from "../shared/live.js";
import { percent } from "../shared/percent.js";
import { roving } from "../shared/reading.js";

const NARROW = 560;

/** @typedef {{text: string, probability: number, true: boolean}} Guess */
/** @typedef {{token: number, piece: string, guesses: Guess[]}} Row */

/** @param {Row} row */
function line({ token, piece, guesses }) {
  const [best, ...rest] = guesses;
  const name = (/** @type {Guess} */ guess) => h("span", { class: guess.true ? "word true" : "word", title: guess.text }, guess.text, guess.true ? h("span", { class: "vh" }, ", right") : "");
  return h("li", { class: best?.true ? "right" : "" },
    h("button", { type: "button", "data-token": token, title: piece }, piece),
    ...(best ? [
      name(best),
      h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "bar", style: { width: `${100 * best.probability}%` } })),
      h("span", { class: "share" }, percent(best.probability)),
    ] : []),
    h("span", { class: "rest" }, ...rest.map((guess) => h("span", { class: "guess" }, name(guess), " ", h("span", { class: "share" }, percent(guess.probability))))));
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, choose }) {
  const said = h("p", { class: "said" });
  const head = h("div", { class: "head", "aria-hidden": "true" }, h("span", {}, "hidden"), h("span", {}, "first guess"), h("span"), h("span"), h("span", {}, "then"));
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
  return ({ state, selection, width, changed }) => {
    el.classList.toggle("narrow", width < NARROW);
    if (changed.picture) {
      fill(state.rows);
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

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} host */
  render({ model, el }) {
    el.classList.add("aa-masked-in-turn");
    /** @type {ReturnType<typeof build> | undefined} */
    let draw;
    return live(model, el, (scene) => (draw ??= build(el, scene))(scene));
  },
};
