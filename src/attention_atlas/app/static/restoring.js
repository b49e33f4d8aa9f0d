/**
 * What the address does not hold: kept in this window's storage while the page opens anew after
 * the connection was lost, and put back.
 */

import { notice } from "./notices.js";
import { ended, unanswered } from "./server.js";
import { on, store } from "./store.js";

/**
 * @typedef {{text: string, pair: string}} Fields
 * @typedef {object} Kept
 * @property {number} again how often in a row the page has been opened anew
 * @property {number} losses how often in a row the connection was lost in the middle of the same sentence
 * @property {import("./server.js").Sentence | null} run the sentence that was under way or waited
 * @property {Fields | null} still the sentence that is not run by itself, for it may be what ends the connection
 * @property {boolean} large whether it was too large for one message
 * @property {Fields | null} draft what was typed and not generated
 * @property {{id: string, top: number} | null} place what was being read, and how far down the window
 * @property {{id: string, range: [number, number] | null} | null} focus
 * @property {boolean} guided @property {boolean} sheet whether the guided walk, or the phone's controls, were open
 */

const KEY = "attention-atlas-restore";
/** A sentence is not run again by itself once it was lost so often. */
const MOST_LOSSES = 3;
/** Where one reads, as a share of the window's height. */
const READING = 0.3;
/** How long the place that was read is held while pictures arrive above it. */
const HELD_MS = 20_000;

const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** @returns {Kept | null} */
function take() {
  try {
    const text = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return text ? JSON.parse(text) : null;
  } catch {  // a browser that keeps nothing: the address holds nearly all
    return null;
  }
}

/** What was kept when this page was opened anew; null for one that was opened otherwise. */
export const kept = take();

/** What stands where one reads. @returns {Kept["place"]} */
function place() {
  if (window.scrollY === 0) return null;
  const line = READING * window.innerHeight;
  const tops = [...document.querySelectorAll("main :is(.step, .aa-view)[id]")].map((node) => ({ id: node.id, ...box(node) }));
  const near = tops.filter(({ height }) => height > 0).sort((a, b) => Math.abs(a.top - line) - Math.abs(b.top - line))[0];
  return near ? { id: near.id, top: near.top } : null;
}

/** @param {Element} node */
const box = (node) => { const { top, height } = node.getBoundingClientRect(); return { top, height }; };

/** @returns {Kept["focus"]} */
function focus() {
  const node = /** @type {HTMLTextAreaElement | null} */ (document.activeElement);
  if (!node?.id || node === /** @type {Element} */ (document.body)) return null;
  return { id: node.id, range: node.matches("textarea") ? [node.selectionStart, node.selectionEnd] : null };
}

/**
 * Keeps it, just before the page opens anew.
 * @param {{again: number, interrupted: boolean, large: boolean}} of `interrupted`: whether a sentence was under way
 */
export function keep({ again, interrupted, large }) {
  const run = unanswered();
  const losses = interrupted ? lossesSoFar + 1 : 0;
  const still = large || losses >= MOST_LOSSES;
  const fields = { text: $("sentence").value, pair: $("pair").value };
  const asked = run ?? store.trace ?? { text: "", pair: "" };
  const typed = fields.text !== asked.text || fields.pair !== asked.pair;
  /** @type {Kept} */
  const all = {
    again, losses: still ? 0 : losses, large, run: still ? null : run, still: still ? run : null,
    draft: typed ? fields : still && run ? { text: run.text, pair: run.pair } : null,
    place: place(), focus: focus(),
    guided: document.body.dataset.guided !== undefined,
    sheet: document.querySelector(".side.open") !== null,
  };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(all));
  } catch {  // no room, or not allowed: what was typed is lost, the address holds the rest
  }
}

let lossesSoFar = kept?.losses ?? 0;

/** Says once that the view was restored, until the person goes on. */
function say() {
  if (kept?.still) {
    notice("restored", {
      tone: "alert",
      strong: "The connection was lost and is back.",
      text: kept.large ? "The sentence is larger than the application takes in one message, so it was not run again."
        : `It was lost ${MOST_LOSSES} times while this sentence ran, so it is not run again by itself. Generate All runs it.`,
    });
    return;
  }
  notice("restored", { text: "The connection was lost and is back. This view was restored from its address." });
  const go = new AbortController();
  for (const event of ["pointerdown", "keydown"]) {
    document.addEventListener(event, () => { notice("restored", null); go.abort(); }, { capture: true, signal: go.signal });
  }
}

/** Holds what was being read where it was, while what is above it is drawn, until the person moves. @param {{id: string, top: number}} place */
function hold({ id, top }) {
  const node = $(id);
  if (!node) return;
  const end = new AbortController();
  const settle = () => {
    if (node.getClientRects().length) window.scrollBy({ top: node.getBoundingClientRect().top - top, behavior: "instant" });
  };
  const resized = new ResizeObserver(settle);
  resized.observe($("main"));
  end.signal.addEventListener("abort", () => resized.disconnect());
  for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    window.addEventListener(event, () => end.abort(), { capture: true, passive: true, signal: end.signal });
  }
  setTimeout(() => end.abort(), HELD_MS);
  settle();
}

/** Puts back what was kept, after the address was followed. */
export function startRestoring() {
  on("trace", () => { lossesSoFar = 0; });
  if (!kept) return;
  const { draft, place, focus, guided, sheet } = kept;
  if (draft) {
    $("sentence").value = draft.text;
    $("pair").value = draft.pair;
    if (draft.pair) /** @type {HTMLDetailsElement} */ (document.querySelector(".pair")).open = true;
  }
  if (sheet) /** @type {HTMLElement} */ (document.querySelector(".sheet-toggle")).click();
  if (focus) {
    $(focus.id)?.focus({ preventScroll: true });
    if (focus.range) $(focus.id)?.setSelectionRange(...focus.range);
  }
  if (!unanswered()) { say(); return; }
  let said = false;
  on("trace", () => {
    if (said) return;
    said = true;
    if (draft) $("sentence").dispatchEvent(new Event("input"));  // the count of tokens is not the draft's
    if (guided) $("guided").click();
    else if (place) hold(place);
    say();
  });
  ended(() => { if (!said) say(); said = true; });  // it was refused, or stopped
}
