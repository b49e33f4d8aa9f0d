/** The first vector of each token: word + position + segment, and its LayerNorm. */

import { h, many, number } from "../shared/dom.js";
import { live } from "../shared/live.js";
import { sums } from "../shared/sums.js";
import { everything } from "./everything.js";

/** @param {import("../shared/live.js").Scene} first */
function single({ signal }) {
  const addition = sums(signal);
  const segments = sums(signal);
  const said = h("p", { class: "quiet" });
  const pair = h("div", { class: "segments" }, said, segments.node);
  const alike = h("p", { class: "quiet", hidden: true }, "This model has one segment vector: both sentences get it, and it cannot tell them apart by it.");
  const node = h("div", {}, addition.node, alike, pair);
  return {
    node,
    /** @param {import("../shared/live.js").Scene} scene */
    show(scene) {
      const { state } = scene;
      addition.show(scene, state.rows, state.token);
      alike.hidden = !state.one_segment;
      pair.hidden = !state.pair;
      if (!state.pair) return;
      const { rows, tokens: [a, b], cosine } = state.pair;
      said.textContent = `Segment A is added to ${many(a, "token")}, segment B to ${many(b, "token")}${cosine === null ? "." : `; the cosine of the two is ${number(cosine, 2)}.`}`;
      segments.show(scene, rows, "this model");
    },
  };
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, first) {
  const shown = first.state.everything ? everything(first) : single(first);
  el.replaceChildren(shown.node);
  return shown.show;
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} host */
  render({ model, el }) {
    el.classList.add("aa-embeddings");
    /** @type {ReturnType<typeof build> | undefined} */
    let draw;
    return live(model, el, (scene) => {
      draw ??= build(el, scene);
      const { picture, theme, width } = scene.changed;
      if (scene.state.everything || picture || theme || width) draw(scene);
    });
  },
};
