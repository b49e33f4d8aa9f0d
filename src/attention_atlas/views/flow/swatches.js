/** The heads of the layer as a row of switches in their colours: the legend of the overlaid flow, too. */

import { h } from "../shared/dom.js";
import { roving } from "../shared/reading.js";
import { colourOf, repeated } from "./lines.js";

/** @param {{toggled: (head: number) => void, signal: AbortSignal}} of */
export function swatches({ toggled, signal }) {
  const node = h("div", { class: "heads", role: "group", "aria-label": "Heads whose lines are shown" });
  /** @type {HTMLButtonElement[]} */
  let buttons = [];
  const stops = roving(node, () => buttons, signal);
  node.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const at = buttons.findIndex((button) => button === event.target);
    if (at >= 0) toggled(at);
  }, { signal });
  return {
    node,
    /** @param {{heads: number, on: Set<number>, current: number}} of `current` is the head chosen on the page */
    show({ heads, on, current }) {
      if (buttons.length !== heads) {
        buttons = Array.from({ length: heads }, (_, k) => h("button", { type: "button", class: repeated(k) ? "again" : "", "aria-label": `Lines of head ${k + 1}`, style: { "--own": `var(${colourOf(k)})` } }, String(k + 1)));
        node.replaceChildren(...buttons);
        stops(buttons[0]);
      }
      buttons.forEach((button, k) => {
        button.setAttribute("aria-pressed", String(on.has(k)));
        button.classList.toggle("current", k === current);
      });
    },
  };
}
