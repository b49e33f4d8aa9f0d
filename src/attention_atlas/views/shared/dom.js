/** Building nodes, never strings of HTML. */

const SVG = "http://www.w3.org/2000/svg";

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

/** A count with thousands separated, 30,522. @param {number} n */
export const count = (n) => n.toLocaleString("en");
