/** The sentence as the model reads it: a word that is chosen hides behind the mask, and comes back. */

import { h, keepInView } from "../shared/dom.js";
import { roving } from "../shared/reading.js";

/** @typedef {{text: string, special: boolean, here: boolean}} Piece */

/**
 * @param {AbortSignal} signal
 * @param {(hidden: number[] | null) => void} hide null: the focused word, whichever it is
 */
export function maskable(signal, hide) {
  const words = h("div", { class: "sentence", role: "group", "aria-label": "The sentence as the model reads it; a word can be hidden" });
  const hint = h("span", { class: "hint" });
  const all = h("button", { type: "button", class: "act" }, "Show all again");
  const only = h("button", { type: "button", class: "act" }, "Hide only the focused word");
  const node = h("div", {}, words, h("div", { class: "below" }, hint, all, only));
  /** @type {HTMLElement[]} */
  let pieces = [];
  /** @type {Set<number>} */
  let hidden = new Set();
  /** @type {any} */
  let now = null;
  /** What the numbers beside are of. */
  let drawn = "";
  const stamp = (/** @type {Iterable<number>} */ indices, /** @type {boolean} */ follows) => `${follows} ${[...indices].sort((a, b) => a - b)}`;
  const buttons = () => pieces.filter((piece) => piece instanceof HTMLButtonElement);
  const stop = roving(words, buttons, signal);

  /** @param {Piece} piece @param {number} i */
  const make = (piece, i) => (now.mask && !piece.special
    ? h("button", { type: "button", "data-index": i })
    : h("span", { class: "special" }, piece.text));

  const mark = () => {
    pieces.forEach((node, i) => {
      const { text, here } = now.sentence[i];
      node.classList.toggle("here", here);
      if (!(node instanceof HTMLButtonElement)) return;
      const behind = hidden.has(i);
      if (node.getAttribute("aria-pressed") === String(behind)) return;
      node.setAttribute("aria-pressed", String(behind));
      node.title = behind ? `${text}, hidden` : "";
      node.replaceChildren(...(behind ? [now.mask, h("span", { class: "vh" }, ` in place of ${text}`)] : [text]));
    });
    all.hidden = !hidden.size;
    only.hidden = now.follows || !buttons().some((button) => button.classList.contains("here"));
  };

  words.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const button = event.target instanceof Element && event.target.closest("button");
    if (!button) return;
    const i = Number(button.dataset.index);
    hide(hidden.has(i) ? [...hidden].filter((one) => one !== i) : [...hidden, i].sort((a, b) => a - b));
  }, { signal });
  all.addEventListener("click", () => { hide([]); buttons()[0]?.focus({ preventScroll: true }); }, { signal });
  only.addEventListener("click", () => { hide(null); buttons()[0]?.focus({ preventScroll: true }); }, { signal });

  return {
    node,
    /**
     * Marks what is to be hidden at once; the numbers follow.
     * @param {number[] | null} positions
     * @returns {boolean} whether other numbers will come
     */
    follow(positions) {
      if (!now) return false;
      const can = (/** @type {number} */ i) => Boolean(now.mask) && now.sentence[i] && !now.sentence[i].special;
      now = { ...now, follows: positions === null };
      hidden = new Set((positions ?? [now.sentence.findIndex((/** @type {Piece} */ piece) => piece.here)]).filter(can));
      mark();
      return drawn !== stamp(hidden, now.follows);
    },
    /** @param {any} state */
    show(state) {
      const other = !now || now.of !== state.of || now.mask !== state.mask || now.sentence.length !== state.sentence.length;
      const moved = other || now.index !== state.index;
      now = state;
      hidden = new Set(state.hidden);
      drawn = stamp(hidden, state.follows);
      if (other) {
        pieces = state.sentence.map(make);
        words.replaceChildren(...pieces.flatMap((piece) => [piece, " "]));
      }
      hint.textContent = state.mask ? `Choose a word here to hide it behind ${state.mask}, and again to show it.` : "";
      mark();
      if (!moved) return;
      const here = pieces[state.index];
      stop(here instanceof HTMLButtonElement ? here : undefined);
      keepInView(words, here, { smooth: false });
    },
  };
}
