/** Scaled dot-product attention of one token, key by key, with its real numbers. */

import { view } from "../shared/live.js";
import { mixing } from "./mixing.js";
import { pair } from "./pair.js";
import { scores } from "./scores.js";

const NARROW = 600;

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal }) {
  /** @type {import("../shared/live.js").Scene} */
  let scene;
  let picked = 0;
  /** The token whose key a person has picked; the strongest is shown until then, and for another query. */
  let wanted = { query: "", key: -1 };
  const query = () => `${scene.state.n} ${scene.state.index} ${scene.state.token}`;
  const one = pair(signal);
  const all = scores(signal, (key) => {
    wanted = { query: query(), key: scene.state.keys[key].index };
    if (key !== picked) compare(key);
  });
  const mix = mixing(signal);
  el.replaceChildren(one.node, all.node, mix.node);

  /** @param {number} key */
  const compare = (key) => {
    picked = key;
    all.mark(key);
    one.numbers(scene, key);
    one.strips(scene, key);
  };

  /** @param {import("../shared/live.js").Scene} next */
  return (next) => {
    scene = next;
    const { changed, width, state, arrays } = scene;
    el.classList.toggle("narrow", width < NARROW);
    if (changed.picture) {
      const kept = wanted.query === query() ? state.keys.findIndex((/** @type {any} */ key) => key.index === wanted.key) : -1;
      const weights = Array.from(arrays.weights.data);
      picked = kept >= 0 ? kept : weights.reduce((best, x, i) => (x > weights[best] ? i : best), 0);
      all.show(scene);
      mix.numbers(scene);
    }
    if (changed.picture || changed.theme || changed.width) {
      compare(picked);
      mix.strips(scene);
    }
  };
}

export default view(build, { name: "aa-dot-product" });
