/** Fills the places inside sentences: sizes, the focused token, the chosen layer and head. */

import { count, many } from "../../views/shared/dom.js";
import { copies } from "../../views/shared/clipboard.js";
import { on, store, walked } from "./store.js";

/** @param {string} selector @param {(node: HTMLElement) => string} text */
function fill(selector, text) {
  for (const node of document.querySelectorAll(selector)) {
    const next = text(/** @type {HTMLElement} */ (node));
    if (node.textContent !== next) node.textContent = next;
  }
}

function facts() {
  const { trace } = store;
  if (!trace) return;
  fill("[data-fact]", ({ dataset: { fact = "", unit } }) => {
    const n = trace.facts[fact] ?? 0;
    return unit ? many(n, unit) : count(n);
  });
  fill("[data-activation]", () => trace.activation);
}

function chosen() {
  const { trace, selection } = store;
  if (!trace) return;
  /** @type {Record<string, number>} */
  const zeroBased = { layer: selection.layer, head: selection.head, token: walked() };
  fill("[data-python]", ({ dataset: { python = "" } }) => python.replace(/\{(\w+)\}/g, (_, name) => String(zeroBased[name])));
  fill("[data-focus]", () => trace.tokens[walked()].text);
  fill("[data-chosen]", (node) => String(selection[/** @type {"layer" | "head"} */ (node.dataset.chosen)] + 1));
  const last = trace.facts.layers;
  /** @type {Record<string, [number, number]>} */
  const passed = { before: [1, selection.layer], after: [selection.layer + 2, last] };
  fill("[data-passed]", (node) => {
    const [from, to] = passed[node.dataset.passed ?? ""];
    return from === to ? `Layer ${from}` : `Layers ${from} to ${to}`;
  });
  for (const step of document.querySelectorAll("[data-passed-step]")) {
    const [from, to] = passed[/** @type {HTMLElement} */ (step).dataset.passedStep ?? ""];
    step.classList.toggle("none", from > to);
  }
}

export function startSlots() {
  on("trace", facts);
  on("selection", chosen);
  for (const button of document.querySelectorAll("[data-copy-python]")) {
    copies(/** @type {HTMLElement} */ (button), () => button.previousElementSibling?.textContent ?? "");
  }
}
