/** Fills the places inside sentences: sizes, the focused token, the chosen layer and head. */

import { copies } from "./clipboard.js";
import { count, many } from "./dom.js";

/** @typedef {{facts: Record<string, number>, activation: string, tokens: {text: string}[]}} About a trace */

/** @param {ParentNode} root @param {string} selector @param {(node: HTMLElement) => string} text */
function fill(root, selector, text) {
  for (const node of root.querySelectorAll(selector)) {
    const next = text(/** @type {HTMLElement} */ (node));
    if (node.textContent !== next) node.textContent = next;
  }
}

/** What is known of the trace. @param {ParentNode} root @param {About} trace */
export function fillFacts(root, trace) {
  fill(root, "[data-fact]", ({ dataset: { fact = "", unit } }) => {
    const n = trace.facts[fact] ?? 0;
    return unit ? many(n, unit) : count(n);
  });
  fill(root, "[data-activation]", () => trace.activation);
}

/**
 * What is chosen.
 * @param {ParentNode} root @param {About} trace
 * @param {{layer: number, head: number}} selection @param {number} walked the token that the walk follows
 */
export function fillChosen(root, trace, selection, walked) {
  /** @type {Record<string, number>} */
  const zeroBased = { layer: selection.layer, head: selection.head, token: walked };
  fill(root, "[data-python]", ({ dataset: { python = "" } }) => python.replace(/\{(\w+)\}/g, (_, name) => String(zeroBased[name])));
  fill(root, "[data-focus]", () => trace.tokens[walked].text);
  fill(root, "[data-chosen]", (node) => String(selection[/** @type {"layer" | "head"} */ (node.dataset.chosen)] + 1));
  /** @type {Record<string, [number, number]>} */
  const passed = { before: [1, selection.layer], after: [selection.layer + 2, trace.facts.layers] };
  fill(root, "[data-passed]", (node) => {
    const [from, to] = passed[node.dataset.passed ?? ""];
    return from === to ? `Layer ${from}` : `Layers ${from} to ${to}`;
  });
  for (const step of root.querySelectorAll("[data-passed-step]")) {
    const [from, to] = passed[/** @type {HTMLElement} */ (step).dataset.passedStep ?? ""];
    step.classList.toggle("none", from > to);
  }
}

/** The buttons that copy a line of Python. @param {ParentNode} root @param {AbortSignal} [signal] */
export function copyPython(root, signal) {
  for (const button of root.querySelectorAll("[data-copy-python]")) {
    copies(/** @type {HTMLElement} */ (button), () => button.previousElementSibling?.textContent ?? "", undefined, signal);
  }
}
