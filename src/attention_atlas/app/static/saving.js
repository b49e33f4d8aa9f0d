/** The dialog that saves: one view as a figure or its numbers, or the exploration as one HTML file. */

import { copies } from "../../views/shared/clipboard.js";
import { h } from "../../views/shared/dom.js";
import { happen, lost, receive } from "./server.js";
import { on, store } from "./store.js";

/**
 * @typedef {"figure" | "page"} Kind
 * @typedef {object} Answer what app/sections/saving.py tells
 * @property {Kind} kind @property {number} number which request it answers
 * @property {string} [refusal] why there is nothing
 * @property {string} [place] where in the queue of passes it waits
 * @property {string} [preview] the address of a PNG @property {number} [inches] how wide it is printed
 * @property {string} [title] @property {string} [caption] of a figure
 * @property {string} [holds] which arrays are in a file of numbers
 * @property {string} [opens] what a page opens on
 * @property {{url: string, name: string, size: number}} [file] there when it can be saved
 */

const GONE = "The connection to the application is gone. The page comes back by itself; save then.";
/** CSS pixels an inch has: a preview is as large as the print. */
const INCH = 96;
const KINDS = /** @type {const} */ (["figure", "page"]);

const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("saving"));
/** @template {HTMLElement} [T=HTMLElement] @param {string} selector @param {ParentNode} [inside] */
const find = (selector, inside = dialog) => /** @type {T} */ (inside.querySelector(selector));
/** @param {Kind} kind */
const tabOf = (kind) => find(`#tab-save-${kind}`);

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * One of the two: asks for what is chosen, and shows the answer to what was asked last.
 * @param {Kind} kind
 * @param {object} of
 * @param {() => Record<string, unknown>} of.choices
 * @param {(place?: string) => void} of.waits @param {(answer: Answer) => void} of.shows
 */
function half(kind, { choices, waits, shows }) {
  const panel = find(`#save-${kind}`);
  const said = find("[data-saved-file]", panel);
  const save = /** @type {HTMLButtonElement} */ (find("[data-save]", panel));
  let number = 0;
  let asked = "";
  let unanswered = false;
  /** @type {Answer["file"]} */
  let file;

  const ask = () => {
    const { trace, selection, shown, look } = store;
    const key = JSON.stringify([choices(), trace?.key, selection, shown, look]);
    if (panel.hidden || !dialog.open || key === asked) return;
    asked = key;
    number += 1;
    unanswered = true;
    file = undefined;
    save.disabled = true;
    said.textContent = "";
    waits();
    happen(`save_${kind}`, { ...choices(), number });
  };
  /** @param {Answer} answer */
  const hear = (answer) => {
    if (answer.number !== number) return;
    if (answer.place !== undefined) { waits(answer.place); return; }
    unanswered = !answer.file && answer.refusal === undefined;
    file = answer.file;
    save.disabled = !file;
    said.replaceChildren(...(file ? [h("bdi", {}, file.name), " ", h("span", { class: "num" }, size(file.size))] : []));
    shows(answer);
  };
  save.addEventListener("click", () => { if (file) h("a", { href: file.url, download: file.name }).click(); });
  find("form", panel).addEventListener("change", ask);
  find("form", panel).addEventListener("submit", (event) => event.preventDefault());
  /** Whether what was asked for is still under way; it is asked for anew when the dialog opens again. */
  const leave = () => {
    if (!unanswered) return false;
    unanswered = false;
    asked = "";
    number += 1;
    return true;
  };
  return {
    panel, ask, hear, leave,
    refuse: (/** @type {string} */ refusal) => { asked = ""; hear({ kind, number, refusal }); },
  };
}

/** @param {string} kind */
const form = (kind) => /** @type {HTMLFormElement} */ (find(`#save-${kind} form`));

