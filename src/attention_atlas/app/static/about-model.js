/** What is this model? A dialog with a few plain sentences and the sizes. */

import { h } from "../../views/shared/dom.js";

/** @typedef {{paragraphs: string[], facts: [string, string][]}} About */

/** @param {string} title @param {About} about */
export function showAbout(title, { paragraphs, facts }) {
  const close = h("button", { type: "button", class: "close", "aria-label": "Close" }, "✕");
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "about-dialog", "aria-labelledby": "about-title" },
    h("h2", { id: "about-title" }, title), close,
    ...paragraphs.map((text) => h("p", {}, text)),
    h("dl", {}, ...facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: "num" }, value)))),
  ));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });  // beside it
  // Escape closes the dialog and nothing behind it: the page would let go of its focused token.
  dialog.addEventListener("keydown", (event) => { if (event.key === "Escape") event.stopPropagation(); });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
