/** The line to the server is gone: the page says so, asks for it again and again, and opens anew when it is back. */

import { notice, quietly } from "./notices.js";
import { keep, kept } from "./restoring.js";
import { askedInVain, check, lost, openSocket, unanswered } from "./server.js";

/** @typedef {"gone" | "restarts" | "full" | "refused" | "large"} Why */

const server = document.body.dataset.server !== undefined;
/** Seconds between one try and the next: the first pauses, and the longest. Who is refused asks more rarely. */
const FIRST = { gone: 1, restarts: 1, large: 1, full: 5, refused: 15 };
const LONGEST = { gone: 15, restarts: 15, large: 15, full: 30, refused: 60 };
/** Of what a server's pages are told at once they do not come back at once: a pause is up to so much longer. */
const SPREAD = server ? 1.5 : 0.2;
/** No try comes sooner after another, whoever asks for it. */
const LEAST_MS = 1000;
/** How long one try may take. */
const PATIENCE_MS = 8000;
/** A page that opens anew does not take the words out of the mouth of who is typing. */
const TYPING_MS = 1500;
/** A page that loses its connection so soon has lost it again. */
const SOON_MS = 60_000;
/** What closes a socket: the server ends, a message was too large, there are too many sessions. */
const CODES = new Map([[1012, "restarts"], [1009, "large"], [1013, "full"]]);

/** What is said: that it is gone, and what becomes of it. @type {Record<Why, [string, string]>} */
const SAID = {
  gone: ["The connection to the application is gone.", server ? "What is drawn stays. The page comes back by itself." : "Is it still running in its terminal? The page comes back by itself."],
  restarts: ["The application was stopped, or is being restarted.", "What is drawn stays. The page comes back by itself."],
  full: ["The application is full:", "as many people use it as it takes at once. The page comes back by itself when there is room."],
  refused: ["The application answers, but takes no connection from this page.", server
    ? "Open it at the address that its operator gave. If this is the one, a proxy in between may not pass connections on."
    : "Open it at the address that its terminal names."],
  large: ["The sentence is larger than the application takes in one message.", "It stays in its field. The page comes back by itself."],
};

/** @type {Why} */
let why = "gone";
/** Which pause comes next. */
let tries = 0;
let trying = false;
let tried = -Infinity;
/** When the next try is, and what waits for it. */
let due = 0;
let timer = 0;
let ticking = 0;
let typed = -Infinity;
/** Whether something was asked for in vain, and whether a sentence was under way. */
let inVain = false;
let interrupted = false;
/** How often in a row the page was opened anew, this time included. */
let again = 0;

function say() {
  const [strong, text] = SAID[why];
  const waiting = !inVain ? "" : unanswered() ? "Your sentence runs then." : "Until then nothing new can be drawn.";
  notice("lost", {
    tone: "alert", strong, text: [text, waiting].filter(Boolean).join(" "), quiet: count(),
    actions: [{ text: "Try now", act: attempt }],
  });
}

/** The seconds are for the eye: read aloud, they would never end. */
function count() {
  if (trying) return "Trying…";
  if (document.hidden) return "";
  return `Next try in ${Math.max(1, Math.ceil((due - performance.now()) / 1000))} s.`;
}

function schedule() {
  clearTimeout(timer);
  clearInterval(ticking);
  if (document.hidden) return;  // nobody waits: it tries when somebody looks
  const pause = Math.min(LONGEST[why], FIRST[why] * 2 ** tries) * (1 + SPREAD * Math.random());
  tries += 1;
  due = performance.now() + 1000 * pause;
  timer = window.setTimeout(attempt, 1000 * pause);
  ticking = window.setInterval(() => quietly("lost", count()), 1000);
  quietly("lost", count());
}

/** What the server makes of a page that asks. @returns {Promise<Why | null>} null when there is a line to be had */
async function ask() {
  const answer = await fetch("healthz", { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (answer.type === "opaqueredirect") return null;  // to a place where one signs in: the browser goes there
  if (answer.status >= 500) return "gone";
  return new Promise((resolve) => {
    const socket = openSocket();
    let opened = false;
    const answered = (/** @type {Why | null} */ what) => { resolve(what); clearTimeout(late); socket.close(); };
    const late = setTimeout(() => answered("gone"), PATIENCE_MS);
    socket.addEventListener("open", () => { opened = true; });
    socket.addEventListener("message", () => answered(null));
    socket.addEventListener("close", ({ code }) => answered(/** @type {Why} */ (CODES.get(code)) ?? (opened ? "gone" : "refused")));
  });
}

async function attempt() {
  const early = LEAST_MS - (performance.now() - tried);
  clearTimeout(timer);
  if (trying) return;
  if (early > 0) { timer = window.setTimeout(attempt, early); return; }
  trying = true;
  quietly("lost", count());
  const found = await ask().catch(() => /** @type {Why} */ ("gone"));
  tried = performance.now();
  if (found === null) { reopen(); return; }
  trying = false;
  if (found !== why && found !== "restarts") { why = found; tries = 0; say(); }
  schedule();
}

/** Opens the page anew at its address, once nobody types and no dialog is being read. */
function reopen() {
  clearInterval(ticking);
  quietly("lost", "It is back.");
  const reading = /** @type {HTMLDialogElement | null} */ (document.querySelector("dialog[open]:not(#saving)"));
  const rest = TYPING_MS - (performance.now() - typed);
  if (reading) reading.addEventListener("close", reopen, { once: true });
  else if (rest > 0) setTimeout(reopen, rest);
  else {
    keep({ again: again + 1, interrupted, large: why === "large" });
    window.location.reload();
  }
}

export function startLost() {
  const opened = performance.now();
  lost(({ code }) => {
    why = /** @type {Why} */ (CODES.get(code)) ?? "gone";
    interrupted = unanswered() !== null;
    // A server that takes the page and soon drops it is asked ever more rarely.
    again = performance.now() - opened < SOON_MS ? kept?.again ?? 0 : 0;
    tries = again;
    document.body.dataset.lost = "";
    document.body.removeAttribute("data-measuring");
    due = performance.now();
    say();
    schedule();
  });
  const back = () => {
    if (document.body.dataset.lost === undefined) check();
    else if (!document.hidden && (why === "gone" || why === "restarts")) attempt();
    else if (!document.hidden) schedule();
  };
  for (const event of ["online", "offline", "pageshow", "resume"]) window.addEventListener(event, back);
  document.addEventListener("visibilitychange", () => { if (document.hidden) clearTimeout(timer); else back(); });
  document.addEventListener("input", () => { typed = performance.now(); }, { capture: true, passive: true });
  askedInVain(() => { inVain = true; typed = -Infinity; say(); if (why !== "full" && why !== "refused") attempt(); });
}
