/** The model: which is wanted, which is shown, and what happens in between. */

import { many } from "../../views/shared/dom.js";
import { showAbout } from "./about-model.js";
import { generate } from "./form.js";
import { notice } from "./notices.js";
import { happen, receive } from "./server.js";
import { setModel, store } from "./store.js";

const OTHER = "…";
/** On a server a visitor chooses from what is offered, and a download is also the others'. */
const SERVER = document.body.dataset.server !== undefined;
const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

/**
 * @typedef {{name: string, title: string, layers: number, heads: number, hidden: number, max_tokens: number,
 *   about: import("./about-model.js").About}} Shown
 * @typedef {{wanted: string, title: string, status: string, done: number, total: number | null, error: string | null,
 *   unreachable: boolean, cancelled: boolean, too_large: boolean, refused: string | null, offer: boolean, shown: Shown | null}} Message
 */

/** @param {Shown} shown */
const size = ({ layers, heads }) => `${many(layers, "layer")} × ${many(heads, "head")}`;

/** @param {Message} message */
function line({ wanted, title, status, shown }) {
  const node = $("shown");
  const lines = [];
  if (shown) {
    lines.push(`Shown: ${shown.title}`, `${size(shown)}, ${many(shown.hidden, "dimension")}`);
    if (!store.trace) $("count").textContent = `up to ${shown.max_tokens} tokens`;
  }
  if (!shown || shown.name !== wanted) {
    /** @type {Record<string, string>} */
    const waits = {
      waiting: `Waiting for PyTorch and ${title} to load`, loading: `Loading ${title}`, resolving: `Looking for ${title}`,
      downloading: `Downloading ${title}`, ready: `${title} is ready: Generate All runs it`, failed: "",
    };
    if (!shown || ["loading", "downloading", "ready"].includes(status)) lines.push(waits[status] || "Loading the embedded model");
  }
  node.firstElementChild.replaceChildren(...lines.flatMap((text, i) => (i ? [document.createElement("br"), text] : [text])));
  node.dataset.tone = shown?.name === wanted ? "good" : shown ? "other" : "wait";
}

/** @param {Message} message */
function notices({ title, status, done, total, error, unreachable, cancelled, too_large, offer, shown }) {
  const showing = shown && `showing ${shown.title} (${size(shown)}).`;
  const instead = showing || "the embedded model is loading.";
  const meanwhile = showing ? `The page is ${showing}` : "The embedded model is loading.";
  if (status === "downloading" && done) {
    const of = total ? ` of ${megabytes(total)}` : "";
    notice("model", {
      strong: `Downloading ${title}:`, text: `${megabytes(done)}${of} MB. Until it is here, ${showing ? "the page is " : ""}${instead}`,
      share: total ? done / total : null, actions: SERVER ? [] : [{ text: "Cancel", act: () => happen("cancel_download", 1) }],
    });
  } else if (status === "failed") {
    const again = { text: "Try again", act: () => { notice("model", null); happen("retry", 1); } };
    if (unreachable) notice("model", { tone: "alert", strong: `${title} could not be reached;`, text: instead, actions: [again] });
    else if (cancelled) notice("model", { strong: `The download of ${title} was stopped;`, text: instead, actions: [again] });
    else if (too_large) {
      const anyway = { text: "Load anyway", act: () => { notice("model", null); happen("load_anyway", 1); } };
      notice("model", {
        tone: "alert", strong: error ?? "", actions: [again, anyway],
        text: `Close other programs, or choose a smaller model. Loading it anyway can make this computer very slow. ${meanwhile}`,
      });
    } else notice("model", { tone: "alert", strong: error ?? "", text: meanwhile, actions: [again] });
  } else if (offer) {
    notice("model", { strong: `${title} is ready.`, actions: [{ text: "Show this sentence with it", act: () => { notice("model", null); generate({ token: store.selection.token }); } }] });
  } else notice("model", null);
}

/** @param {string} name */
function want(name) {
  notice("refused", null);
  setModel(name);
  happen("wanted_model", name);
}

/** What was asked for is not offered: the field goes back to what is wanted still. @param {Message} message */
function refuse({ refused, wanted }) {
  if (!refused) return;
  notice("refused", { tone: "alert", text: refused });
  $("model").value = wanted;
  setModel(wanted);
}

export function startModels() {
  const select = $("model");
  setModel(select.value);
  select.addEventListener("change", () => { if (select.value !== OTHER) want(select.value); });
  if (!SERVER) startOther(select);
  const what = $("about-model");
  /** @type {Shown | null} */
  let shown = null;
  what.addEventListener("click", () => { if (shown) showAbout(shown.title, shown.about); });
  receive("aa-model", (message) => {
    shown = message.shown;
    what.hidden = !shown;
    refuse(message);
    line(message);
    notices(message);
  });
}

/** The field for a folder or a hub id. @param {HTMLSelectElement} select */
function startOther(select) {
  const other = $("other-model-field");
  const load = () => { const name = $("other-model").value.trim(); if (name) want(name); };
  select.addEventListener("change", () => {
    other.hidden = select.value !== OTHER;
    if (!other.hidden) $("other-model").focus();
  });
  $("load-other").addEventListener("click", load);
  $("other-model").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    load();
  });
}

/** Puts a model's name into the field, as the address asks. @param {string} name */
export function fillModel(name) {
  const select = $("model");
  const known = [...select.options].some((option) => option.value === name && name !== OTHER);
  if (known || !SERVER) select.value = known ? name : OTHER;
  if (!SERVER) {
    $("other-model-field").hidden = known;
    if (!known) $("other-model").value = name;
  }
  want(name);
}
