/** What the Attention tab shows of a head: its controls follow the store, and the store them. */

import { receive } from "./server.js";
import { on, setShown, store } from "./store.js";

export function startShown() {
  const measure = /** @type {HTMLSelectElement} */ (document.querySelector("select[data-shown]"));
  const special = /** @type {HTMLInputElement} */ (document.querySelector('[data-switch="leave_out_special"]'));
  const units = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-units]")]);

  const follow = () => {
    measure.value = store.shown.measure;
    special.checked = !store.shown.special;
    for (const button of units) button.setAttribute("aria-pressed", String((button.dataset.units === "words") === store.shown.words));
  };
  measure.addEventListener("change", () => setShown({ measure: /** @type {import("./store.js").Measure} */ (measure.value) }));
  special.addEventListener("change", () => setShown({ special: !special.checked }));
  for (const button of units) button.addEventListener("click", () => setShown({ words: button.dataset.units === "words" }));
  on("shown", follow);

  const status = /** @type {HTMLElement} */ (document.querySelector("[data-summary]"));
  receive("aa-summary", ({ busy }) => {
    status.textContent = busy ? "Measuring all heads…" : "";
    document.body.toggleAttribute("data-measuring", busy);
  });
}
