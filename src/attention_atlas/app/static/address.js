/**
 * The whole state lives in the address: Back works, and a link shows a colleague the same view.
 * It lives after the #, which browsers keep to themselves: no server logs what a person wrote, and
 * a long text makes no request too long.
 */

import { copies } from "../../views/shared/clipboard.js";
import { writeLook } from "../../views/shared/look.js";
import { addressed, asked, canName, leadsToPlace, told } from "./asked.js";
import { generate } from "./form.js";
import { fillModel } from "./models.js";
import { notice } from "./notices.js";
import { kept } from "./restoring.js";
import { SHOWN, START, choose, on, setLook, setShown, setTab, setTheme, store } from "./store.js";

/** Changes that come one soon after another are one step of the history. */
const ONE_STEP_MS = 1000;
/** Browsers refuse an address that changes too often, as it would under a slider: Safari after 100 times in 30 s. */
const AT_ONCE = { most: 40, within: 30_000 };
/** After so many, it is written when it has rested for this long. */
const REST_MS = 1000;
/** Browsers refuse addresses of some two million characters. */
const LONGEST = 500_000;

/** When a person last changed something. */
let last = -Infinity;
/** Whether a person has done something since the address was written: what follows by itself is no step. */
let acted = false;
/** Whether the page is following the address, and must not write it. */
let following = false;
/** What the address has asked for whose sentence is still on its way: it is no new step. @type {import("./asked.js").Asked | null} */
let arriving = null;
/** What the address says, and when it was written lately. */
let written = "";
/** @type {number[]} */
let writes = [];
let pending = 0;

/** The models that are listed; “…” stands for others. */
const models = () => [.../** @type {HTMLSelectElement} */ (document.getElementById("model")).options].map(({ value }) => value).filter((value) => value !== "…");

/** @returns {{query: URLSearchParams, whole: boolean}} `whole`: whether the text found room */
function compose() {
  const { trace, selection, tab, theme, shown, look, model } = store;
  const query = new URLSearchParams();
  if (trace) {
    query.set("text", trace.text);
    if (trace.pair) query.set("pair", trace.pair);
    query.set("layer", String(selection.layer + 1));
    query.set("head", String(selection.head + 1));
    query.set("token", selection.token < 0 ? "none" : String(selection.token));
    if (tab !== "walk") query.set("tab", tab);
    if (shown.measure !== SHOWN.measure) query.set("show", shown.measure);
    if (shown.words) query.set("words", "1");
    if (!shown.special) query.set("special", "0");
    if (shown.tau !== SHOWN.tau) query.set("tau", String(shown.tau));
    for (const [name, text] of writeLook(look)) query.set(name, text);
  }
  if (model && canName(model, models())) query.set("model", model);
  if (theme !== "dark") query.set("theme", theme);
  const whole = query.toString().length <= LONGEST;
  if (!whole) ["text", "pair"].forEach((name) => query.delete(name));
  return { query, whole };
}

/** @param {URLSearchParams} query */
const readable = (query) => query.toString().replaceAll("%2C", ",");

/** The sentence that the address holds. @type {[string, string]} */
let sentence = ["", ""];

/** @param {"pushState" | "replaceState"} how */
function put(how) {
  clearTimeout(pending);
  pending = 0;
  const { query, whole } = compose();
  const after = readable(query);
  const before = sentence;
  sentence = [store.trace?.text ?? "", store.trace?.pair ?? ""];
  if (after === written && (whole || same(before, sentence))) return;
  written = after;
  writes.push(performance.now());
  // A text without room in the address stays with this step of this window's history.
  const [text, pair] = sentence;
  window.history[how](whole ? null : { text, pair }, "", `${window.location.pathname}#${after}`);
}

/** @param {[string, string]} one @param {[string, string]} other */
const same = (one, other) => one[0] === other[0] && one[1] === other[1];

/** Writes what waits to be written. */
const flush = () => { if (pending) put("replaceState"); };

function write() {
  if (following) return;
  const now = performance.now();
  const other = store.trace !== null && (store.trace.text !== sentence[0] || store.trace.pair !== sentence[1]);
  const step = !arriving && (other || (acted && now - last >= ONE_STEP_MS));
  if (acted) last = now;
  acted = false;
  writes = writes.filter((at) => now - at < AT_ONCE.within);
  if (step) put("pushState");
  else if (writes.length < AT_ONCE.most) put("replaceState");
  else pending ||= window.setTimeout(flush, REST_MS);
}

