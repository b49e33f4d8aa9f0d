/** The token ribbon, always in sight. */

import { tokenRibbon } from "../../views/shared/ribbon.js";
import { choose, on, store } from "./store.js";

export function startRibbon() {
  const ribbon = tokenRibbon(/** @type {HTMLElement} */ (document.querySelector(".ribbon")), { choose: (token) => choose({ token }) });
  on("trace", () => ribbon.show(store.trace?.tokens ?? []));
  on("selection", () => ribbon.mark(store.selection.token));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (document.querySelector('[role="dialog"]:not([hidden])')) return;
    choose({ token: -1 });
  });
}
