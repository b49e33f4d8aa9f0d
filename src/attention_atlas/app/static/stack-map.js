/** The thin map beside the walk: where one is in the model; a click goes there. */

import { h, many } from "../../views/shared/dom.js";
import { roving } from "../../views/shared/reading.js";
import { choose, on, store } from "./store.js";

const INSIDE = "#s-layer";
/** Too many layers for a number each keep the first, the last, the chosen one and every few. */
const ROOM = 16;

/** @type {AbortController | undefined} */
let built;

/** @param {string} hash */
function go(hash) {
  const step = /** @type {HTMLElement | null} */ (document.querySelector(hash));
  if (!step) return;
  step.tabIndex = -1;
  step.scrollIntoView({ block: "start" });  // at once: what loads on a slow way there would move the goal
  step.focus({ preventScroll: true });
}

/** @param {number} index @param {number} layers @param {number} chosen */
const named = (index, layers, chosen) => layers <= ROOM || index === 0 || index === layers - 1 || index === chosen || (index + 1) % 4 === 0;

function build() {
  const place = /** @type {HTMLElement} */ (document.querySelector(".stack-map"));
  const layers = store.trace?.facts.layers ?? 0;
  built?.abort();
  built = new AbortController();
  const stop = (/** @type {string} */ hash, /** @type {string} */ text, kind = "") => h("button", { type: "button", class: `stop ${kind}`.trim(), "data-to": hash, onclick: () => go(hash) }, h("span", {}, text));
  const inside = [...document.querySelectorAll("[data-map-step]")].map((step) => stop(`#${step.id}`, /** @type {HTMLElement} */ (step).dataset.mapStep ?? "", "inner"));
  const floors = Array.from({ length: layers }, (_, i) => h("button", {
    type: "button", class: "floor", "data-layer": String(i), "aria-label": `Layer ${i + 1}`,
    onclick: () => { choose({ layer: i }); go(INSIDE); },
  }, h("span", { "aria-hidden": "true" }, String(i + 1))));
  place.replaceChildren(
    stop("#s-tokens", "Tokens"), stop("#s-embeddings", "Embeddings"),
    h("div", { class: "floors", role: "group", "aria-label": many(layers, "layer") }, ...floors),
    stop("#s-stack", "The stack"), stop("#s-predictions", "Predictions"));
  place.querySelector(".floors")?.append(h("div", { class: "inside" }, ...inside));
  roving(place, () => /** @type {HTMLElement[]} */ ([...place.querySelectorAll("button")]), built.signal)();
  mark();
}

function mark() {
  const place = /** @type {HTMLElement} */ (document.querySelector(".stack-map"));
  const floors = /** @type {HTMLElement[]} */ ([...place.querySelectorAll(".floor")]);
  const { layer } = store.selection;
  const inside = place.querySelector(".inside");
  floors.forEach((floor, i) => {
    floor.classList.toggle("chosen", i === layer);
    floor.classList.toggle("named", named(i, floors.length, layer));
    floor.setAttribute("aria-pressed", String(i === layer));
    if (i === layer && inside) floor.after(inside);
  });
}

/** Marks the step that is being read. @param {string} hash */
export function here(hash) {
  for (const stop of document.querySelectorAll(".stack-map .stop")) {
    if (/** @type {HTMLElement} */ (stop).dataset.to === hash) stop.setAttribute("aria-current", "step");
    else stop.removeAttribute("aria-current");
  }
}

export function startStackMap() {
  on("trace", build);
  on("selection", mark);
}
