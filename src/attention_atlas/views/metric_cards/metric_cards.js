/** The six metrics of the chosen head, each among all heads; a card opens what it means. */

import { h, measured, s } from "../shared/dom.js";
import { view } from "../shared/live.js";
import { at } from "../shared/arrays.js";
import { popover } from "./popover.js";
import { higherThan, percent, rankOf } from "./words.js";

/**
 * One metric of the chosen head, as card and popover show it.
 * @typedef {{field: string, name: string, unit: string, formula: string, words: string[], level: string, range: string, how: string,
 *   compares: string, silent: string, python: string[]}} About
 * @typedef {{about: About, all: ArrayLike<number>, layers: number, heads: number, layer: number, head: number, n: number, one: string,
 *   value: number, place: import("./words.js").Place, word: string, share: number, low: number, high: number,
 *   layerMean: number, modelMean: number, note: string, tau: import("./threshold.js").Tau}} Metric
 *   `share` is of what uniform attention has, for entropy, and the value itself for the others
 */

/** @param {import("../shared/live.js").Scene} scene @returns {Metric[]} */
function metrics({ state, arrays, selection }) {
  const [, layers, heads] = arrays.values.shape;
  const { layer, head } = layerAndHead(selection, layers, heads);
  const chosen = layer * heads + head;
  const { n, note } = state;
  const offered = state.thresholds;
  const text = offered.find((/** @type {{tau: number}} */ { tau }) => tau === state.tau)?.text ?? String(state.tau);
  return state.metrics.map((/** @type {About} */ about, /** @type {number} */ k) => {
    const all = at(arrays.values, k).data;
    return {
      about, all, layers, heads, layer, head, n, note,
      one: state.words ? "word" : "token",
      value: all[chosen],
      place: { rank: at(arrays.ranks, k).data[chosen], below: at(arrays.below, k).data[chosen], of: all.length },
      word: about.words[at(arrays.words, k).data[chosen]],
      share: about.field === "entropy" ? arrays.entropy_share.data[chosen] : all[chosen],
      low: Math.min(...all), high: Math.max(...all),
      layerMean: at(arrays.layer_means, k).data[layer],
      modelMean: arrays.model_means.data[k],
      tau: { n, now: state.tau, default: state.default_tau, text, offered },
    };
  });
}

/** A head that this model does not have (another was chosen meanwhile) is the last it has.
 * @param {import("../shared/live.js").Selection} selection @param {number} layers @param {number} heads */
const layerAndHead = ({ layer, head }, layers, heads) => ({ layer: Math.min(layer, layers - 1), head: Math.min(head, heads - 1) });

/** All heads as ticks on the range, this one marked. @param {Metric} metric */
function ticks({ all, low, high, value }) {
  const x = (/** @type {number} */ v) => `${(1 + 98 * (high > low ? (v - low) / (high - low) : 0.5)).toFixed(2)}%`;
  const line = (/** @type {number} */ v, /** @type {Record<string, any>} */ more) => s("line", { x1: x(v), x2: x(v), ...more });
  return [
    s("line", { class: "base", x1: 0, x2: "100%", y1: 17.5, y2: 17.5 }),
    ...Array.from(all, (v) => line(v, { y1: 7, y2: 17 })),
    line(value, { class: "me", y1: 0, y2: 18 }),
  ];
}

/** @param {Metric} metric @returns {Node[]} */
function face(metric) {
  const { about, all, heads, layers, layer, layerMean, modelMean, place } = metric;
  const share = about.field === "entropy" && !Number.isNaN(metric.share) ? percent(metric.share) : "";
  const unit = [about.unit, share].filter(Boolean).join(" · ");
  const mean = (/** @type {string} */ of, /** @type {number} */ value) => h("span", { class: "mean" }, h("span", {}, of), " ", h("span", { class: "num" }, measured(value)));
  return [
    h("span", { class: "name" }, about.name),
    h("span", { class: "value", title: share ? `${share} of ln n, the entropy of uniform attention` : undefined },
      measured(metric.value), ...(unit ? [" ", h("small", {}, unit, ...(share ? [h("span", { class: "vh" }, " of uniform attention")] : []))] : [])),
    s("svg", { class: "ticks", "aria-hidden": "true" }, ...ticks(metric)),
    h("span", { class: "word" }, h("span", { class: "reading" }, metric.word), " ", h("span", { class: "rank" }, rankOf(place))),
    h("span", { class: "higher" }, higherThan(place) || "\u00a0"),
    ...(heads > 1 && layers > 1 ? [mean(`mean of layer ${layer + 1}`, layerMean)] : []),
    ...(all.length > 1 ? [mean(`mean of ${all.length} heads`, modelMean)] : []),
  ];
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first @param {import("../shared/live.js").Model} model */
function build(el, { signal }, model) {
  el.classList.add("aa-metric-cards");
  const cards = h("div", { class: "cards" });
  const caption = h("p", { class: "caption" });
  el.append(cards, caption);
  /** @type {HTMLButtonElement[]} */
  let buttons = [];
  /** @type {Metric[]} */
  let shown = [];
  /** @type {any} */
  let references = null;
  let open = -1;
  const pop = popover(el, {
    signal,
    formulas: model.get("formulas"),
    moved: (tau) => { model.set("tau", tau); model.save_changes(); },
    close: (back) => {
      const card = buttons[open];
      open = -1;
      update();
      if (back) card?.focus();
    },
    owns: (node) => buttons.some((button) => button.contains(node)),
  });

  const update = () => {
    shown.forEach((metric, k) => {
      buttons[k].setAttribute("aria-expanded", String(open === k));
      buttons[k].replaceChildren(...face(metric));
    });
    if (open >= 0) pop.show(shown[open], buttons[open], references);
    else pop.hide();
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    shown = metrics(scene);
    references = scene.state.references;
    caption.textContent = [scene.state.caption, scene.state.note].filter(Boolean).join(" ");
    if (buttons.length !== shown.length) {
      buttons = shown.map((_, k) => {
        const button = h("button", { type: "button", class: "card", "aria-haspopup": "dialog" });
        button.addEventListener("click", () => {
          const was = open;
          open = was === k ? -1 : k;
          update();
          if (open >= 0) pop.enter();
        }, { signal });
        return button;
      });
      cards.replaceChildren(...buttons);
    }
    update();
  };
}

export default view(build, { frames: 1 });
