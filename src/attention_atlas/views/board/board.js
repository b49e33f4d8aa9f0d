/**
 * A board: views of one trace side by side, outside the page. It stands in a notebook, where
 * Python makes its pictures as they are asked for, or in a file, which carries those it has.
 *
 * @typedef {import("../shared/live.js").Selection} Selection
 * @typedef {import("../shared/look.js").Look} Look
 * @typedef {{layer: number, head: number, token: number, theme: "dark" | "light", tau: number, look: Look}} State
 * @typedef {{tokens: import("../shared/ribbon.js").Token[], facts: Record<string, number>, activation: string,
 *   name?: string, markup?: string, views: Record<string, string>, formulas: Record<string, string>}} About what does not change:
 *   `views` is place -> view
 * @typedef {{picture?: any, error?: string, back?: Partial<State> | null}} Drawn a place's picture, or why there is
 *   none; `back` leads to where there is one
 * @typedef {object} Host
 * @property {() => State} state
 * @property {(change: Partial<State>) => void} set
 * @property {(place: string) => Drawn} drawn
 * @property {(changed: (keys: (keyof State)[], places: string[]) => void) => void} listen tells when either changes
 */

import { h } from "../shared/dom.js";
import { UNDRAWN, complain, hostedModel } from "../shared/hosted.js";
import { lookOptions } from "../shared/options.js";
import { tipsIn } from "../shared/reading.js";
import { tokenRibbon } from "../shared/ribbon.js";
import { copyPython, fillChosen, fillFacts } from "../shared/slots.js";

const NEAR = "600px 0px"; // a view is drawn when it comes this near to what is seen

/** What Python wrote (htmltools, views/formulas.py): no text of a person is in it. @param {string} text */
function fragment(text) {
  const nodes = document.createDocumentFragment();
  nodes.append(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  return nodes;
}

/**
 * @param {object} of
 * @param {HTMLElement} of.room where the board stands; it has the theme
 * @param {About} of.about
 * @param {Host} of.host
 * @param {(path: string) => Promise<any>} of.module
 * @param {AbortSignal} of.signal
 */
export function board({ room, about, host, module, signal }) {
  if (about.markup) room.append(fragment(about.markup));
  const formulas = new Map(Object.entries(about.formulas).map(([name, text]) => [name, fragment(text).firstElementChild]));
  for (const template of /** @type {NodeListOf<HTMLTemplateElement>} */ (room.querySelectorAll("template[data-formula]"))) {
    formulas.set(template.dataset.formula ?? "", /** @type {any} */ (template));
  }
  const selection = () => { const { layer, head, token } = host.state(); return { layer, head, token }; };
  const walked = () => (host.state().token >= 0 ? host.state().token : Math.max(0, about.tokens.findIndex((token) => !token.special)));
  const choosers = /** @type {HTMLSelectElement[]} */ ([...room.querySelectorAll("select[data-choose]")]);
  for (const select of choosers) {
    select.addEventListener("change", () => host.set({ [select.dataset.choose ?? ""]: Number(select.value) }), { signal });
  }
  const line = /** @type {HTMLElement | null} */ (room.querySelector(".ribbon"));
  const ribbon = line && tokenRibbon(line, { choose: (token) => host.set({ token }), signal });
  ribbon?.show(about.tokens);
  const showLook = lookOptions(room, { set: (change) => host.set({ look: { ...host.state().look, ...change } }), signal });
  fillFacts(room, about);
  copyPython(room, signal);
  for (const event of ["pointerover", "focusin"]) room.addEventListener(event, () => tipsIn(room), { signal });
  room.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && host.state().token >= 0) host.set({ token: -1 });
  }, { signal });

  /** @type {Map<string, (key: string) => void>} */
  const mounted = new Map();

  /** @param {HTMLElement} el */
  const show = (el) => {
    const { picture, error, back } = host.drawn(el.id);
    const way = back ? [" ", h("button", { type: "button", class: "link", onclick: () => host.set(back) }, "Show it again")] : [];
    complain(el, error ?? null, .../** @type {any[]} */ (way));
    if (!picture) return;
    const fire = mounted.get(el.id);
    if (fire) fire("picture");
    else mount(el);
  };

  /** @param {HTMLElement} el */
  const mount = async (el) => {
    const view = about.views[el.id];
    const { model, fire } = hostedModel({
      get: (key) => {
        if (key === "picture") return host.drawn(el.id).picture ?? null;
        if (key === "selection") return selection();
        if (key === "theme" || key === "look") return host.state()[key];
        if (key === "formulas") return formulas;
        return key === "plotly_url" ? null : undefined;
      },
      set: (key, value) => {
        if (key === "selection") host.set(value);
        if (key === "look") host.set({ look: value });
        if (key === "tau") host.set({ tau: value });
      },
    });
    mounted.set(el.id, fire);
    try {
      const { default: shown } = await module(`${view}/${view}.js`);
      if (signal.aborted) return;
      const end = shown.render({ model, el });
      signal.addEventListener("abort", end);
      el.dataset.drawn = "";
    } catch (error) {
      mounted.delete(el.id);
      complain(el, UNDRAWN);
      console.error(error);
    }
  };

  const follow = () => {
    const { layer, head, token, theme, look } = host.state();
    room.dataset.theme = theme;
    for (const select of choosers) select.value = String(select.dataset.choose === "layer" ? layer : head);
    ribbon?.mark(token);
    showLook(look);
    fillChosen(room, about, selection(), walked());
  };

  const places = /** @type {HTMLElement[]} */ ([...room.querySelectorAll(".aa-view")]);
  /** @type {Set<HTMLElement>} */
  const near = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      near.add(/** @type {HTMLElement} */ (target));
      show(/** @type {HTMLElement} */ (target));
    }
  }, { rootMargin: NEAR });
  signal.addEventListener("abort", () => observer.disconnect());
  follow();
  for (const el of places) observer.observe(el);

  host.listen((keys, changed) => {
    if (signal.aborted) return;
    follow();
    for (const el of near) if (changed.includes(el.id)) show(el);
    for (const fire of mounted.values()) {
      if (keys.some((key) => key === "layer" || key === "head" || key === "token")) fire("selection");
      if (keys.includes("theme")) fire("theme");
      if (keys.includes("look")) fire("look");
    }
  });
}

