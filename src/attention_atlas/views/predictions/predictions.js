/** Which words the model expects at one position, and how sure it is. */

import { count, focusedAt, h, number } from "../shared/dom.js";
import { significant, smallPercent } from "../shared/figures.js";
import { view } from "../shared/live.js";
import { percent } from "../shared/percent.js";
import { roving } from "../shared/reading.js";
import { sums } from "../shared/sums.js";
import { arithmetic } from "./arithmetic.js";
import { maskable } from "./sentence.js";

/** A bar of full length stands for at least this probability, so that a small one looks small. */
const FULL = 0.4;
const NARROW = 560;

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, setLook }) {
  const note = h("p", { class: "note" });
  const sentence = maskable(signal, (hidden) => setLook({ hidden }));
  const bars = h("ol", { class: "words", "aria-label": "The likeliest words; choose one to see its softmax" });
  const facts = h("dl", { class: "facts" });
  const chain = arithmetic();
  const shown = h("div", {}, sentence.node, h("div", { class: "found" }, bars, facts, chain.node));
  const strip = sums(signal);
  el.replaceChildren(note, shown, strip.node);
  /** @type {HTMLButtonElement[]} */
  let buttons = [];
  /** @type {import("../shared/live.js").Scene} */
  let now;
  /** @type {number | null} the word whose softmax is shown, by its row of the vocabulary */
  let chosen = null;
  const stop = roving(bars, () => buttons, signal);

  const pick = () => {
    const { words } = now.state;
    const i = Math.max(0, words.findIndex((/** @type {any} */ { id }) => id === chosen));
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === i)));
    chain.show(now.state, now.arrays.logits.data, now.arrays.figures.data, i);
    stop(buttons[i]);
  };
  bars.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const row = event.target instanceof Element && event.target.closest("li");
    if (!row) return;
    chosen = now.state.words[buttons.findIndex((button) => row.contains(button))].id;
    pick();
  }, { signal });

  const draw = () => {
    const { state, arrays } = now;
    const p = arrays.probabilities.data;
    const full = Math.max(p[0] || 0, FULL);
    const held = buttons.indexOf(/** @type {any} */ (focusedAt(el)));
    buttons = state.words.map((/** @type {any} */ { text, true: same }) => h("button", { type: "button", class: "word", title: text }, text, same ? h("span", { class: "vh" }, ", the true word") : ""));
    bars.replaceChildren(...state.words.map((/** @type {any} */ { rank, true: same }, /** @type {number} */ i) => h("li", { class: [same && "true", i >= state.best && "beyond"].filter(Boolean).join(" ") },
      h("span", { class: "rank" }, count(rank)), buttons[i],
      h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "bar", style: { width: `${(100 * (p[i] || 0)) / full}%` } })),
      h("span", { class: "share" }, i >= state.best ? smallPercent(p[i]) : percent(p[i])))));
    if (held >= 0) buttons[Math.min(held, buttons.length - 1)].focus({ preventScroll: true });
    tell(state, p, arrays.figures.data[2]);
    pick();
  };

  /** @param {any} state @param {ArrayLike<number>} p @param {number} entropy */
  const tell = ({ words, true: at, vocabulary, token }, p, entropy) => {
    /** @param {string} name @param {...(string | Node)} said */
    const fact = (name, ...said) => h("div", {}, h("dt", {}, name), h("dd", {}, ...said));
    const size = count(vocabulary);
    facts.replaceChildren(
      at === null ? fact("True word", `none, since ${token} is what you wrote`)
        : fact("True word", h("span", { class: "tok on" }, words[at].text), ` has ${smallPercent(p[at])}, rank ${count(words[at].rank)} of ${size}`),
      fact("Entropy", `${number(entropy, 3)} nats, as unsure as an even choice among ${significant(Math.exp(entropy), 3)}; even over all ${size} words it would be ln ${size} = ${number(Math.log(vocabulary), 3)}`),
    );
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { state, changed } = scene;
    if (changed.look && !changed.picture && state.shows === "words") el.classList.toggle("waits", sentence.follow(scene.look.hidden));
    if (!(changed.picture || changed.theme || changed.width)) return;
    now = scene;
    if (changed.picture) el.classList.remove("waits");
    note.textContent = state.note;
    note.hidden = !state.note;
    shown.hidden = state.shows !== "words";
    strip.node.hidden = state.shows !== "state";
    el.classList.toggle("narrow", scene.width < NARROW);
    if (state.shows === "words" && changed.picture) {
      sentence.show(state);
      draw();
    }
    if (state.shows === "state") strip.show(scene, [state.row], state.token);
  };
}

export default view(build, { name: "aa-predictions", look: ["hidden"] });
