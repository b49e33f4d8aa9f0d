/** Choosing layer and head. */

import { copies } from "../../views/shared/clipboard.js";
import { h } from "../../views/shared/dom.js";
import { SHOWN, choose, on, store } from "./store.js";

const KEYS = /** @type {const} */ (["layer", "head"]);

/** @param {"layer" | "head"} key */
const howMany = (key) => store.trace?.facts[`${key}s`] ?? 0;

/** @param {"layer" | "head"} key @returns {HTMLElement} */
const place = (key) => /** @type {HTMLElement} */ (document.querySelector(`[data-picker="${key}"]`));

/** What the button says that opens the controls on a phone. @param {string} [text] instead of what is chosen */
export function nameSheet(text) {
  const { layer, head } = store.selection;
  const chosen = store.trace ? `Sentence · L${layer + 1} H${head + 1}` : "Sentence";
  /** @type {HTMLElement} */ (document.querySelector("[data-sheet-text]")).textContent = text || chosen;
}

function build() {
  for (const key of KEYS) {
    const n = howMany(key);
    const box = place(key);
    if (box.children.length === n) continue;
    const name = key === "layer" ? "Layer" : "Head";
    box.style.setProperty("--columns", String(n <= 12 ? n : Math.ceil(n / Math.ceil(n / 12))));
    box.replaceChildren(...Array.from({ length: n }, (_, i) => h("label", {},
      h("input", { type: "radio", name: key, value: String(i), "aria-label": `${name} ${i + 1}`, autocomplete: "off", onchange: () => choose({ [key]: i }) }),
      String(i + 1))));
  }
}

function mark() {
  for (const key of KEYS) {
    const input = place(key).querySelectorAll("input")[store.selection[key]];
    if (input) input.checked = true;
  }
  for (const button of document.querySelectorAll("[data-step]")) {
    const [key, step] = (/** @type {HTMLElement} */ (button).dataset.step ?? "").split(" ");
    const next = store.selection[/** @type {"layer" | "head"} */ (key)] + Number(step);
    /** @type {HTMLButtonElement} */ (button).disabled = next < 0 || next >= howMany(/** @type {"layer" | "head"} */ (key));
  }
  nameSheet();
}

/** The line of Python that gives the numbers on screen. */
function pythonLine() {
  const { layer, head } = store.selection;
  const { measure, words, special } = store.tab === "attention" ? store.shown : SHOWN;
  const whole = !words && special;
  const place = /** @type {HTMLElement} */ (document.getElementById("python"));
  if (whole && measure === "weights") place.textContent = `trace.layers[${layer}].attention[${head}]`;
  else if (whole && measure === "scores") place.textContent = `trace.layers[${layer}].scores[${head}]`;
  else {
    const of = [`"${measure}"`, ...(special ? [] : ["keep_special=False"]), ...(words ? ["words=True"] : [])];
    place.textContent = `from attention_atlas.views.weights import Shown, numbers\nnumbers(trace, ${layer}, [${head}], Shown(${of.join(", ")}))[0]`;
  }
}

export function startPickers() {
  on("trace", build);
  on("selection", mark);
  for (const change of /** @type {const} */ (["selection", "shown", "tab"])) on(change, pythonLine);
  copies(/** @type {HTMLElement} */ (document.getElementById("copy-python")), () => document.getElementById("python")?.textContent ?? "");
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      const [key, step] = (/** @type {HTMLElement} */ (button).dataset.step ?? "").split(" ");
      choose({ [key]: store.selection[/** @type {"layer" | "head"} */ (key)] + Number(step) });
    });
  }
}
