/** Which words the model expects at one position. */

import { h, keepInView } from "../shared/dom.js";
import { live } from "../shared/live.js";
import { percent } from "../shared/percent.js";
import { sums } from "../shared/sums.js";

/** A bar of full length stands for at least this probability, so that a small one looks small. */
const FULL = 0.4;

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal }) {
  const note = h("p", { class: "note" });
  const sentence = h("p", { class: "sentence" });
  const bars = h("ol", { class: "words" });
  const strip = sums(signal);
  el.replaceChildren(note, sentence, bars, strip.node);

  /** @param {any} state */
  const words = (state) => {
    const pieces = state.sentence.map((/** @type {any} */ { text, place }) => h("span", { class: place }, text));
    sentence.replaceChildren(...pieces.flatMap((/** @type {Node} */ piece) => [piece, " "]));
    const here = /** @type {HTMLElement | null} */ (sentence.querySelector(".here"));
    here?.classList.toggle("hidden-word", state.masked);
    const full = Math.max(state.words[0]?.probability ?? 0, FULL);
    bars.replaceChildren(...state.words.map((/** @type {any} */ { text, probability, true: same }) => h("li", { class: same ? "true" : "" },
      h("span", { class: "word", title: text }, text, same ? h("span", { class: "vh" }, ", the true word") : ""),
      h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "bar", style: { width: `${(100 * probability) / full}%` } })),
      h("span", { class: "share" }, percent(probability)))));
    keepInView(sentence, here, { smooth: false });
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { state, changed } = scene;
    if (!(changed.picture || changed.theme || changed.width)) return;
    note.textContent = state.note;
    note.hidden = !state.note;
    sentence.hidden = bars.hidden = state.shows !== "words";
    strip.node.hidden = state.shows !== "state";
    if (state.shows === "words" && changed.picture) words(state);
    if (state.shows === "state") strip.show(scene, [state.row], state.token);
  };
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} host */
  render({ model, el }) {
    el.classList.add("aa-predictions");
    /** @type {ReturnType<typeof build> | undefined} */
    let draw;
    return live(model, el, (scene) => (draw ??= build(el, scene))(scene));
  },
};
