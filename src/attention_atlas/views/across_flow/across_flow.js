/** The last layer in three ways: a line for each token, with its rollout, flow and raw attention. */

import { behind } from "../across/across.js";
import { h, many, number } from "../shared/dom.js";
import { distinct } from "../shared/head.js";
import { view } from "../shared/live.js";

const NARROW = 560;

/** @param {ArrayLike<number>} values the largest of the finite ones */
const most = (values) => Array.from(values).filter(Number.isFinite).reduce((a, x) => Math.max(a, x), 0) || 1;

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal }) {
  const title = h("p", { class: "title" });
  const head = h("tr");
  const body = h("tbody");
  const frame = h("div", { class: "frame", role: "group" }, h("table", {}, h("thead", {}, head), body));
  const more = h("button", { type: "button", class: "link" });
  const note = h("p", { class: "note quiet" });
  el.replaceChildren(title, frame, more, note);
  let open = false;
  /** @type {import("../shared/live.js").Scene} */
  let now;
  more.addEventListener("click", () => { open = !open; fill(now); }, { signal });

  /** @param {import("../shared/live.js").Scene} scene */
  const fill = ({ state, arrays }) => {
    const [order, rollout, raw, flow] = ["order", "rollout", "raw", "flow"].map((name) => arrays[name].data);
    const names = distinct(state.units);
    const shares = most([most(rollout), most(raw)]);
    const cell = (/** @type {number} */ x, /** @type {number} */ end) => h("td", {}, h("span", { class: "in" },
      h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "bar", style: { width: `${Number.isFinite(x) ? (100 * x) / end : 0}%` } })),
      h("span", { class: "num" }, number(x))));
    const none = () => h("td", { class: "none" }, h("span", { class: "in" }, h("span"), h("span", { class: "num", title: "not computed" }, "–")));
    const shown = open ? order.length : Math.min(state.listed, order.length);
    title.replaceChildren(...(state.direction === "from" ? ["What ", h("b", {}, state.focused), " takes from each input token"] : ["What each token takes from ", h("b", {}, state.focused)]), `, after layer ${state.layer + 1}`);
    head.replaceChildren(...["token", "rollout", "maximum flow", `raw attention, layer ${state.layer + 1}`].map((text) => h("th", { scope: "col" }, text)));
    body.replaceChildren(...Array.from(order.subarray(0, shown), (unit, place) => h("tr", { class: unit === state.focus ? "on" : "" },
      h("th", { scope: "row", title: names[unit] }, names[unit]), cell(rollout[unit], shares),
      place < flow.length ? cell(flow[place], 1) : none(), cell(raw[unit], shares))));
    more.hidden = order.length <= state.listed;
    more.textContent = open ? `Show the ${state.listed} largest` : `Show all ${order.length}`;
    more.setAttribute("aria-expanded", String(open));
    // What scrolls can be reached by keyboard; what does not is no stop.
    if (frame.scrollHeight > frame.clientHeight) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { state, arrays, selection, changed, width } = scene;
    const there = state.focus !== null;
    const waits = behind(state, selection.token);
    now = scene;
    title.hidden = frame.hidden = note.hidden = !there;
    more.hidden ||= !there;
    el.classList.toggle("narrow", width < NARROW);
    el.classList.toggle("behind", waits);
    if (!there) return;
    if (changed.picture) {
      frame.setAttribute("aria-label", `Rollout, maximum flow and raw attention, ${state.direction} ${state.focused}`);
      fill(scene);
    }
    note.textContent = waits ? "Computing…" : said(state, arrays);
  };
}

/** @param {any} state @param {Record<string, import("../shared/arrays.js").NdArray>} arrays */
function said({ direction, bounded, layer }, { order, flow }) {
  const [all, found] = [order.data.length, flow.data.length];
  const each = "Ordered by rollout. Rollout and raw attention share one scale; flows are drawn from 0 to 1, and do not sum to 1, since each has all paths to itself.";
  if (!found) return `${each} In a text of ${many(all, "token")} a flow would take too long; rollout and raw attention work at any length, and a shorter text shows all three.`;
  const some = found < all ? ` Maximum flow takes long in a text of this length, so it was found for the ${many(found, "token")} with the largest rollout.` : "";
  if (!layer || !bounded) return each + some;
  const which = bounded === found ? (found === 1 ? "The flow is" : "All flows are") : `${bounded} of ${many(found, "flow")} ${bounded === 1 ? "is" : "are"}`;
  const ends = direction === "from" ? "1, or all that the first layer takes from that input token" : "1, or all that the first layer takes from this token";
  return `${each}${some} ${which} as large as the ends allow: ${ends}, whichever is less. There the layers between hold nothing back, and the number tells of the first layer alone.`;
}

export default view(build, { name: "aa-across-flow", frames: 1 });
