/** The token ribbon: always in sight, and what is chosen in it is focused everywhere. */

import { clamp, h } from "../../views/shared/dom.js";
import { choose, on, store } from "./store.js";

/** @type {HTMLElement[]} */
let chips = [];

/** @param {import("./store.js").Token} token @param {number} index */
function chip(token, index) {
  const kind = [token.special && "special", token.unknown && "unknown", token.text.startsWith("##") && "goes-on"];
  const about = [`position ${index}`, `segment ${"AB"[token.segment] ?? token.segment}`, `id ${token.id}`];
  if (token.unknown) about.unshift(`not in the vocabulary: ${token.original}`);
  return h("button", {
    class: ["chip", ...kind].filter(Boolean).join(" "),
    type: "button",
    role: "radio",
    title: about.join(", "),
    onclick: () => choose({ token: index }),
  }, token.text);
}

/** @param {HTMLElement} ribbon */
function build(ribbon) {
  const tokens = store.trace?.tokens ?? [];
  chips = tokens.map(chip);
  const segments = [];
  for (let i = 0; i < tokens.length; ) {
    const segment = tokens[i].segment;
    const row = h("div", { class: "chips" });
    for (; i < tokens.length && tokens[i].segment === segment; i++) row.append(chips[i]);
    segments.push(h("div", { class: "seg" }, row, h("div", { class: "seg-line" }, `Segment ${"AB"[segment] ?? segment}`)));
  }
  ribbon.replaceChildren(...segments);
  ribbon.scrollLeft = 0;
}

/** @param {HTMLElement} ribbon */
function mark(ribbon) {
  const focused = store.selection.token;
  chips.forEach((node, i) => {
    node.setAttribute("aria-checked", String(i === focused));
    node.tabIndex = i === Math.max(0, focused) ? 0 : -1;
  });
  const node = chips[focused];
  if (!node || ribbon.scrollWidth <= ribbon.clientWidth) return;
  const left = node.getBoundingClientRect().left - ribbon.getBoundingClientRect().left + ribbon.scrollLeft;
  ribbon.scrollLeft = left - (ribbon.clientWidth - node.offsetWidth) / 2;
}

export function startRibbon() {
  const ribbon = /** @type {HTMLElement} */ (document.querySelector(".ribbon"));
  on("trace", () => build(ribbon));
  on("selection", () => mark(ribbon));
  ribbon.addEventListener("keydown", (event) => {
    const at = chips.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    /** @type {Record<string, number>} */
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: chips.length - 1 };
    if (at < 0 || !(event.key in to)) return;
    event.preventDefault();
    const next = clamp(to[event.key], 0, chips.length - 1);
    choose({ token: next });
    chips[next].focus({ preventScroll: true });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (document.querySelector('[role="dialog"]:not([hidden])')) return;
    choose({ token: -1 });
  });
}
