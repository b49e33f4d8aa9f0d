/** The sentence, Generate All, and its progress. */

import { happen, receive } from "./server.js";
import { notice } from "./notices.js";
import { nameSheet } from "./pickers.js";
import { show, store } from "./store.js";

const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const EMPTY = "There is no word to read here. Write at least one, or take an example.";

/** Whether a pass is under way. */
let running = false;
/** @type {number} */
let patience = 0;

/** @param {string | null} message */
function sentenceError(message) {
  const field = $("sentence-field");
  field.classList.toggle("invalid", Boolean(message));
  $("sentence").toggleAttribute("aria-invalid", Boolean(message));
  const error = $("sentence-error");
  error.hidden = !message;
  error.querySelector("span").textContent = message ?? "";
}

/** What is being waited for; shown once waiting is worth a word. @type {{share: number | null, text: string}} */
let waiting = { share: 0, text: "" };

function progress() {
  const { share, text } = waiting;
  const percent = share === null ? "" : `${Math.round(100 * share)} %`;
  const button = $("generate");
  button.setAttribute("aria-disabled", "true");
  button.style.setProperty("--share", `${100 * (share ?? 0)}%`);
  button.classList.toggle("waits", share === null);
  button.querySelector(".go-text").textContent = text;
  button.querySelector(".pct").textContent = percent;
  $("cancel").hidden = false;
  const line = /** @type {HTMLElement} */ (document.querySelector(".top-progress"));
  line.style.setProperty("--share", `${100 * (share ?? 0)}%`);
  line.hidden = false;
  nameSheet(text);
}

/** Where in the queue the sentence is; said aloud at first and when it is next, shown all the time. @param {number} place */
function queued(place) {
  const said = $("queue-place");
  if (!said.textContent || place === 0) said.textContent = waiting.text;
}

function idle() {
  running = false;
  clearTimeout(patience);
  $("queue-place").textContent = "";
  const button = $("generate");
  button.removeAttribute("aria-disabled");
  button.querySelector(".go-text").textContent = "Generate All";
  $("cancel").hidden = true;
  /** @type {HTMLElement} */ (document.querySelector(".top-progress")).hidden = true;
  document.body.dataset.state = store.trace ? "ready" : "empty";
  nameSheet();
}

/** Says it before a long text is sent in vain. @param {string} what @param {string} text @returns {string | null} */
function tooLong(what, text) {
  const most = Number(document.body.dataset.maxCharacters) || Infinity;
  if (text.length <= most) return null;
  const characters = [...text].length;  // as Python counts them
  if (characters <= most) return null;
  const [has, may] = [characters, most].map((number) => number.toLocaleString("en"));
  return `${what} has ${has} characters, and at most ${may} are read here. Shorten it; a model reads some hundred words at once anyway.`;
}

/** The server let go of the sentence that is shown. What is drawn stays; what is not comes back with it. */
function lostRoom() {
  const again = () => {
    if (!store.trace) return;
    $("sentence").value = store.trace.text;
    $("pair").value = store.trace.pair;
    generate({ token: store.selection.token });
  };
  notice("room", {
    strong: "The server needed the room of this sentence.", text: "Generate All brings it back.",
    actions: [{ text: "Generate All", act: again }],
  });
}

/**
 * Runs the sentence in the fields.
 * @param {{token?: number}} [options] the token to focus when it is there
 */
export function generate({ token = -1 } = {}) {
  const text = $("sentence").value;
  const pair = $("pair").value;
  if (!text.trim()) {
    sentenceError(EMPTY);
    if (document.body.dataset.state === "starting") document.body.dataset.state = "empty";
    $("sentence").focus();
    return;
  }
  const long = tooLong("The sentence", text) ?? tooLong("The second sentence", pair);
  if (long) {
    sentenceError(long);
    $("sentence").focus();
    return;
  }
  sentenceError(null);
  notice("generate", null);
  notice("room", null);
  running = true;
  closeSheet();
  // A pass over a short sentence is over before an eye could follow: only longer ones show it.
  waiting = { share: 0, text: "Cutting into tokens" };
  clearTimeout(patience);
  patience = window.setTimeout(() => {
    if (!store.trace) document.body.dataset.state = "loading";
    progress();
  }, 120);
  happen("generate", { text, pair, token });
}

