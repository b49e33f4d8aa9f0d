/** The attention of one layer, to be explored: map, flow, list and reading over the same weights. */

import { clamp, h, number } from "../shared/dom.js";
import { empty, follower, strongest } from "../shared/head.js";
import { live } from "../shared/live.js";
import { attentionFlow } from "../attention_flow/attention_flow.js";
import { attentionMap } from "../attention_map/attention_map.js";
import { attentionReach } from "../attention_reach/attention_reach.js";

const LISTED = { row: 22, fewest: 5, most: 12 };

/** @typedef {import("../shared/head.js").Head} Head */

/** @param {HTMLElement} el @param {AbortSignal} signal @param {string | undefined} url */
function build(el, signal, url) {
  el.classList.add("aa-attention-explorer");
  const reading = h("p", { class: "reading" });
  const places = Object.fromEntries(["reach", "map", "flow"].map((name) => [name, h("section", { class: `place-${name}` })]));
  places.reach.setAttribute("aria-label", "Where the focused token looks");
  places.map.setAttribute("aria-label", "Attention map");
  places.flow.setAttribute("aria-label", "Attention flow");
  el.append(reading, places.reach, places.map, places.flow);
  return {
    reading, places,
    map: attentionMap(places.map, { signal, url }),
    flow: attentionFlow(places.flow, { signal }),
    reach: attentionReach(places.reach),
  };
}

/** What the focused token looks at, as a sentence. @param {HTMLElement} line @param {Head} head */
function read(line, head) {
  const { focus, names, leftOut, missing } = head;
  const token = (/** @type {string} */ text, on = "") => h("span", { class: `tok${on}` }, text);
  /** @type {(Node | string)[]} */
  let sentence;
  if (!head.n) sentence = ["There is no word in this text: every token of it is left out."];
  else if (leftOut) sentence = [token(leftOut.text), " is left out. Choose a word above."];
  else if (focus < 0) sentence = ["Choose a word above to see what it looks at."];
  else if (empty(head, focus)) sentence = ["Here ", token(names[focus], " on"), ` gave all its attention to ${list(missing)}; for the words nothing is left.`];
  else {
    const [first, second, third] = strongest(head, focus).filter(([, weight], k) => k === 0 || weight >= 0.0005);
    const at = (/** @type {[number, number]} */ [column, weight]) => [token(names[column]), " ", h("span", { class: "num" }, number(weight))];
    sentence = ["Here ", token(names[focus], " on"), " looks most at ", ...at(first)];
    if (second) sentence.push(", then at ", ...at(second));
    if (third) sentence.push(" and ", ...at(third));
    sentence.push(".");
  }
  if (missing.length) sentence.push(" ", h("span", { class: "quiet" }, `${list(missing)} ${missing.length > 1 ? "are" : "is"} left out, and each row is scaled to sum to 1 again.`));
  line.replaceChildren(...sentence);
}

/** @param {string[]} items */
const list = (items) => items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} context */
  render({ model, el }) {
    /** @type {ReturnType<typeof build> | undefined} */
    let views;
    const follow = follower();
    return live(model, el, (scene) => {
      views ??= build(el, scene.signal, model.get("plotly_url") ?? undefined);
      const { reading, places, map, flow, reach } = views;
      const head = follow(scene);
      el.setAttribute("aria-busy", String(head.behind));
      read(reading, head);
      const room = map.draw({ head, theme: scene.theme, figure: scene.state.figure });
      flow.draw({ head, ...room });
      // As many bars as the map beside the list leaves room for; where the list stands alone, six.
      const beside = places.reach.getBoundingClientRect();
      const below = places.map.getBoundingClientRect();
      const sideBySide = below.left >= beside.right - 1;
      const free = below.bottom - beside.top - 72;
      reach.draw({ head, rows: sideBySide ? clamp(Math.floor(free / LISTED.row), LISTED.fewest, LISTED.most) : 6 });
    });
  },
};