/** What of a selection and look this model and text have; the rest is as at the start. @param {import("./asked.js").Asked} of */
function settle({ layer, head, token, look, passed }) {
  const { layers, heads, tokens } = /** @type {import("./store.js").TraceMessage} */ (store.trace).facts;
  const has = (/** @type {number | null} */ index, /** @type {number} */ size, /** @type {number} */ start) => (index === null ? Math.min(start, size - 1) : index < size ? index : null);
  const place = { layer: has(layer, layers, START.layer), head: has(head, heads, START.head), token: has(token, tokens, store.selection.token) };
  choose({
    layer: place.layer ?? Math.min(START.layer, layers - 1),
    head: place.head ?? Math.min(START.head, heads - 1),
    token: place.token ?? store.selection.token,
  });
  const { selection } = store;
  const focused = store.trace?.tokens[selection.token]?.text;
  /** @type {string[]} */
  const beyond = [];
  if (place.layer === null) beyond.push(`The address asks for layer ${Number(layer) + 1}; this model has ${layers}. Layer ${selection.layer + 1} is shown instead.`);
  if (place.head === null) beyond.push(`The address asks for head ${Number(head) + 1}; a layer of this model has ${heads}. Head ${selection.head + 1} is shown instead.`);
  if (place.token === null) beyond.push(`The address asks for token ${token}; this text has ${tokens}, counted from 0. ${focused === undefined ? "None" : `“${focused}”`} is focused instead.`);
  const far = look.heads.filter((one) => one >= heads).map((one) => one + 1);
  if (far.length) beyond.push(`The address asks for the lines of head ${far[0]}; a layer of this model has ${heads}.`);
  const unread = look.hidden?.find((one) => one >= tokens);
  if (unread !== undefined) beyond.push(`The address asks to hide token ${unread}; this text has ${tokens}, counted from 0.`);
  if (look.window && Math.max(look.window[0], look.window[1]) + look.window[2] > tokens) beyond.push(`The address asks for ${look.window[2]} rows of the map that this text does not have; all are shown.`);
  setLook(look);
  pass(beyond, passed);
}

/** One notice for all that was passed over. @param {string[]} beyond @param {import("./asked.js").Passed[]} passed */
const pass = (beyond, passed) => notice("address", beyond.length || passed.length ? { text: told(beyond, passed) } : null);

/** The text that the address had no room for. @returns {{text: string, pair: string} | undefined} */
function leftOut() {
  const { text, pair } = window.history.state ?? {};
  return typeof text === "string" && typeof pair === "string" ? { text, pair } : undefined;
}

/** Makes the page show what the address says. @param {{first?: boolean}} [of] */
function follow({ first = false } = {}) {
  clearTimeout(pending);
  pending = 0;
  const address = addressed();
  const all = { ...asked(address, models()), ...leftOut() };
  written = readable(address.query);
  sentence = [all.text, all.pair];
  following = true;
  acted = false;
  arriving = null;
  if (all.theme || !first) setTheme(all.theme ?? "dark");
  setTab(all.tab);
  setShown(all.shown);
  const newModel = all.model !== null && all.model !== store.model;
  if (all.model !== null && newModel) fillModel(all.model);
  const other = Boolean(all.text) && (newModel || store.trace?.text !== all.text || store.trace?.pair !== all.pair);
  pass([], all.passed);
  const { run = null, still = null } = (first && kept) || {};
  const waits = (run && !(run.text === all.text && run.pair === all.pair)) || (still?.text === all.text && still.pair === all.pair);
  if (other && !waits) {
    // What belongs to the sentence waits for it.
    setLook({ ...all.look, window: null, hidden: null });
    choose({ layer: all.layer ?? START.layer, head: all.head ?? START.head });
    arriving = all;
    fill(all);
    generate();
  } else if (store.trace) settle(all);
  else {
    setLook(waits ? { ...all.look, window: null, hidden: null } : all.look);
    choose({ layer: all.layer ?? START.layer, head: all.head ?? START.head });
  }
  following = false;
  if (!waits) return Boolean(all.text);
  if (run) { fill(run); generate({ token: run.token }); }  // a step of its own after what the address says
  return Boolean(run);
}

/** @param {{text: string, pair: string}} of */
function fill({ text, pair }) {
  /** @type {any} */ (document.getElementById("sentence")).value = text;
  /** @type {any} */ (document.getElementById("pair")).value = pair;
  if (pair) /** @type {HTMLDetailsElement} */ (document.querySelector(".pair")).open = true;
}

/** The sentence that the address asked for is there, or another one that was quicker. */
function arrive() {
  const { trace } = store;
  if (arriving && trace?.text === arriving.text && trace.pair === arriving.pair) {
    following = true;
    settle(arriving);
    following = false;
  } else arriving = null;
}

function copyLink() {
  flush();
  const { whole } = compose();
  notice("link", whole ? null : { tone: "alert", strong: "The link is without the text,", text: "which is too long for an address. All else is in it: layer, head, token and what is shown." });
  return window.location.href;
}

export function startAddress() {
  if (localStorage.getItem("theme") === "light") setTheme("light");  // before anything writes the address: it is still to be read
  on("trace", arrive);
  for (const change of /** @type {const} */ (["selection", "theme", "tab", "shown", "look", "trace", "model"])) on(change, write);
  on("trace", () => { arriving = null; });
  for (const event of ["pointerdown", "keydown", "click", "input", "change"]) document.addEventListener(event, () => { acted = true; }, { capture: true, passive: true });
  document.addEventListener("change", () => setTimeout(flush), { passive: true });
  window.addEventListener("pagehide", flush);
  window.addEventListener("popstate", () => { if (!leadsToPlace()) follow(); });
  copies(/** @type {HTMLElement} */ (document.getElementById("copy-link")), copyLink);
  followLinks();
  if (!follow({ first: true })) document.body.dataset.state = "empty";
}

/** Links within the page go to their place and leave the address alone. */
function followLinks() {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll('a[href^="#"]'))) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const place = /** @type {HTMLElement} */ (document.querySelector(link.hash));
      place.scrollIntoView();
      place.tabIndex = -1;
      place.focus({ preventScroll: true });
    });
  }
}
