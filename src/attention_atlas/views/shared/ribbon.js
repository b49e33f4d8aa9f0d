/** The ribbon of tokens: what is chosen in it is focused everywhere. */

import { clamp, h } from "./dom.js";

/** @typedef {{text: string, original: string, segment: number, special: boolean, unknown: boolean, id: number}} Token */

/**
 * @param {HTMLElement} node a radiogroup, empty
 * @param {{choose: (token: number) => void, signal?: AbortSignal}} of
 */
export function tokenRibbon(node, { choose, signal }) {
  /** @type {HTMLElement[]} */
  let chips = [];

  /** @param {Token} token @param {number} index */
  const chip = (token, index) => {
    const kind = [token.special && "special", token.unknown && "unknown", token.text.startsWith("##") && "goes-on"];
    const about = [`position ${index}`, `segment ${"AB"[token.segment] ?? token.segment}`, `id ${token.id}`];
    if (token.unknown) about.unshift(`not in the vocabulary: ${token.original}`);
    return h("button", {
      class: ["chip", ...kind].filter(Boolean).join(" "),
      type: "button",
      role: "radio",
      title: about.join(", "),
      onclick: () => choose(index),
    }, token.text);
  };

  node.addEventListener("keydown", (event) => {
    const at = chips.indexOf(/** @type {HTMLElement} */ (event.target));
    /** @type {Record<string, number>} */
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: chips.length - 1 };
    if (at < 0 || !(event.key in to)) return;
    event.preventDefault();
    const next = clamp(to[event.key], 0, chips.length - 1);
    choose(next);
    chips[next].focus({ preventScroll: true });
  }, { signal });

  return {
    /** @param {Token[]} tokens */
    show(tokens) {
      chips = tokens.map(chip);
      const segments = [];
      for (let i = 0; i < tokens.length; ) {
        const segment = tokens[i].segment;
        const row = h("div", { class: "chips" });
        for (; i < tokens.length && tokens[i].segment === segment; i++) row.append(chips[i]);
        segments.push(h("div", { class: "seg" }, row, h("div", { class: "seg-line" }, `Segment ${"AB"[segment] ?? segment}`)));
      }
      node.replaceChildren(...segments);
      node.scrollLeft = 0;
    },
    /** @param {number} focused −1 if none is */
    mark(focused) {
      chips.forEach((each, i) => {
        each.setAttribute("aria-checked", String(i === focused));
        each.tabIndex = i === Math.max(0, focused) ? 0 : -1;
      });
      const one = chips[focused];
      if (!one || node.scrollWidth <= node.clientWidth) return;
      const left = one.getBoundingClientRect().left - node.getBoundingClientRect().left + node.scrollLeft;
      node.scrollLeft = left - (node.clientWidth - one.offsetWidth) / 2;
    },
  };
}
