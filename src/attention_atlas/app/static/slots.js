/** The places inside the page's sentences follow what was generated and chosen. */

import { copyPython, fillChosen, fillFacts } from "../../views/shared/slots.js";
import { on, store, walked } from "./store.js";

export function startSlots() {
  on("trace", () => { if (store.trace) fillFacts(document, store.trace); });
  on("selection", () => { if (store.trace) fillChosen(document, store.trace, store.selection, walked()); });
  copyPython(document);
}
