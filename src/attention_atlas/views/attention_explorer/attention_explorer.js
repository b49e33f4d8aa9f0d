/** The attention of one layer, to be explored: map, flow, list and reading over the same numbers. */

import { clamp, h } from "../shared/dom.js";
import { follower } from "../shared/head.js";
import { live } from "../shared/live.js";
import { FLOW_LOOK } from "../flow/controls.js";
import { attentionFlow } from "../flow/flow.js";
import { MAP_LOOK, attentionMap, unitsBehind } from "../heatmap/heatmap.js";
import { attentionReach } from "../attention_reach/attention_reach.js";
import { define, read } from "./reading.js";

/** What each part is called among the figures: a host may offer to save it. @type {Record<string, string>} */
const FIGURES = { reach: "attention-row", map: "attention-map", flow: "attention-flow" };
const LISTED = { row: 22, fewest: 5, most: 12 };

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first @param {import("../shared/live.js").Model} model */
function build(el, { signal, setLook }, model) {
  el.classList.add("aa-attention-explorer");
  const reading = h("p", { class: "reading" });
  const measure = h("p", { class: "measure" });
  const places = Object.fromEntries(["reach", "map", "flow"].map((name) => [name, h("section", { class: `place-${name}` })]));
  places.reach.setAttribute("aria-label", "Where the focused token looks");
  places.map.setAttribute("aria-label", "Attention map");
  places.flow.setAttribute("aria-label", "Attention flow");
  for (const name of Object.keys(FIGURES)) places[name].dataset.figure = FIGURES[name];
  el.append(h("div", { class: "lead" }, reading, measure), places.reach, places.map, places.flow);
  return {
    reading, measure, places,
    map: attentionMap(places.map, { signal, url: model.get("plotly_url") }),
    flow: attentionFlow(places.flow, { signal, setLook }),
    reach: attentionReach(places.reach),
  };
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} context */
  render({ model, el }) {
    /** @type {ReturnType<typeof build> | undefined} */
    let views;
    const follow = follower();
    let rows = 6;
    let due = 0;
    /** In the next frame, when the page is laid out anyway. @param {() => void} work */
    const later = (work) => {
      cancelAnimationFrame(due);
      due = requestAnimationFrame(work);
    };
    return live(model, el, (scene) => {
      views ??= build(el, scene, model);
      const { reading, measure, places, map, flow, reach } = views;
      const head = follow(scene);
      // Another head has the room that the last one had: to measure it would lay the page out in between.
      const sized = scene.changed.picture || scene.changed.width;
      const { look, setLook, theme, state } = scene;
      const room = map.draw({ head, theme, figure: state.figure, look, setLook, behind: unitsBehind(scene, model), sized });
      flow.draw({ head, look, theme, ...room, sized });
      const { changed } = scene;
      if (changed.look && !(changed.picture || changed.selection || changed.theme || changed.width)) return;
      el.setAttribute("aria-busy", String(head.behind));
      read(reading, head);
      define(measure, head, model.get("formulas"));
      reach.draw({ head, rows });
      // As many bars as the map beside the list leaves room for; where the list stands alone, six.
      later(() => {
        const beside = places.reach.getBoundingClientRect();
        const below = places.map.getBoundingClientRect();
        const sideBySide = below.left >= beside.right - 1;
        const free = below.bottom - beside.top - 72;
        const before = rows;
        rows = sideBySide ? clamp(Math.floor(free / LISTED.row), LISTED.fewest, LISTED.most) : 6;
        if (rows !== before) reach.draw({ head, rows });
      });
    }, { look: [...MAP_LOOK, ...FLOW_LOOK] });
  },
};
