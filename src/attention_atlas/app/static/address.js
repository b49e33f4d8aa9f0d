/**
 * The whole state lives in the address: Back works, and a link shows a colleague the same view.
 * It lives after the #, which browsers keep to themselves: no server logs what a person wrote, and
 * a long text makes no request too long.
 */

import { copies } from "../../views/shared/clipboard.js";
import { MEASURES } from "../../views/shared/measure.js";
import { generate } from "./form.js";
import { fillModel } from "./models.js";
import { SHOWN, START, choose, on, setShown, setTab, setTheme, store } from "./store.js";

/** Changes that come one soon after another are one step of the history. */
const ONE_STEP_MS = 1000;
/** Browsers refuse addresses of some two million characters. */
const LONGEST = 500_000;
let last = -Infinity;
/** Whether the page is following the address, and must not write it. */
let following = false;
/** Whether a sentence that the address asked for is still on its way: it is no new step. */
let arriving = false;

/** The state in the address; a query is read too, for links made by hand. */
const state = () => new URLSearchParams(/=/.test(window.location.hash) ? window.location.hash.slice(1) : window.location.search);

function compose() {
  const { trace, selection, tab, theme, shown, model } = store;
  const query = new URLSearchParams();
  if (trace) {
    query.set("text", trace.text);
    if (trace.pair) query.set("pair", trace.pair);
    query.set("layer", String(selection.layer + 1));
    query.set("head", String(selection.head + 1));
    if (selection.token >= 0) query.set("token", String(selection.token));
    if (tab !== "walk") query.set("tab", tab);
    if (shown.measure !== SHOWN.measure) query.set("show", shown.measure);
    if (shown.words) query.set("words", "1");
    if (!shown.special) query.set("special", "0");
    if (shown.tau !== SHOWN.tau) query.set("tau", String(shown.tau));
  }
  if (model) query.set("model", model);
  if (theme !== "dark") query.set("theme", theme);
  if (query.toString().length > LONGEST) ["text", "pair"].forEach((name) => query.delete(name));
  return query;
}

/** Whether two states show the same sentence. @param {URLSearchParams} a @param {URLSearchParams} b */
const sameSentence = (a, b) => a.get("text") === b.get("text") && a.get("pair") === b.get("pair");

function write() {
  if (following) return;
  const before = state();
  const after = compose();
  if (after.toString() === before.toString()) return;
  const now = performance.now();
  const same = arriving || (sameSentence(after, before) && now - last < ONE_STEP_MS);
  last = now;
  window.history[same ? "replaceState" : "pushState"](null, "", `${window.location.pathname}#${after}`);
}

/** A whole number from the address, or null. @param {URLSearchParams} query @param {string} name */
function whole(query, name) {
  const text = query.get(name);
  return text !== null && /^\d{1,5}$/.test(text) ? Number(text) : null;
}

/** What of a head the address asks for; what it does not know is as at the start. @param {URLSearchParams} query */
function readShown(query) {
  const asked = query.get("show") ?? "";
  const measure = Object.hasOwn(MEASURES, asked) ? /** @type {import("./store.js").Measure} */ (asked) : SHOWN.measure;
  const tau = Number(query.get("tau"));
  return { measure, words: query.get("words") === "1", special: query.get("special") !== "0", tau: tau > 0 && tau <= 1 ? tau : SHOWN.tau };
}

/** Makes the page show what the address says. */
function follow() {
  const query = state();
  following = true;
  if (query.get("theme") === "light" || query.get("theme") === "dark") setTheme(/** @type {"dark" | "light"} */ (query.get("theme")));
  setTab(query.get("tab") === "attention" ? "attention" : "walk");
  setShown(readShown(query));
  const model = query.get("model");
  const newModel = Boolean(model) && model !== store.model;
  if (model && newModel) fillModel(model);
  const text = query.get("text") ?? "";
  const pair = query.get("pair") ?? "";
  const token = whole(query, "token") ?? -1;
  choose({ layer: (whole(query, "layer") ?? START.layer + 1) - 1, head: (whole(query, "head") ?? START.head + 1) - 1, token });
  if (text && (newModel || store.trace?.text !== text || store.trace?.pair !== pair)) {
    /** @type {any} */ (document.getElementById("sentence")).value = text;
    /** @type {any} */ (document.getElementById("pair")).value = pair;
    if (pair) /** @type {HTMLDetailsElement} */ (document.querySelector(".pair")).open = true;
    arriving = true;
    generate({ token });
  }
  following = false;
  return Boolean(text);
}

export function startAddress() {
  for (const change of /** @type {const} */ (["selection", "theme", "tab", "shown", "trace", "model"])) on(change, write);
  on("trace", () => { arriving = false; });
  window.addEventListener("popstate", follow);
  copies(/** @type {HTMLElement} */ (document.getElementById("copy-link")), () => window.location.href);
  followLinks();
  const stored = localStorage.getItem("theme");
  if (stored === "light") setTheme("light");
  if (!follow()) document.body.dataset.state = "empty";
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
