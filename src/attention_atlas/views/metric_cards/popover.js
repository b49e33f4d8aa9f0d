/** What a metric means: its formula, how to read it, where this head stands, and the paper. */

import { clamp, h, measured, s } from "../shared/dom.js";
import { ordinal } from "../shared/head.js";

const WIDTH = 432;
const DOTS = { width: 382, left: 30, right: 8, tallest: 180 };

/** @typedef {import("./metric_cards.js").Metric} Metric */


/**
 * @param {HTMLElement} el
 * @param {object} of
 * @param {AbortSignal} of.signal
 * @param {any} of.formulas name -> an element or template that holds the formula; or null
 * @param {(back: boolean) => void} of.close `back`: whether the focus goes back to the card
 * @param {(node: Node) => boolean} of.owns whether a node belongs to a card, which opens and closes by itself
 */
export function popover(el, { signal, formulas, close, owns }) {
  const title = h("h3", {});
  const value = h("span", { class: "num" });
  const formula = h("div", { class: "eq" });
  const how = h("p");
  const range = h("p");
  const dots = s("svg", { role: "img" });
  const caption = h("p", { class: "caption" });
  const cite = h("cite");
  const shut = h("button", { type: "button", class: "close", "aria-label": "Close" }, "✕");
  const dialog = h("div", { class: "pop", role: "dialog", tabIndex: -1, hidden: true }, h("header", {}, title, value), shut, formula, how, range, h("div", { class: "dots" }, dots), caption, cite);
  el.append(dialog);
  let field = "";

  shut.addEventListener("click", () => close(true), { signal });
  el.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || dialog.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    close(true);
  }, { signal });
  el.ownerDocument.addEventListener("pointerdown", (event) => {
    const node = /** @type {Node} */ (event.target);
    if (dialog.hidden || dialog.contains(node) || owns(node)) return;
    // Whatever chooses another layer, head or token leaves it open: it shows the new numbers.
    if (node instanceof Element && node.closest("button, a, input, label, select, [tabindex]")) return;
    close(false);
  }, { signal });
  // Escape closes it from wherever the focus is.
  el.ownerDocument.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !dialog.hidden && !event.defaultPrevented && !el.contains(/** @type {Node} */ (event.target))) { event.preventDefault(); close(false); }
  }, { signal, capture: true });

  return {
    enter() {
      dialog.focus({ preventScroll: true });
      dialog.scrollIntoView({ block: "nearest" });
    },
    hide() {
      dialog.hidden = true;
      field = "";
    },
    /** @param {Metric} metric @param {HTMLElement} card @param {any} reference */
    show(metric, card, reference) {
      const { about, rank, all } = metric;
      dialog.hidden = false;
      dialog.setAttribute("aria-label", `${about.name}, layer ${metric.layer + 1}, head ${metric.head + 1}`);
      dialog.setAttribute("aria-busy", String(metric.behind));
      title.textContent = about.name;
      value.replaceChildren(measured(metric.value), ...(about.unit ? [" ", h("span", { class: "quiet" }, about.unit)] : []));
      if (about.field !== field) {
        field = about.field;
        formula.replaceChildren(written(formulas, about));
        cite.replaceChildren(...citation(reference));
      }
      const place = all.length < 2 ? "" : ` ${rank === 1 ? "The" : `The ${ordinal(rank)}`} highest of ${all.length} heads.`;
      how.replaceChildren(h("span", { class: "how" }, about.how), place);
      range.textContent = about.range;
      drawDots(dots, metric);
      caption.textContent = `${all.length < 2 ? "The one head" : `All ${all.length} heads, one row per layer`}; each number ${about.level.replace("this head", "one head")}`;
      const left = clamp(card.offsetLeft, 0, Math.max(0, el.clientWidth - WIDTH));
      dialog.style.left = `${left}px`;
      dialog.style.bottom = `calc(100% - ${card.offsetTop - 8}px)`;
    },
  };
}

/** @param {any} formulas @param {import("./metric_cards.js").About} about @returns {Node} */
function written(formulas, about) {
  const found = formulas instanceof Map ? formulas.get(about.field) : formulas?.[about.field];
  if (found instanceof HTMLTemplateElement) return found.content.cloneNode(true);
  if (found instanceof Node) return found.cloneNode(true);
  return h("code", {}, about.formula);
}

/** @param {{authors: string, title: string, links: {text: string, url: string}[]}} reference @returns {(Node | string)[]} */
function citation({ authors, title, links }) {
  const out = [`${authors}: `, h("q", {}, title), ". "];
  links.forEach(({ text, url }, k) => out.push(...(k ? [", "] : []), h("a", { href: url, rel: "noreferrer", target: "_blank" }, text)));
  return out;
}

/** @param {SVGElement} svg @param {Metric} metric */
function drawDots(svg, { about, all, layers, heads, layer, head, value, low, high }) {
  const row = clamp(DOTS.tallest / layers, 8, 15);
  const right = DOTS.width - DOTS.right;
  const bottom = layers * row + 4.5;
  const x = (/** @type {number} */ v) => DOTS.left + (right - DOTS.left) * (high > low ? (v - low) / (high - low) : 0.5);
  const y = (/** @type {number} */ l) => l * row + row / 2 + 0.5;
  const here = x(value);
  const every = row < 11 ? 2 : 1;
  const text = (/** @type {Record<string, any>} */ at, /** @type {string} */ said) => s("text", at, said);
  const near = (/** @type {number} */ a) => Math.abs(here - a) < 60;
  const parts = [];
  for (let l = 0; l < layers; l++) {
    if (l === layer || (l % every === 0 && (every === 1 || Math.abs(l - layer) > 1))) parts.push(text({ x: 0, y: y(l) + 4, class: l === layer ? "me" : "" }, String(l + 1)));
    for (let k = 0; k < heads; k++) if (l !== layer || k !== head) parts.push(s("circle", { cx: x(all[l * heads + k]).toFixed(1), cy: y(l), r: 2.5 }));
  }
  parts.push(
    s("line", { x1: DOTS.left, x2: right, y1: bottom, y2: bottom }),
    s("line", { class: "me", x1: here, x2: here, y1: 0, y2: bottom }),
    s("circle", { class: "me", cx: here, cy: y(layer), r: 4.5 }),
    text({ x: DOTS.left, y: bottom + 16 }, measured(low, 2)),
    text({ x: right, y: bottom + 16, "text-anchor": "end" }, measured(high, 2)),
  );
  if (!near(DOTS.left) && !near(right)) parts.push(text({ class: "me", x: here, y: bottom + 16, "text-anchor": "middle" }, measured(value, 2)));
  svg.setAttribute("viewBox", `0 0 ${DOTS.width} ${bottom + 22}`);
  svg.setAttribute("aria-label", `${about.name} of all ${all.length} heads by layer, from ${measured(low)} to ${measured(high)}; this head has ${measured(value)}`);
  svg.replaceChildren(...parts);
}
