/** The six metrics of the chosen head, each among all heads; a card opens what it means. */

import { h, measured, s } from "../shared/dom.js";
import { ordinal } from "../shared/head.js";
import { live } from "../shared/live.js";
import { at } from "../shared/arrays.js";
import { popover } from "./popover.js";

/**
 * One metric of the chosen head, as card and popover show it.
 * @typedef {{field: string, name: string, unit: string, formula: string, words: string[], level: string, range: string, how: string}} About
 * @typedef {{about: About, all: ArrayLike<number>, layers: number, heads: number, layer: number, head: number, chosen: number,
 *   value: number, rank: number, word: string, share: string, low: number, high: number, behind: boolean}} Metric
 */

/** @param {import("../shared/live.js").Scene} scene @returns {Metric[]} */
function metrics({ state, arrays, selection }) {
  const [, layers, heads] = arrays.values.shape;
  const { layer, head } = layerAndHead(selection, layers, heads);
  const chosen = layer * heads + head;
  return state.metrics.map((/** @type {About} */ about, /** @type {number} */ k) => {
    const all = at(arrays.values, k).data;
    const share = about.field === "entropy" ? arrays.entropy_share.data[chosen] : NaN;
    return {
      about, all, layers, heads, layer, head, chosen,
      value: all[chosen],
      rank: at(arrays.ranks, k).data[chosen],
      word: about.words[at(arrays.words, k).data[chosen]],
      share: Number.isNaN(share) ? "" : `${Math.round(100 * share)}\u202f%`,
      low: Math.min(...all), high: Math.max(...all),
      behind: layer !== state.layer || head !== state.head,
    };
  });
}

/** A head that this model does not have (another was chosen meanwhile) is the last it has.
 * @param {import("../shared/live.js").Selection} selection @param {number} layers @param {number} heads */
const layerAndHead = ({ layer, head }, layers, heads) => ({ layer: Math.min(layer, layers - 1), head: Math.min(head, heads - 1) });

/** @param {Metric} metric */
const standing = ({ rank, all }) => (all.length > 1 ? `${ordinal(rank)} of ${all.length}` : "the only head");

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

/** @param {HTMLElement} el @param {AbortSignal} signal @param {any} formulas */
function build(el, signal, formulas) {
  el.classList.add("aa-metric-cards");
  const cards = h("div", { class: "cards" });
  el.append(cards);
  /** @type {HTMLButtonElement[]} */
  let buttons = [];
  /** @type {Metric[]} */
  let shown = [];
  let open = -1;
  const pop = popover(el, {
    signal, formulas,
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
      const { about } = metric;
      const button = buttons[k];
      button.setAttribute("aria-expanded", String(open === k));
      const unit = [about.unit, metric.share].filter(Boolean).join(" · ");
      button.replaceChildren(
        h("span", { class: "name" }, about.name),
        h("span", { class: "value", title: metric.share ? `${metric.share} of ln n, the entropy of uniform attention` : undefined },
          measured(metric.value), ...(unit ? [" ", h("small", {}, unit, ...(metric.share ? [h("span", { class: "vh" }, " of uniform attention")] : []))] : [])),
        s("svg", { class: "ticks", "aria-hidden": "true" }, ...ticks(metric)),
        h("span", { class: "word" }, h("span", { class: "reading" }, metric.word), h("span", { class: "rank" }, standing(metric))),
      );
    });
    if (open >= 0) pop.show(shown[open], buttons[open], reference);
    else pop.hide();
  };
  /** @type {any} */
  let reference = null;

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    shown = metrics(scene);
    reference = scene.state.reference;
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

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} context */
  render({ model, el }) {
    /** @type {ReturnType<typeof build> | undefined} */
    let draw;
    return live(model, el, (scene) => {
      draw ??= build(el, scene.signal, model.get("formulas"));
      draw(scene);
    });
  },
};
