/** What is said of one head: the same shares and sentences as over.py and descriptions.py write. */

import { count, measured } from "../shared/dom.js";
import { ordinal } from "../shared/head.js";

/** A share, "37 %", and not "0 %" or "100 %" for what is not quite that. @param {number} share 0 to 1 */
export function percent(share) {
  const all = Math.abs(share - 1) <= 1e-6 * Math.max(share, 1);
  const rounded = Math.floor(100 * (all ? 1 : share) + 0.5);
  if (rounded === 0 && share !== 0) return "<1\u202f%";
  if (rounded === 100 && !all) return ">99\u202f%";
  return `${rounded}\u202f%`;
}

/** @param {string} template @param {number} value @param {number} share what `{percent}` is @param {number} n */
export const fill = (template, value, share, n) => template
  .replaceAll("{value}", measured(value)).replaceAll("{percent}", percent(share)).replaceAll("{count}", count(Math.round(value * n * n)));

/** A line of Python of one head. @param {string} line @param {number} layer @param {number} head counted from 0 */
export const python = (line, layer, head) => line.replaceAll("{layer}", String(layer)).replaceAll("{head}", String(head));

/**
 * Where a value stands among those of all heads.
 * @typedef {{rank: number, below: number, of: number}} Place `below` have a lower value, rank 1 is the highest
 */

/** @param {Place} place how many others have the very same value */
const alike = ({ rank, below, of }) => of - below - rank;

/** "3rd of 72" @param {Place} place */
export function rankOf(place) {
  if (place.of === 1) return "the only head";
  return alike(place) === place.of - 1 ? `all ${count(place.of)} alike` : `${ordinal(place.rank)} of ${count(place.of)}`;
}

/** "higher than 83 % of heads", or nothing where there is nothing to compare. @param {Place} place */
export function higherThan({ rank, below, of }) {
  if (of === 1 || of - below - rank === of - 1) return "";
  if (below === of - 1) return "higher than all others";
  if (below === 0) return "higher than none";
  const share = percent(below / of);
  return /[<>]/.test(share) ? `higher than ${count(below)} of ${count(of)} heads` : `higher than ${share} of heads`;
}

/** The same as a sentence. @param {Place} place */
export function standing(place) {
  const { rank, of } = place;
  const others = alike(place);
  if (of === 1) return "";
  if (others === of - 1) return `All ${count(of)} heads have this value.`;
  const shared = others ? `, as ${count(others)} other${others > 1 ? "s are" : " is"}` : "";
  return `${rank === 1 ? "The" : `The ${ordinal(rank)}`} highest of ${count(of)} heads${shared}: ${higherThan(place)}.`;
}