function figureHalf() {
  const sheet = find(".sheet");
  const paper = find("[data-sheet]");
  const state = find("[data-state]", sheet);
  const caption = find(".caption");
  const words = find("[data-caption]");
  let latest = "";
  copies(find("button", caption), () => words.textContent ?? "", dialog);

  /** @param {string} text @param {{refused?: boolean}} [of] */
  const say = (text, { refused = false } = {}) => {
    latest = "";
    paper.replaceChildren();
    state.textContent = text;
    state.classList.toggle("refused", refused);
    sheet.setAttribute("aria-busy", "false");
  };
  /** Draws it when it is there, and not if another has been asked for since. @param {Answer} answer */
  const draw = async ({ preview = "", inches = 0, title, caption: text }) => {
    if (preview === latest) return;
    latest = preview;
    const image = h("img", { alt: `${title}. ${text}`, src: preview, width: Math.round(inches * INCH) });
    const there = await image.decode().then(() => true, () => false);
    if (preview !== latest) return;
    if (!there) { say(GONE, { refused: true }); return; }
    paper.replaceChildren(image);
    state.textContent = "";
    sheet.setAttribute("aria-busy", "false");
  };
  return half("figure", {
    choices: () => {
      const { columns, ...rest } = Object.fromEntries(new FormData(form("figure")));
      return { ...rest, columns: Number(columns) };
    },
    waits: (place = "Drawing…") => {
      latest = "";
      state.textContent = place;
      state.classList.remove("refused");
      sheet.setAttribute("aria-busy", "true");
    },
    shows: (answer) => {
      caption.hidden = answer.refusal !== undefined;
      words.textContent = answer.caption ?? "";
      if (answer.refusal !== undefined) say(answer.refusal, { refused: true });
      else if (answer.holds !== undefined) say(answer.holds);
      else draw(answer);
    },
  });
}

function pageHalf() {
  const told = find(".told");
  const state = find("[data-state]", told);
  const large = find("[data-size]");
  const checked = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form("page").elements.namedItem(name)).checked;
  return half("page", {
    choices: () => {
      const { heads, theme } = Object.fromEntries(new FormData(form("page")));
      return { heads, theme, overview: checked("overview"), across: checked("across"), walk: checked("walk") };
    },
    waits: (place = "Putting the file together…") => {
      state.textContent = place;
      state.classList.remove("refused");
      told.setAttribute("aria-busy", "true");
    },
    shows: ({ refusal, opens, file }) => {
      if (opens !== undefined) find("[data-opens]").textContent = opens;
      if (refusal === undefined && !file) return;
      large.textContent = file ? size(file.size) : "";
      state.textContent = refusal ?? "";
      state.classList.toggle("refused", refusal !== undefined);
      told.setAttribute("aria-busy", "false");
    },
  });
}

/** @type {Record<Kind, ReturnType<typeof half>>} */
let halves;

/** @param {Kind} kind */
function openTab(kind) {
  for (const one of KINDS) {
    tabOf(one).setAttribute("aria-selected", String(one === kind));
    tabOf(one).tabIndex = one === kind ? 0 : -1;
    halves[one].panel.hidden = one !== kind;
  }
  halves[kind].ask();
}

/** The figures there are, by their names. */
const options = () => /** @type {HTMLOptionElement[]} */ ([...dialog.querySelectorAll('select[name="view"] option')]);

/** What the page calls a figure. @param {string} figure */
export const titleOf = (figure) => options().find(({ value }) => value === figure)?.text ?? "";

/** Opens the dialog on a view. @param {string} figure @param {HTMLElement} opener where the focus goes back to */
export function openSaving(figure, opener) {
  if (!store.trace || dialog.open) return;
  const view = /** @type {HTMLSelectElement} */ (find('select[name="view"]'));
  view.value = figure;
  dialog.addEventListener("close", () => opener.focus({ preventScroll: true }), { once: true });
  dialog.showModal();
  openTab("figure");
  view.focus();
}

export function startSaving() {
  halves = { figure: figureHalf(), page: pageHalf() };
  for (const kind of KINDS) tabOf(kind).addEventListener("click", () => openTab(kind));
  find('[role="tablist"]').addEventListener("keydown", (event) => {
    const { key } = /** @type {KeyboardEvent} */ (event);
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(key)) return;
    event.preventDefault();
    const other = tabOf("figure").tabIndex === 0 ? "page" : "figure";  // of two, each arrow leads to the other
    const kind = key === "Home" ? "figure" : key === "End" ? "page" : other;
    openTab(kind);
    tabOf(kind).focus();
  });
  find(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    const left = KINDS.filter((kind) => halves[kind].leave());
    if (left.length) happen("leave_saving", 1);
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });  // beside it
  // The page behind has keys of its own: Escape there lets go of the focused token.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  receive("aa-saved", (/** @type {Answer} */ answer) => halves[answer.kind].hear(answer));
  lost(() => KINDS.forEach((kind) => halves[kind].refuse(GONE)));
  on("trace", () => {
    for (const option of options()) option.hidden = option.disabled = option.dataset.needsHead !== undefined && !store.trace?.predicts;
    KINDS.forEach((kind) => halves[kind].ask());
  });
}
