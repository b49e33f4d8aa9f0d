/** A share as people read it: 31.8 %, and what rounds to nothing but is not nothing. */

/** @param {number} share 0 to 1 */
export function percent(share) {
  if (Number.isNaN(share)) return "NaN";
  if (share > 0 && share < 0.0005) return "< 0.1\u202f%";
  if (share < 1 && share >= 0.9995) return "> 99.9\u202f%";
  return `${(100 * share).toFixed(1)}\u202f%`;
}
