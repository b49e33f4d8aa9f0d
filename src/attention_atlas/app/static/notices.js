/** Notices: what the person should know and may act on. At the foot of the page, so nothing jumps. */

import { h, s } from "../../views/shared/dom.js";

/**
 * @typedef {{tone?: "alert", strong?: string, text?: string, quiet?: string, share?: number | null,
 *   actions?: {text: string, act: () => void}[]}} Notice
 */

/** @type {Map<string, HTMLElement>} */
const shown = new Map();

function icon() {
  return s("svg", { viewBox: "0 0 16 16", fill: "none", stroke: "currentColor", "stroke-width": 1.4, "aria-hidden": "true" },
    s("path", { d: "M8 2 14.5 13.5H1.5Z", "stroke-linejoin": "round" }), s("path", { d: "M8 6.4v3.4M8 11v1" }));
}

/**
 * Shows, changes or takes away the notice of this key.
 * @param {string} key @param {Notice | null} what
 */
export function notice(key, what) {
  const before = shown.get(key);
  if (!what) {
    before?.remove();
    shown.delete(key);
    return;
  }
  if (before?.dataset.kind === kind(what)) {
    /** @type {HTMLElement} */ (before.querySelector("p")).replaceChildren(...words(what));
    before.style.setProperty("--share", `${Math.round(100 * (what.share ?? 0))}%`);
    return;
  }
  const node = h("div", { class: what.tone ? `notice ${what.tone}` : "notice", "data-kind": kind(what), style: { "--share": `${Math.round(100 * (what.share ?? 0))}%` } },
    ...(what.tone === "alert" ? [icon()] : []),
    h("p", {}, ...words(what)),
    ...(what.actions ?? []).map(({ text, act }) => h("button", { type: "button", class: "link", onclick: act }, text)),
    h("button", { type: "button", class: "close", "aria-label": "Dismiss this notice", onclick: () => notice(key, null) }, "✕"));
  node.classList.toggle("moves", what.share !== undefined);
  if (before) before.replaceWith(node);
  else document.querySelector(".notices")?.append(node);
  shown.set(key, node);
}

/** Changes what of a notice is for the eye alone: it is not read aloud, so it may change every second. @param {string} key @param {string} text */
export function quietly(key, text) {
  const place = shown.get(key)?.querySelector("[data-quiet]");
  if (place) place.textContent = text;
}

/** @param {Notice} what */
const kind = (what) => JSON.stringify([what.tone, what.actions?.map(({ text }) => text), what.share !== undefined]);

/** @param {Notice} what */
const words = ({ strong, text, quiet }) => [
  ...(strong ? [h("strong", {}, strong), " "] : []), text ?? "",
  ...(quiet === undefined ? [] : [" ", h("span", { class: "quiet", style: { "font-variant-numeric": "tabular-nums" }, "aria-hidden": "true", "data-quiet": "" }, quiet)]),
];
