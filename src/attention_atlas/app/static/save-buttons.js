/** “Save” beside each view that can be taken away, and at the foot of the sidebar for the one in sight. */

import { h } from "../../views/shared/dom.js";
import { openSaving, titleOf } from "./saving.js";
import { on, store } from "./store.js";

/** @typedef {HTMLElement} Place where a figure's view stands, or the line with its title */

/** @param {ParentNode} inside @returns {Place[]} */
const places = (inside) => [.../** @type {NodeListOf<HTMLElement>} */ (inside.querySelectorAll("[data-figure]"))];

/** @param {Place} place */
function button({ dataset: { figure = "" } }) {
  const node = h("button", { type: "button", class: "save", "aria-label": `Save ${titleOf(figure)}`, "aria-haspopup": "dialog" }, "Save");
  node.addEventListener("click", () => openSaving(figure, node));
  return node;
}

/** Beside the title that a place holds. @param {Place} place */
function besideTitle(place) {
  const title = place.querySelector("h3");
  if (title && !title.nextElementSibling?.matches(".save")) title.after(button(place));
}

/**
 * Puts “Save” beside the titles that a view brings along; one that has no room yet brings them later.
 * @param {HTMLElement} el of a view that has been mounted
 */
export function offerSave(el) {
  if (el.firstElementChild) { places(el).forEach(besideTitle); return; }
  const drawn = new MutationObserver(() => { drawn.disconnect(); places(el).forEach(besideTitle); });
  drawn.observe(el, { childList: true });
}

/** The figure whose view is nearest to where one reads, a little above the middle of the window. */
function inSight() {
  const reading = window.innerHeight * 0.38;
  const away = (/** @type {Place} */ place) => {
    const { top, bottom } = place.getBoundingClientRect();
    return Math.max(top - reading, reading - bottom, 0);
  };
  const here = places(document).filter((place) => place.offsetParent !== null);
  return here.sort((a, b) => away(a) - away(b))[0]?.dataset.figure ?? "tokens";
}

export function startSaveButtons() {
  for (const place of places(document)) {
    if (place.matches(".aa-view")) place.after(button(place));
    else besideTitle(place);
  }
  const foot = /** @type {HTMLElement} */ (document.getElementById("open-saving"));
  foot.addEventListener("click", () => openSaving(inSight(), foot));
  on("trace", () => { foot.hidden = !store.trace; });
}
