/** Numbers as they are printed where each has to follow from the ones before it. */

import { number } from "./dom.js";
import { percent } from "./percent.js";

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/**
 * Significant digits; far from one as a power of ten, 1.23 × 10⁻⁷.
 * @param {number} x @param {number} digits
 */
export function significant(x, digits) {
  if (!Number.isFinite(x)) return number(x);
  if (x === 0) return "0";
  const [mantissa, power] = Math.abs(x).toExponential(digits - 1).split("e");
  const exponent = Number(power);
  const sign = x < 0 ? "−" : "";
  if (exponent >= -5 && exponent < 6) return sign + Math.abs(x).toFixed(Math.max(0, digits - 1 - exponent));
  const raised = [...String(Math.abs(exponent))].map((digit) => RAISED[Number(digit)]).join("");
  return `${sign}${mantissa} × 10${exponent < 0 ? "⁻" : ""}${raised}`;
}

/** A share in percent that is small but still told, 0.031 %. @param {number} share 0 to 1 */
export const smallPercent = (share) => (share > 0 && share < 0.0995 ? `${significant(100 * share, 2)}\u202f%` : percent(share));