/** @param {any} message */
function heard({ stage, text, share, place, error, where }) {
  if (["queue", "loading", "running", "drawing"].includes(stage)) {
    waiting = { share, text };
    if (running && $("generate").hasAttribute("aria-disabled")) progress();
    if (running && stage === "queue") queued(place);
    return;
  }
  idle();
  if (stage === "failed") {
    if (where === "sentence") sentenceError(error);
    else notice("generate", { tone: "alert", text: error });
  }
}

/** The token to focus in a new trace: what was asked for, else the same place if the text is the same. */
function focusFor(/** @type {import("./store.js").TraceMessage} */ trace) {
  if (typeof trace.token === "number" && trace.token >= 0) return trace.token;
  const before = store.trace;
  if (before && before.text === trace.text && before.pair === trace.pair) return store.selection.token;
  return Math.max(0, trace.tokens.findIndex((token) => !token.special));
}

/** @param {import("./store.js").TraceMessage} trace */
function arrived(trace) {
  const limit = trace.facts["max-tokens"];
  $("count").textContent = `${trace.facts.tokens} of ${limit} tokens`;
  const pieces = trace.truncated === 1 ? "1 token was" : `${trace.truncated} tokens were`;
  notice("truncated", trace.truncated ? {
    tone: "alert",
    strong: `${pieces} left out.`,
    text: `This model reads ${limit} tokens at once, so the page shows what fits${trace.pair ? "; the longer sentence was cut first" : ""}.`,
  } : null);
  const typed = [...new Set(trace.typed)];
  notice("typed", typed.length ? {
    text: `${typed.join(" and ")} in your text ${typed.length > 1 ? "are" : "is"} read as the model's own special token${typed.length > 1 ? "s" : ""}, not as letters.`,
  } : null);
  document.body.dataset.state = "ready";
  show(trace, focusFor(trace));
}

export function closeSheet() {
  document.querySelector(".side")?.classList.remove("open");
  document.querySelector(".sheet-toggle")?.setAttribute("aria-expanded", "false");
}

export function startForm() {
  $("form").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); generate(); });
  for (const id of ["sentence", "pair"]) {
    $(id).addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      generate();
    });
    $(id).addEventListener("input", () => {
      const trace = store.trace;
      const same = trace && trace.text === $("sentence").value && trace.pair === $("pair").value;
      const limit = trace?.facts["max-tokens"] ?? 512;
      $("count").textContent = same ? `${trace.facts.tokens} of ${limit} tokens` : `up to ${limit} tokens`;
      if ($("sentence").value.trim()) sentenceError(null);
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) generate();
  });
  $("cancel").addEventListener("click", () => { happen("stop", 1); });
  for (const button of document.querySelectorAll("[data-example]")) {
    button.addEventListener("click", () => {
      const { example, examplePair, exampleToken } = /** @type {HTMLElement} */ (button).dataset;
      $("sentence").value = example ?? "";
      $("pair").value = examplePair ?? "";
      if (examplePair) /** @type {HTMLDetailsElement} */ (document.querySelector(".pair")).open = true;
      generate({ token: Number(exampleToken) });
    });
  }
  document.querySelector(".sheet-toggle")?.addEventListener("click", (event) => {
    const open = document.querySelector(".side")?.classList.toggle("open");
    /** @type {HTMLElement} */ (event.currentTarget).setAttribute("aria-expanded", String(open));
  });
  if (/Mac|iP/.test(navigator.platform)) document.querySelector(".primary kbd")?.replaceChildren("⌘ ↵");
  receive("aa-progress", heard);
  receive("aa-trace", arrived);
  receive("aa-room", lostRoom);
}
