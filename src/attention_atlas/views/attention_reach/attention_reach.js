/** Where the focused token looks: its row as bars, strongest first. */

import { clamp, h, number } from "../shared/dom.js";
import { empty, follower, strongest } from "../shared/head.js";
import { live } from "../shared/live.js";
import { signed, told } from "../shared/measure.js";

/** @typedef {import("../shared/head.js").Head} Head */

/** What stands after the token in the title. */
const TITLES = { weights: "looks", scores: "looks, before the softmax", norms: "looks, norm-weighted", difference: "differs from the mean" };

/** @param {HTMLElement} host */
export function attentionReach(host) {
  host.classList.add("aa-attention-reach");
  const title = h("h3");
  const list = h("ol");
  const rest = h("p", { class: "quiet" });
  host.append(title, list, rest);
  /** @type {ReturnType<typeof item>[]} those that stand: a bar grows instead of jumping */
  const items = [];

  return {
    /** @param {{head: Head, rows?: number}} of `rows`: the most that are listed */
    draw({ head, rows = 7 }) {
      const { focus, measure } = head;
      if (focus >= 0) title.replaceChildren("Where ", h("span", { class: "tok on" }, head.names[focus]), ` ${TITLES[measure]}`);
      else title.textContent = `Where it ${TITLES[measure]}`;
      if (focus < 0 || empty(head, focus)) {
        list.replaceChildren();
        rest.textContent = focus >= 0 ? "Nowhere: all its attention went to what is left out." : head.leftOut ? "The token chosen above is left out." : "Choose a word above to list what it looks at.";
        return;
      }
      const order = strongest(head, focus);
      const shown = order.slice(0, rows);
      const values = shown.map(([, value]) => value).filter(Number.isFinite);
      const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
      const place = (/** @type {number} */ x) => (100 * (clamp(Number.isFinite(x) ? x : 0, low, high) - low)) / (high - low || 1);
      list.classList.toggle("signed", signed(measure));
      while (items.length < shown.length) items.push(item());
      shown.forEach(([column, value], k) => {
        const { name, bar, told: text } = items[k];
        name.textContent = name.title = head.names[column];
        text.textContent = told(measure, value);
        bar.className = `bar${signed(measure) ? (value < 0 ? " neg" : " pos") : ""}`;
        bar.style.left = `${Math.min(place(0), place(value))}%`;
        bar.style.width = `${Math.abs(place(value) - place(0))}%`;
        bar.style.display = Number.isFinite(value) ? "" : "none";
      });
      const nodes = shown.map((_, k) => items[k].node);
      if (list.childElementCount !== nodes.length) list.replaceChildren(...nodes);
      list.style.setProperty("--zero", `${place(0)}%`);
      rest.textContent = remainder(head, order.slice(rows));
    },
  };
}

function item() {
  const name = h("span", { class: "name" });
  const bar = h("span", { class: "bar" });
  const told = h("span", { class: "num" });
  return { name, bar, told, node: h("li", {}, name, h("span", { class: "track", "aria-hidden": "true" }, bar), told) };
}

/** What is said of those that are not listed. @param {Head} head @param {[number, number][]} left strongest first */
function remainder({ measure }, left) {
  if (!left.length) return "";
  if (measure === "weights") return `${left.length} more, together ${number(left.reduce((total, [, weight]) => total + weight, 0))}`;
  const next = left[0][1];
  if (measure === "difference") return `${left.length} more, none further from 0 than ${told(measure, next)}`;
  return `${left.length} more, none above ${told(measure, next)}`;
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} context */
  render({ model, el }) {
    /** @type {ReturnType<typeof attentionReach> | undefined} */
    let view;
    const head = follower();
    return live(model, el, (scene) => {
      view ??= attentionReach(el);
      view.draw({ head: head(scene), rows: 12 });
    });
  },
};
