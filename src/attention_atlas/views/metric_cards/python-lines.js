/** The lines of Python that give the same number, to be copied. */

import { h } from "../shared/dom.js";
import { python } from "./words.js";

/** @param {AbortSignal} signal */
export function pythonLines(signal) {
  const code = h("code", {});
  const button = h("button", { type: "button", class: "link" }, "Copy");
  const node = h("section", { class: "python-lines" }, h("h4", {}, "In Python, counted from 0", button), code);
  button.addEventListener("click", async () => {
    await copy(node, code.textContent ?? "");
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }, { signal });
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

/** Also where the page did not come over https. @param {HTMLElement} inside @param {string} text */
async function copy(inside, text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = h("textarea", { value: text, readOnly: true, style: { position: "fixed", opacity: "0" } });
  inside.append(area);
  area.select();
  inside.ownerDocument.execCommand("copy");
  area.remove();
}
