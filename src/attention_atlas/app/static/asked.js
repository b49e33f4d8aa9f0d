/** What an address asks for. A person may have written it: what it cannot ask for is named, and passed over. */

import { MEASURES } from "../../views/shared/measure.js";
import { CHOICES, oneOf, readLook, shareOf, wholeFrom, yesOrNo } from "../../views/shared/look.js";
import { SHOWN } from "./store.js";

/**
 * @typedef {{name: string, text: string, why: string}} Passed what was passed over, and why
 * @typedef {object} Asked
 * @property {string} text @property {string} pair
 * @property {number | null} layer @property {number | null} head counted from 0; null where the address says none
 * @property {number | null} token −1 for none
 * @property {"walk" | "attention"} tab
 * @property {"dark" | "light" | null} theme
 * @property {import("./store.js").Shown} shown
 * @property {import("../../views/shared/look.js").Look} look
 * @property {string | null} model
 * @property {Passed[]} passed
 */

const token = wholeFrom(0, 99999, "a number from 0, or none");

/** Beside the look; `special` is 0 where the special tokens are left out. */
const PARAMETERS = {
  layer: wholeFrom(1, 99999, "a number from 1"),
  head: wholeFrom(1, 99999, "a number from 1"),
  token: { ...token, read: (/** @type {string} */ text) => (text === "none" ? -1 : token.read(text)) },
  tab: oneOf(["walk", "attention"]),
  show: oneOf(Object.keys(MEASURES)),
  words: yesOrNo(),
  special: yesOrNo(),
  tau: shareOf("a weight above 0, up to 1", false),
  theme: oneOf(["dark", "light"]),
};
const KNOWN = new Set(["text", "pair", "model", ...Object.keys(PARAMETERS), ...CHOICES]);

/** A model's name on the hub, or a folder by its full path: a path that starts where the application was started names another one elsewhere. */
const MODEL = /^([\w.-]+(\/[\w.-]+)?|(\/|[A-Za-z]:[\\/])[^\p{Cc}]*)$/u;
const LONGEST_NAME = 400;

/** Whether an address can name this model. @param {string} name @param {string[]} listed */
export const canName = (name, listed) => listed.includes(name)
  || (name.length <= LONGEST_NAME && MODEL.test(name) && !name.split(/[\\/]/).some((part) => /^\.+$/.test(part)));

/** The state in the address, and whether it stands after the #; a query is read too, for links made by hand. */
export function addressed() {
  const { hash, search } = window.location;
  const own = hash.length > 1 && !leadsToPlace();
  return { query: new URLSearchParams(own ? hash.slice(1) : search), own };
}

/** Whether the address leads to a place on this page, which is no state of it. */
export const leadsToPlace = () => document.getElementById(window.location.hash.slice(1)) !== null;

/**
 * @param {{query: URLSearchParams, own: boolean}} address @param {string[]} models those that are listed
 * @returns {Asked}
 */
export function asked({ query, own }, models) {
  /** @type {Passed[]} */
  const passed = [];
  const wrong = (/** @type {string} */ name, /** @type {string} */ text, /** @type {string} */ allowed) => { passed.push({ name, text, why: `it can be ${allowed}` }); };
  /** @param {keyof typeof PARAMETERS} name */
  const read = (name) => {
    const text = query.get(name);
    const value = text === null ? undefined : PARAMETERS[name].read(text);
    if (text !== null && value === undefined) wrong(name, text, PARAMETERS[name].allowed);
    return value;
  };
  const from1 = (/** @type {number | undefined} */ number) => (number === undefined ? null : number - 1);
  // Fields of a form have one kind of line break.
  const words = (/** @type {string} */ name) => (query.get(name) ?? "").replace(/\r\n?/g, "\n");
  const model = query.get("model") || null;
  const named = model !== null && canName(model, models);
  const found = {
    text: words("text"), pair: words("pair"),
    layer: from1(read("layer")), head: from1(read("head")), token: read("token") ?? null,
    tab: read("tab") ?? "walk", theme: read("theme") ?? null,
    shown: { measure: read("show") ?? SHOWN.measure, words: read("words") ?? false, special: read("special") ?? true, tau: read("tau") ?? SHOWN.tau },
    look: readLook(query, wrong),
    model: named ? model : null,
    passed,
  };
  if (model !== null && !named) wrong("model", model, document.body.dataset.server === undefined ? "one of the list, a name on the hub, or a folder by its full path" : "one of the list");
  // What others add to a query is none of ours.
  if (own) for (const name of new Set(query.keys())) if (name && !KNOWN.has(name)) passed.push({ name, text: query.get(name) ?? "", why: "there is nothing of that name" });
  return found;
}

const TOLD = 3;
const NAMED = 12;
const CUT = 32;

/** @param {string} text */
const cut = (text) => {
  const letters = [...text.slice(0, 2 * CUT)];
  return letters.length > CUT || text.length > 2 * CUT ? `${letters.slice(0, CUT).join("")}…` : text;
};

/** @param {Passed} passed */
const item = ({ name, text }) => (text ? `${cut(name)}=${cut(text)}` : cut(name));

/**
 * What was passed over, for the person: the first few with the reason, others by name.
 * @param {string[]} beyond whole sentences: what this model or text has not
 * @param {Passed[]} passed
 */
export function told(beyond, passed) {
  const sentences = [...beyond, ...passed.slice(0, Math.max(0, TOLD - beyond.length)).map((one) => `The address asks for ${item(one)}; ${one.why}.`)];
  const others = passed.slice(Math.max(0, TOLD - beyond.length));
  const more = others.length - NAMED;
  if (others.length) sentences.push(`It also asks for ${others.slice(0, NAMED).map(item).join(", ")}${more > 0 ? ` and ${more} more` : ""}.`);
  if (passed.length) sentences.push(passed.length > 1 ? "These parts are as at the start." : "That part is as at the start.");
  return sentences.join(" ");
}
