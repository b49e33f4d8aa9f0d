/**
 * The line to the server: Shiny's inputs one way, its custom messages the other.
 *
 * While it is down a sentence that is asked for waits here, as does one that was under way; the
 * rest of what is asked is only told to those who listen (lost.js), for nobody could answer it.
 *
 * @typedef {{text: string, pair: string, token: number}} Sentence what Generate All asks for
 * @typedef {{opened: boolean, code: number}} Cut whether there was a line at all, and the code it was closed with
 */

/** @type {any} Shiny's own global */
const Shiny = /** @type {any} */ (window).Shiny;

const ready = Shiny.initializedPromise;

/** How long an answer may take that is asked for only to hear whether there is one. */
const PATIENCE_MS = 10_000;
/** After so long a silence, whoever asks for something wants to know whether he is heard. */
const SILENCE_MS = 20_000;
const ENDS = ["done", "failed", "stopped"];

/** @type {((cut: Cut) => void)[]} */
const mourners = [];
/** @type {(() => void)[]} */
const refused = [];
/** @type {Map<string, ((message: any) => void)[]>} */
const receivers = new Map();

let down = false;
/** The sentence that was asked for and has not met its end. @type {Sentence | null} */
let awaited = null;
/** When something last came from the server, and whether that is being waited for. */
let heard = 0;
let asking = 0;
/** Opens a socket where Shiny does. */
export function openSocket() {
  const address = new URL("websocket/", document.baseURI);
  address.protocol = address.protocol.replace("http", "ws");
  address.hash = address.search = "";
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  return socket;
}

/** The line is gone; of one page there is one line. @param {Cut} cut */
function drop(cut) {
  if (down) return;
  down = true;
  clearTimeout(asking);
  if (awaited) waits();
  mourners.forEach((mourn) => mourn(cut));
}

// Shiny tells of the end of a line that has opened, and not why it ended: its socket is made here.
Shiny.createSocket = () => {
  const socket = openSocket();
  let opened = false;
  socket.addEventListener("open", () => { opened = true; });
  socket.addEventListener("message", () => { heard = performance.now(); clearTimeout(asking); asking = 0; });
  socket.addEventListener("close", ({ code }) => drop({ opened, code }));
  return socket;
};

/**
 * Asks for an answer, only to hear whether one comes. A machine that has slept or has moved to
 * another network may hold a line that is cut, and nothing else says so for minutes.
 */
export function check() {
  const app = Shiny.shinyapp;
  if (down || asking || !app?.isConnected() || !heard) return;
  asking = window.setTimeout(() => { drop({ opened: true, code: 1006 }); app.$socket?.close(); }, PATIENCE_MS);
  Shiny.setInputValue("alive", 1, { priority: "event" });
}

/** @param {string} type @param {any} message */
const pretend = (type, message) => receivers.get(type)?.forEach((callback) => callback(message));

/** The page shows of a sentence that it waits, as it shows of one that is under way. */
const waits = () => pretend("aa-progress", { stage: "running", text: "Waiting for the connection", share: null });

/** @param {string} name @param {unknown} value @param {object} [how] */
function send(name, value, how) {
  if (performance.now() - heard > SILENCE_MS) check();
  return ready.then(() => Shiny.setInputValue(name, value, how));
}

/**
 * Sets an input that keeps its value.
 * @param {string} name @param {unknown} value
 */
export const report = (name, value) => (down ? undefined : send(name, value));

/**
 * Sets an input that is an event: the server hears it every time, also with the same value.
 * @param {string} name @param {any} value
 */
export function happen(name, value) {
  if (name === "generate") awaited = value;
  if (!down) { send(name, value, { priority: "event" }); return; }
  if (name === "stop") pretend("aa-progress", { stage: "stopped" });
  else if (name === "generate") waits();
  if (name !== "stop") askInVain();
}

/**
 * @param {string} type @param {(message: any) => void} callback
 */
export function receive(type, callback) {
  const all = receivers.get(type) ?? [];
  all.push(callback);
  if (all.length > 1) return;
  receivers.set(type, all);
  ready.then(() => Shiny.addCustomMessageHandler(type, (/** @type {any} */ message) => pretend(type, message)));
}

receive("aa-alive", () => {});  // that it came is all it says
/** @param {() => void} callback called when a sentence has met its end */
export const ended = (callback) => receive("aa-progress", ({ stage }) => { if (ENDS.includes(stage)) callback(); });

ended(() => { awaited = null; });

/** The sentence that was asked for and has not met its end. */
export const unanswered = () => awaited;

/** Whether there is no line to the server. */
export const isDown = () => down;

/** @param {(cut: Cut) => void} callback called when the line to the server is gone, or could not be had */
export const lost = (callback) => { mourners.push(callback); };

/** Tells that something was asked while the line is down. */
export const askInVain = () => refused.forEach((hear) => hear());

/** @param {() => void} callback called when something is asked while the line is down */
export const askedInVain = (callback) => { refused.push(callback); };
