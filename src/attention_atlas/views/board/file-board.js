/**
 * The board of a single file: it has the pictures that went along, and says so where one did not.
 *
 * @typedef {import("./board.js").State} State
 * @typedef {{about: import("./board.js").About, state: State, depends: Record<string, string[]>,
 *   holds: Record<string, string>, pictures: Record<string, Record<string, number>>,
 *   kept: {picture?: any, error?: string}[]}} Data `pictures` is place -> key -> where it is in `kept`
 */

import { h } from "../shared/dom.js";
import { board } from "./board.js";

/** As Place.key in board/places.py has it. @param {unknown} value */
const written = (value) => (Array.isArray(value) ? value.join(",") : value === null ? "" : String(value));

/** @param {{main: HTMLElement, data: Data, module: (path: string) => Promise<any>}} of */
export function fileBoard({ main, data, module }) {
  const { about, depends, holds, pictures, kept } = data;
  const { signal } = new AbortController();
  const first = data.state;
  let state = { ...first };
  /** @type {((keys: (keyof State)[], places: string[]) => void)[]} */
  const listeners = [];
  /** @param {State} of @param {string} name */
  const valueOf = (of, name) => /** @type {any} */ (name in of ? of : of.look)[name];
  const keyOf = (/** @type {string} */ place) => depends[place].map((name) => written(valueOf(state, name))).join(";");

  /** What leads back to the picture that went along. @param {string} place @returns {Partial<State>} */
  const back = (place) => {
    const names = depends[place];
    const own = /** @type {(keyof State)[]} */ (names.filter((name) => name in first));
    const looks = names.filter((name) => !(name in first)).map((name) => [name, valueOf(first, name)]);
    const change = Object.fromEntries(own.map((name) => [name, first[name]]));
    return looks.length ? { ...change, look: { ...state.look, ...Object.fromEntries(looks) } } : change;
  };

  /** @param {Partial<State>} change */
  const set = (change) => {
    const before = Object.fromEntries(Object.keys(depends).map((place) => [place, keyOf(place)]));
    state = { ...state, ...change };
    const places = Object.keys(depends).filter((place) => keyOf(place) !== before[place]);
    for (const listener of listeners) listener(/** @type {(keyof State)[]} */ (Object.keys(change)), places);
  };

  themes(main, set, () => state.theme, listeners);
  tabs(main, signal);
  board({
    room: main, about, module, signal,
    host: {
      state: () => state,
      set,
      drawn: (place) => kept[pictures[place][keyOf(place)]] ?? { error: holds[place], back: back(place) },
      listen: (changed) => { listeners.push(changed); },
    },
  });
}

/**
 * @param {HTMLElement} main @param {(change: Partial<State>) => void} set @param {() => string} now
 * @param {((keys: (keyof State)[], places: string[]) => void)[]} listeners
 */
function themes(main, set, now, listeners) {
  const buttons = /** @type {HTMLElement[]} */ ([...main.querySelectorAll("[data-set-theme]")]);
  const show = () => {
    document.documentElement.dataset.theme = now();
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.setTheme === now()));
  };
  for (const button of buttons) button.addEventListener("click", () => set({ theme: /** @type {any} */ (button.dataset.setTheme) }));
  listeners.push(show);
  show();
}

/** A tab for each panel. @param {HTMLElement} main @param {AbortSignal} signal */
function tabs(main, signal) {
  const list = main.querySelector('[role="tablist"]');
  if (!list) return;
  const panels = /** @type {HTMLElement[]} */ ([...main.querySelectorAll(".panel")]);
  const buttons = panels.map((panel, k) => {
    panel.id = `panel-${k}`;
    panel.setAttribute("role", "tabpanel");
    const name = panel.getAttribute("aria-label") ?? "";
    return h("button", { type: "button", role: "tab", id: `tab-${k}`, "aria-controls": panel.id }, name);
  });
  const open = (/** @type {number} */ at) => panels.forEach((panel, k) => {
    panel.hidden = k !== at;
    buttons[k].setAttribute("aria-selected", String(k === at));
    buttons[k].tabIndex = k === at ? 0 : -1;
  });
  buttons.forEach((button, k) => button.addEventListener("click", () => open(k), { signal }));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[/** @type {KeyboardEvent} */ (event).key];
    if (!step) return;
    event.preventDefault();
    const at = (buttons.findIndex((button) => button.tabIndex === 0) + step + buttons.length) % buttons.length;
    open(at);
    buttons[at].focus();
  }, { signal });
  list.append(...buttons);
  open(0);
}
