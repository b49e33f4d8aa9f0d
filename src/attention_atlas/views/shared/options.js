/**
 * The small choices inside the steps (views/steps/step.py): two words of which one is chosen, a
 * switch, a number. Each is called as the look calls it, shows what the look has, and sets it.
 */

import { LOOK } from "./look.js";

/** @typedef {import("./look.js").Look} Look */

/**
 * @param {ParentNode} root
 * @param {{set: (change: Partial<Look>) => void, signal?: AbortSignal}} of
 * @returns {(look: Look) => void} shows what is chosen
 */
export function lookOptions(root, { set, signal }) {
  /** @template {HTMLElement} T @param {string} selector @param {(node: T) => string | undefined} name @returns {T[]} */
  const all = (selector, name) => /** @type {T[]} */ ([...root.querySelectorAll(selector)]).filter((node) => Object.hasOwn(LOOK, name(node) ?? ""));
  const buttons = all("[data-option]", (/** @type {HTMLButtonElement} */ node) => node.dataset.option);
  const switches = all("[data-switch]", (/** @type {HTMLInputElement} */ node) => node.dataset.switch);
  const selects = all("select[data-number]", (/** @type {HTMLSelectElement} */ node) => node.dataset.number);
  const said = all("[data-says]", (node) => node.dataset.says);
  for (const node of buttons) node.addEventListener("click", () => set({ [node.dataset.option ?? ""]: node.dataset.value }), { signal });
  for (const node of switches) node.addEventListener("change", () => set({ [node.dataset.switch ?? ""]: node.checked }), { signal });
  for (const node of selects) node.addEventListener("change", () => set({ [node.dataset.number ?? ""]: Number(node.value) }), { signal });
  return (look) => {
    const value = (/** @type {string | undefined} */ name) => look[/** @type {keyof Look} */ (name)];
    for (const node of buttons) node.setAttribute("aria-pressed", String(node.dataset.value === value(node.dataset.option)));
    for (const node of switches) node.checked = value(node.dataset.switch) === true;
    for (const node of selects) node.value = String(value(node.dataset.number));
    for (const node of said) node.textContent = String(value(node.dataset.says));
  };
}
