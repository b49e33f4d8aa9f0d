/** Where the focused token looks: its row as bars, strongest first. */

import { h, number } from "../shared/dom.js";
import { empty, follower, strongest } from "../shared/head.js";
import { live } from "../shared/live.js";

/**
 * @param {HTMLElement} host
 */
export function attentionReach(host) {
  host.classList.add("aa-attention-reach");
  const title = h("h3");
  const list = h("ol");
  const rest = h("p", { class: "quiet" });
  host.append(title, list, rest);
  return {
    /** @param {{head: import("../shared/head.js").Head, rows?: number}} of `rows`: the most that are listed */
    draw({ head, rows = 7 }) {
      const { focus } = head;
      if (focus < 0 || empty(head, focus)) {
        title.textContent = "Where it looks";
        if (focus >= 0) title.replaceChildren("Where ", h("span", { class: "tok on" }, head.names[focus]), " looks");
        list.replaceChildren();
        rest.textContent = focus >= 0 ? "Nowhere: all its attention went to what is left out." : head.leftOut ? `${head.leftOut.text} is left out.` : "Choose a word above to list what it looks at.";
        return;
      }
      const order = strongest(head, focus);
      const shown = order.slice(0, rows);
      title.replaceChildren("Where ", h("span", { class: "tok on" }, head.names[focus]), " looks");
      list.replaceChildren(...shown.map(([column, weight]) => h("li", {},
        h("span", { class: "name", title: head.names[column] }, head.names[column]),
        h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "bar", style: { width: `${(100 * weight) / (order[0][1] || 1)}%` } })),
        h("span", { class: "num" }, number(weight)))));
      const left = order.slice(rows);
      const sum = left.reduce((total, [, weight]) => total + weight, 0);
      rest.textContent = left.length ? `${left.length} more, together ${number(sum)}` : "";
    },
  };
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
