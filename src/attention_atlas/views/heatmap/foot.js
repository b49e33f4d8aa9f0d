/** Below the map: the legend of its colours, how far it is zoomed, and which scale the colours follow. */

import { h } from "../shared/dom.js";
import { drawLegend } from "./scale.js";
import { ends } from "./window.js";

/** @typedef {import("./scale.js").Kind} Kind */

/** @type {[Kind, string, string, string][]} name, text, accessible name, what it is good for */
const KINDS = [
  ["linear", "linear", "linear", "equal steps of colour for equal steps of the number"],
  ["root", "√", "square root", "lifts small numbers"],
  ["log", "log", "logarithmic", "tells apart numbers that are very small"],
];

/**
 * @param {{scaled: (kind: Kind) => void, zoomed: (factor: number) => void, signal: AbortSignal}} of
 *   `zoomed` gets what the window's side is multiplied with
 */
export function mapFoot({ scaled, zoomed, signal }) {
  const legend = h("div", { class: "legend", "aria-hidden": "true" });
  const closer = h("button", { type: "button", "aria-label": "Zoom in" }, "+");
  const wider = h("button", { type: "button", "aria-label": "Zoom out" }, "−");
  const where = h("span", { class: "num" });
  const zoom = h("span", { class: "zoom", role: "group", "aria-label": "Zoom" }, where, wider, closer);
  const kinds = KINDS.map(([kind, text, name, title]) => ({ kind, button: h("button", { type: "button", "aria-label": name, title }, text) }));
  const node = h("div", { class: "foot" }, legend, zoom, h("span", { class: "toggle", role: "group", "aria-label": "Colour scale" }, ...kinds.map(({ button }) => button)));
  for (const { kind, button } of kinds) button.addEventListener("click", () => scaled(kind), { signal });
  closer.addEventListener("click", () => zoomed(0.5), { signal });
  wider.addEventListener("click", () => zoomed(2), { signal });
  let drawn = "";
  return {
    node,
    /** @param {{scale: import("./scale.js").Scale, kind: Kind, view: import("./window.js").Window, n: number, zooms: boolean, under: boolean}} of `under`: whether it fits below the cells alone */
    show({ scale, kind, view, n, zooms, under }) {
      for (const one of kinds) one.button.setAttribute("aria-pressed", String(one.kind === kind));
      const key = JSON.stringify([scale.marks, scale.shown, scale.stops[0], scale.stops[scale.stops.length - 1]]);
      if (key !== drawn) drawLegend(legend, scale);
      drawn = key;
      const { closest, widest } = ends(view, n);
      zoom.hidden = !zooms;
      node.classList.toggle("wide", zooms || !under);
      closer.disabled = closest;
      wider.disabled = widest;
      where.textContent = widest ? `all ${n}` : `${view.size} of ${n}`;
    },
  };
}