/** What the notebook's own colours are. @returns {"dark" | "light"} */
function themeAround() {
  const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "true" ? "light" : "dark";
  if (vscodeThemeKind) return vscodeThemeKind.includes("light") ? "light" : "dark";
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/**
 * The board of a widget: the traits of Python are its state, and each place's picture is one too.
 * @param {{model: any, el: HTMLElement, style: string, module: (path: string) => Promise<any>}} of
 * @returns {() => void} ends it
 */
export function notebookBoard({ model, el, style, module }) {
  const stop = new AbortController();
  // A shadow root keeps our rules from the notebook, and the notebook's from us.
  const root = el.attachShadow({ mode: "open" });
  const about = model.get("_about");
  const room = h("div", { class: "aa aa-board", role: "group", "aria-label": about.name });
  root.append(h("style", {}, style), room);
  const places = Object.keys(about.views);
  const KEYS = /** @type {(keyof State)[]} */ (["layer", "head", "token", "tau", "look", "theme"]);
  const theme = () => (model.get("theme") === "auto" ? themeAround() : model.get("theme"));
  /** @type {Host} */
  const host = {
    state: () => /** @type {State} */ ({ ...Object.fromEntries(KEYS.map((key) => [key, model.get(key)])), token: model.get("token") ?? -1, theme: theme() }),
    set: (change) => {
      for (const [key, value] of Object.entries(change)) model.set(key, key === "token" && /** @type {number} */ (value) < 0 ? null : value);
      model.save_changes();
    },
    drawn: (place) => model.get(`_${place}`) ?? {},
    listen: (changed) => {
      /** @type {Set<string>} */
      const due = new Set();
      // What changes together is told together.
      const tell = (/** @type {string} */ key) => {
        if (!due.size) queueMicrotask(() => {
          const all = [...due];
          due.clear();
          changed(/** @type {(keyof State)[]} */ (all.filter((one) => KEYS.includes(/** @type {keyof State} */ (one)))), all.filter((one) => one.startsWith("_")).map((one) => one.slice(1)));
        });
        due.add(key);
      };
      for (const key of [...KEYS, ...places.map((place) => `_${place}`)]) {
        const listener = () => tell(key);
        model.on(`change:${key}`, listener);
        stop.signal.addEventListener("abort", () => model.off(`change:${key}`, listener));
      }
      const watched = new MutationObserver(() => { if (room.dataset.theme !== theme()) tell("theme"); });
      watched.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
      stop.signal.addEventListener("abort", () => watched.disconnect());
    },
  };
  board({ room, about, host, module, signal: stop.signal });
  return () => stop.abort();
}
