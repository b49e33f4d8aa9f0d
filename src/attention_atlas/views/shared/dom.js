/** Building nodes, never strings of HTML. */

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

/**
 * An HTML element. `props` are properties, except `class`, `role`, `style.--x`, `data-*` and `aria-*`.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (key === "class") node.className = value;
    else if (key === "role" || key.includes("-")) node.setAttribute(key, String(value));
    else if (key === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, String(v));
    else /** @type {any} */ (node)[key] = value;
  }
  node.append(...children);
  return node;
}

/**
 * An SVG element.
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function s(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/**
 * A MathML element.
 * @param {string} tag
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function m(tag, ...children) {
  const node = document.createElementNS(MATHML, tag);
  node.append(...children);
  return node;
}

/** What has the focus around a node, also where a notebook keeps the view in a shadow root. @param {Node} near */
export const focusedAt = (near) => /** @type {Document | ShadowRoot} */ (near.getRootNode()).activeElement ?? null;

/**
 * Scrolls a frame, and nothing but the frame, until a part of it can be seen.
 * @param {HTMLElement} frame @param {HTMLElement | null | undefined} part
 * @param {{left?: number, top?: number, smooth?: boolean}} [of] `left` and `top` are covered by what sticks there
 */
export function keepInView(frame, part, { left = 0, top = 0, smooth = true } = {}) {
  if (!part) return;
  const box = frame.getBoundingClientRect();
  const at = part.getBoundingClientRect();
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  /** @type {ScrollToOptions} */
  const to = { behavior: smooth && !still ? "smooth" : "auto" };
  if (at.left < box.left + left || at.right > box.right) {
    to.left = frame.scrollLeft + (at.left + at.right - box.left - left - box.right) / 2;
  }
  if (at.top < box.top + top || at.bottom > box.bottom) {
    to.top = frame.scrollTop + (at.top + at.bottom - box.top - top - box.bottom) / 2;
  }
  if (to.left !== undefined || to.top !== undefined) frame.scrollTo(to);
}

/** @param {number} x @param {number} low @param {number} high */
export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

/**
 * A number as people read it: a true minus, NaN and infinity by name.
 * @param {number} x @param {number} [digits]
 */
export function number(x, digits = 3) {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const text = Math.abs(x).toFixed(digits);
  return x < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/**
 * A metric's value, as descriptions.py writes it: two significant digits for what would round to nothing.
 * @param {number} x @param {number} [digits]
 */
export const measured = (x, digits = 3) => (x > 0 && x < 0.5 * 10 ** -digits ? x.toPrecision(2).replace("-", "−") : number(x, digits));

/** A count with thousands separated, 30,522. @param {number} n */
export const count = (n) => n.toLocaleString("en");

/** "12 heads", "1 head". @param {number} n @param {string} unit */
export const many = (n, unit) => `${count(n)} ${unit}${n === 1 ? "" : "s"}`;
