/** The arcs of one head over its sentence. */

import { h, s } from "../shared/dom.js";
import { live } from "../shared/live.js";

const WIDTH = 880;
const BASE = 220;
const MARGIN = 28;
const FAINTEST = { other: 0.05, picked: 0.03 };

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} scene */
function draw(el, { state, arrays }) {
  el.classList.add("aa-arcs");
  const { tokens, token, layer, head, model } = state;
  const n = tokens.length;
  const weights = arrays.attention.data;
  const x = (/** @type {number} */ i) => n > 1 ? MARGIN + (i * (WIDTH - 2 * MARGIN)) / (n - 1) : WIDTH / 2;
  const others = s("g");
  const picked = s("g", { class: "on" });
  for (let i = 0; i < n; i++) {
    const on = i === token;
    for (let j = 0; j < n; j++) {
      const w = weights[i * n + j];
      if (i === j || !(w >= (on ? FAINTEST.picked : FAINTEST.other))) continue; // what a token keeps to itself has no arc
      const r = Math.abs(x(i) - x(j)) / 2;
      (on ? picked : others).append(s("path", {
        d: `M${x(i)} ${BASE}A${r} ${r * 0.52} 0 0 ${i < j ? 1 : 0} ${x(j)} ${BASE}`,
        "stroke-width": (on ? 1 + 5 * w : 0.6 + 2.4 * w).toFixed(2),
        "stroke-opacity": (on ? 0.35 + 0.65 * Math.sqrt(w) : 0.1 + 0.3 * w).toFixed(2),
      }));
    }
  }
  const words = tokens.map((/** @type {any} */ t, /** @type {number} */ i) => s("text", { x: x(i), y: BASE + 22, class: `${t.special ? "special" : ""}${i === token ? " on" : ""}` }, t.text));
  const of = model === "embedded" ? "the embedded model" : model;
  el.replaceChildren(h("figure", {},
    s("svg", { viewBox: `0 0 ${WIDTH} 250`, "aria-hidden": "true" }, others, picked, ...words),
    h("figcaption", {}, "What ", h("span", { class: "tok on" }, tokens[token].text), ` looks at in layer ${layer + 1}, head ${head + 1} of ${of}`)));
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} context */
  render({ model, el }) {
    // The drawing follows theme and width by itself.
    return live(model, el, (scene) => { if (scene.changed.picture) draw(el, scene); });
  },
};
