/** Copying to the clipboard, also where the page did not come over https. */

import { h } from "./dom.js";

const SAID_MS = 1500;

/**
 * A button that copies, and says that it did.
 * @param {HTMLElement} button @param {() => string} text
 * @param {HTMLElement} [inside] where a field may stand for a moment; a modal dialog lets nothing outside it be selected
 * @param {AbortSignal} [signal]
 */
export function copies(button, text, inside = button.ownerDocument.body, signal) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await copy(text(), inside);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, SAID_MS);
  }, { signal });
}

/** @param {string} text @param {HTMLElement} inside */
async function copy(text, inside) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = h("textarea", { value: text, readOnly: true, style: { position: "fixed", opacity: "0" } });
  inside.append(area);
  area.select();
  inside.ownerDocument.execCommand("copy");
  area.remove();
}
