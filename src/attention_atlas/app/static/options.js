/** The small choices inside sections, told to the server, and the words masked in turn. */

import { happen, receive, report } from "./server.js";
import { on, store } from "./store.js";

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
  for (const button of document.querySelectorAll("[data-option]")) {
    button.addEventListener("click", () => {
      const { option = "", value } = /** @type {HTMLElement} */ (button).dataset;
      for (const other of document.querySelectorAll(`[data-option="${option}"]`)) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      report(option, value);
    });
  }
  for (const select of /** @type {NodeListOf<HTMLSelectElement>} */ (document.querySelectorAll("select[data-number]"))) {
    select.addEventListener("change", () => {
      const { number = "" } = select.dataset;
      report(number, Number(select.value));
      for (const said of document.querySelectorAll(`[data-says="${number}"]`)) said.textContent = select.value;
    });
  }
  const head = /** @type {HTMLInputElement} */ (document.querySelector('[data-switch="use_head"]'));
  head.addEventListener("change", () => report("use_head", head.checked));
  for (const button of document.querySelectorAll("[data-event]")) {
    button.addEventListener("click", () => happen(/** @type {HTMLElement} */ (button).dataset.event ?? "", store.trace?.text ?? ""));
  }
  receive("aa-in-turn", inTurn);
  on("trace", () => {
    /** @type {HTMLElement} */ (document.querySelector("[data-in-turn]")).hidden = !store.trace?.predicts;
  });
}
