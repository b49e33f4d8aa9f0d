/** The small choices inside sections, and the words masked in turn. */

import { lookOptions } from "../../views/shared/options.js";
import { happen, receive } from "./server.js";
import { on, setLook, store } from "./store.js";

/** @param {{progress: string, words?: number, done?: number}} message */
function inTurn({ progress, words = 0, done = 0 }) {
  const box = /** @type {HTMLElement} */ (document.querySelector("[data-in-turn]"));
  const button = /** @type {HTMLButtonElement} */ (box.querySelector('[data-event="mask_all"]'));
  const said = /** @type {HTMLElement} */ (box.querySelector("[data-mask-progress]"));
  button.hidden = progress !== "offer";
  said.textContent = progress === "offer" ? `${words} words, one pass each`
    : progress === "running" && done < words ? `${done} of ${words}` : "";
}

export function startOptions() {
  const show = lookOptions(document, { set: setLook });
  show(store.look);  // a browser fills in what was chosen before a reload
  on("look", () => show(store.look));
  for (const button of document.querySelectorAll("[data-event]")) {
    button.addEventListener("click", () => happen(/** @type {HTMLElement} */ (button).dataset.event ?? "", store.trace?.text ?? ""));
  }
  receive("aa-in-turn", inTurn);
  on("trace", () => {
    /** @type {HTMLElement} */ (document.querySelector("[data-in-turn]")).hidden = !store.trace?.predicts;
  });
}
