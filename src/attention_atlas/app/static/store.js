/**
 * What the person has chosen, in one place. Everything on the page follows it; the server is told.
 *
 * @typedef {{text: string, original: string, segment: number, special: boolean, unknown: boolean, id: number}} Token
 * @typedef {{key: string, text: string, pair: string, token: number | null, tokens: Token[], facts: Record<string, number>,
 *   activation: string, model: string, predicts: boolean, truncated: number, typed: string[]}} TraceMessage
 * @typedef {{layer: number, head: number, token: number}} Selection counted from 0; token -1 is none
 *   `key` tells one generated sentence from another
 * @typedef {import("../../views/shared/look.js").Look} Look
 * @typedef {import("../../views/shared/measure.js").Measure} Measure
 * @typedef {{measure: Measure, words: boolean, special: boolean, tau: number}} Shown what the Attention tab shows
 *   of a head: which numbers, over whole words or pieces, with the special tokens or without; tau is sparsity's threshold
 */

import { LOOK, differ } from "../../views/shared/look.js";
import { askInVain, isDown, report } from "./server.js";

const bus = new EventTarget();

const { startLayer, startHead, tau } = document.body.dataset;

/** The head shown before one is chosen, as page.py wrote it. Counted from 0. */
export const START = { layer: Number(startLayer), head: Number(startHead) };

/** What is shown of a head before anything else is chosen; τ as page.py wrote it. @type {Shown} */
export const SHOWN = { measure: "weights", words: false, special: true, tau: Number(tau) };

export const store = {
  /** @type {Selection} */
  selection: { ...START, token: -1 },
  /** @type {"dark" | "light"} */
  theme: "dark",
  /** @type {"walk" | "attention"} */
  tab: "walk",
  shown: { ...SHOWN },
  /** How the views are looked at. */
  look: LOOK,
  /** @type {TraceMessage | null} */
  trace: null,
  /** @type {string} the model asked for */
  model: "",
};

/** @typedef {"selection" | "theme" | "tab" | "shown" | "look" | "trace" | "model"} Change */

/** @param {Change} change @param {() => void} callback */
export const on = (change, callback) => bus.addEventListener(change, callback);

/** @param {Change} change */
const tell = (change) => bus.dispatchEvent(new Event(change));

/** The token that the walk follows: the focused one, else the first word. */
export function walked() {
  const { trace, selection } = store;
  if (!trace) return -1;
  if (selection.token >= 0) return selection.token;
  return Math.max(0, trace.tokens.findIndex((token) => !token.special));
}

/** What of a selection this model and text have. @param {Selection} of @param {Record<string, number>} facts @returns {Selection} */
const within = ({ layer, head, token }, { layers, heads, tokens }) => ({
  layer: Math.min(Math.max(layer, 0), layers - 1),
  head: Math.min(Math.max(head, 0), heads - 1),
  token: token < tokens ? token : -1,
});

/** What of a look only the server can draw. */
const SERVED = /** @type {const} */ (["flow", "heads", "projected", "direction", "use_head", "top_k", "hidden"]);

/**
 * Whether a change cannot be: with no line to the server, new headings would stand over old
 * pictures. Whatever has shown it already goes back. @param {Change} change
 */
function refused(change) {
  if (!isDown()) return false;
  askInVain();
  tell(change);
  return true;
}

/** @param {Partial<Selection>} change */
export function choose(change) {
  const asked = { ...store.selection, ...change };
  const next = store.trace ? within(asked, store.trace.facts) : asked;
  const { layer, head, token } = store.selection;
  if (next.layer === layer && next.head === head && next.token === token) return;
  if (refused("selection")) return;
  store.selection = next;
  report("selection", next);
  tell("selection");
}

/** What of a look belongs to a text and ends with it. @param {TraceMessage} before @param {TraceMessage} after @returns {Partial<Look>} */
function lost(before, after) {
  if (before.text !== after.text || before.pair !== after.pair) return { window: null, hidden: null };
  const texts = (/** @type {TraceMessage} */ { tokens }) => JSON.stringify(tokens.map(({ text }) => text));
  return texts(before) === texts(after) ? {} : { hidden: null };
}

/** @param {TraceMessage} trace @param {number} token the token to focus */
export function show(trace, token) {
  const before = store.trace;
  store.trace = trace;
  store.selection = within({ ...store.selection, token }, trace.facts);
  report("selection", store.selection);
  if (before) setLook(lost(before, trace));
  reportLook();
  tell("trace");
  tell("selection");
}

/** @param {"dark" | "light"} theme */
export function setTheme(theme) {
  store.theme = theme;
  document.documentElement.dataset.theme = theme;
  tell("theme");
}

/** @param {"walk" | "attention"} tab */
export function setTab(tab) {
  store.tab = tab;
  tell("tab");
}

/** @param {Partial<Shown>} change */
export function setShown(change) {
  if (refused("shown")) return;
  store.shown = { ...store.shown, ...change };
  report("shown", store.shown);
  tell("shown");
}

/** The server hears of which sentence it is: what is hidden of one is not hidden of another. */
const reportLook = () => report("look", { ...store.look, of: store.trace?.key ?? null });

/** @param {Partial<Look>} change */
export function setLook(change) {
  const next = { ...store.look, ...change };
  if (!differ(next, store.look)) return;
  if (SERVED.some((name) => name in change && differ({ ...store.look, [name]: change[name] }, store.look)) && refused("look")) return;
  store.look = next;
  reportLook();
  tell("look");
}

/** @param {string} model */
export function setModel(model) {
  store.model = model;
  tell("model");
}
