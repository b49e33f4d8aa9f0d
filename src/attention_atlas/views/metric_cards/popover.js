/** What a metric means: its formula, how to read it, what it does not say, and where this head stands. */

import { clamp, h, measured, s } from "../shared/dom.js";
import { drawDots } from "./dots.js";
import { symbols, written } from "./formula.js";
import { pythonLines } from "./python-lines.js";
import { threshold } from "./threshold.js";
import { fill, standing } from "./words.js";

const WIDTH = 760;

/** @typedef {import("./metric_cards.js").Metric} Metric */
/** @typedef {{authors: string, title: string, links: {text: string, url: string}[]}} Reference */

/**
 * @param {HTMLElement} el
 * @param {object} of
 * @param {AbortSignal} of.signal
 * @param {any} of.formulas name -> an element or template that holds the formula; or null
 * @param {(tau: number) => void} of.moved τ of sparsity was moved
 * @param {(back: boolean) => void} of.close `back`: whether the focus goes back to the card
 * @param {(node: Node) => boolean} of.owns whether a node belongs to a card, which opens and closes by itself
 */
export function popover(el, { signal, formulas, moved, close, owns }) {
  const title = h("h3", {});
  const value = h("span", { class: "num" });
  const formula = h("div", { class: "eq", role: "group", tabIndex: 0, "aria-label": "The formula, and below it with the numbers of this head" });
  const key = h("p", { class: "caption" });
  const how = h("p", { class: "how" });
  const compares = h("p");
  const range = h("p");
  const silent = h("p");
  const note = h("p");
  const dots = s("svg", { role: "img" });
  const caption = h("p", { class: "caption" });
  const means = h("p", { class: "caption" });
  const disputed = h("p", { class: "caption" });
  const cite = h("cite");
  const tau = threshold(signal, (next) => { moved(next); dialog.setAttribute("aria-busy", String(tau.waits())); });
  const code = pythonLines(signal);
  const shut = h("button", { type: "button", class: "close", "aria-label": "Close" }, "✕");
  const part = (/** @type {string} */ name, /** @type {...Node} */ ...children) => h("section", {}, h("h4", {}, name), ...children);
  const dialog = h("div", { class: "pop", role: "dialog", tabIndex: -1, hidden: true }, h("header", {}, title, value), shut,
    h("div", { class: "columns" },
      h("div", { class: "what" }, formula, key),
      tau.node,
      h("div", {}, part("How to read it", how, range, compares, note), part("What it does not say", silent, disputed)),
      h("div", { class: "where" }, dots, caption, means, code.node, cite)));
  el.append(dialog);
  let drawn = "";

  shut.addEventListener("click", () => close(true), { signal });
  el.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || dialog.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    close(true);
  }, { signal });
  el.ownerDocument.addEventListener("pointerdown", (event) => {
    const node = /** @type {Node} */ (event.composedPath()[0]);  // the target may be in a shadow root
    if (dialog.hidden || dialog.contains(node) || owns(node)) return;
    // Whatever chooses another layer, head or token leaves it open: it shows the new numbers.
    if (node instanceof Element && node.closest("button, a, input, label, select, [tabindex]")) return;
    close(false);
  }, { signal });
  // Escape closes it from wherever the focus is.
  el.ownerDocument.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !dialog.hidden && !event.defaultPrevented && !el.contains(/** @type {Node} */ (event.composedPath()[0]))) { event.preventDefault(); close(false); }
  }, { signal, capture: true });

  return {
    enter() {
      dialog.scrollTop = 0;
      dialog.focus({ preventScroll: true });
      dialog.scrollIntoView({ block: "nearest" });
    },
    hide() {
      dialog.hidden = true;
    },
    /** @param {Metric} metric @param {HTMLElement} card @param {Record<"metrics" | "against" | "for", Reference>} references */
    show(metric, card, references) {
      const { about, all, layer, head, n } = metric;
      dialog.hidden = false;
      dialog.setAttribute("aria-label", `${about.name}, layer ${layer + 1}, head ${head + 1}`);
      title.textContent = about.name;
      value.replaceChildren(measured(metric.value), ...(about.unit ? [" ", h("span", { class: "quiet" }, about.unit)] : []));
      const same = [about.field, n, metric.tau.text, metric.value].join();
      if (same !== drawn) {
        drawn = same;
        formula.replaceChildren(...written(formulas, metric));
        key.replaceChildren(...symbols(metric));
      }
      tau.node.hidden = about.field !== "sparsity" || n === 1;
      if (!tau.node.hidden) tau.show(metric.tau);
      dialog.setAttribute("aria-busy", String(!tau.node.hidden && tau.waits()));
      how.replaceChildren(fill(about.how, metric.value, metric.share, n), " ", standing(metric.place));
      compares.textContent = about.compares;
      range.textContent = about.range;
      note.textContent = metric.note;
      silent.textContent = about.silent;
      disputed.replaceChildren("Whether attention explains a prediction at all is disputed: ", ...citation(references.against), ", and in reply ", ...citation(references.for), ".");
      drawDots(dots, metric);
      caption.textContent = `${all.length < 2 ? "The one head" : `All ${all.length} heads, one row per layer`}; each number ${about.level.replace("this head", "one head")}.`;
      means.replaceChildren(...(all.length < 2 ? [] : meansOf(metric)));
      code.show(about.python, layer, head);
      cite.replaceChildren("The metrics are from ", ...citation(references.metrics), ".");
      dialog.style.left = `${clamp(card.offsetLeft, 0, Math.max(0, el.clientWidth - WIDTH))}px`;
      dialog.style.bottom = `calc(100% - ${card.offsetTop - 8}px)`;
    },
  };
}

/** @param {Metric} metric @returns {(Node | string)[]} */
function meansOf({ all, heads, layers, layer, layerMean, modelMean }) {
  const own = heads > 1 && layers > 1
    ? [h("i", { class: "layer-mean" }), ` the ${heads} heads of layer ${layer + 1}, ${measured(layerMean)}; `] : [];
  return ["Means over heads of these numbers: ", ...own, h("i", { class: "model-mean" }), ` all ${all.length} heads, ${measured(modelMean)}.`];
}

/** @param {Reference} reference @returns {(Node | string)[]} */
function citation({ authors, title, links }) {
  const out = [`${authors}, `, h("q", {}, title), ", "];
  links.forEach(({ text, url }, k) => out.push(...(k ? [", "] : []), h("a", { href: url, rel: "noreferrer", target: "_blank" }, text)));
  return out;
}
