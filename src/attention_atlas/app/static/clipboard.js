/** Copying to the clipboard, also where the page did not come over https. */

import { h } from "../../views/shared/dom.js";

/** @param {string} text */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = h("textarea", { value: text, readOnly: true, style: { position: "fixed", opacity: "0" } });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** @param {string} id @param {() => string} text */
export const copyable = (id, text) => copies(/** @type {HTMLElement} */ (document.getElementById(id)), text);

/**
 * A button that copies and says that it did.
 * @param {HTMLElement} button @param {() => string} text
 */
export function copies(button, text) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await copy(text());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}
