/** The lines of Python that give the same number, to be copied. */

import { copies } from "../shared/clipboard.js";
import { h } from "../shared/dom.js";
import { python } from "./words.js";

/** @param {AbortSignal} signal */
export function pythonLines(signal) {
  const code = h("code", {});
  const button = h("button", { type: "button", class: "link" }, "Copy");
  const node = h("section", { class: "python-lines" }, h("h4", {}, "In Python, counted from 0", button), code);
  copies(button, () => code.textContent ?? "", node, signal);
  return {
    node,
    /** @param {string[]} lines @param {number} layer @param {number} head counted from 0 */
    show(lines, layer, head) {
      // A line that is too long breaks before the name of the metric.
      const last = (/** @type {string} */ line) => line.lastIndexOf(").") + 1 || line.length;
      code.replaceChildren(...lines.flatMap((line, k) => {
        const text = (k ? "\n" : "") + python(line, layer, head);
        return [text.slice(0, last(text)), h("wbr"), text.slice(last(text))];
      }));
    },
  };
}
