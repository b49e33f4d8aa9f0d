/**
 * Hosts the views: each `.aa-view` gets a model of its own, in the shape anywidget has, and draws
 * the Pictures that the server sends for it.
 */

import { h } from "../../views/shared/dom.js";
import { UNDRAWN, complain, hostedModel } from "../../views/shared/hosted.js";
import { offerSave } from "./save-buttons.js";
import { receive, report } from "./server.js";
import { choose, on, setLook, setShown, store } from "./store.js";

/** @typedef {{fire: (key: string) => void, picture: any}} Hosted */
/** @type {Map<string, Hosted>} */
const hosted = new Map();
/** @type {Set<string>} */
const styles = new Set();
/** @type {Set<string>} */
const seen = new Set();

/** The formulas that views may show, by name. @type {Map<string, Element>} */
const formulas = new Map();

/** @param {string} id @param {HTMLElement} el @param {any} picture */
async function mount(id, el, picture) {
  const { model, fire } = hostedModel({
    get: (key) => {
      if (key === "picture") return held.picture;
      if (key === "selection") return store.selection;
      if (key === "theme") return store.theme;
      if (key === "look") return store.look;
      if (key === "shown") return store.shown;
      if (key === "formulas") return formulas;
      return undefined;
    },
    set: (key, value) => {
      if (key === "selection") choose(value);
      if (key === "look") setLook(value);
      if (key === "tau") setShown({ tau: value });
    },
  });
  /** @type {Hosted} */
  const held = { picture, fire };
  hosted.set(id, held);
  const view = picture.view;
  try {
    const [module] = await Promise.all([import(`../../views/${view}/${view}.js`), style(view)]);
    module.default.render({ model, el });
    el.dataset.drawn = "";
    offerSave(el);
  } catch (error) {
    hosted.delete(id);  // the next picture tries again
    complain(el, `${UNDRAWN} Reload the page to try again.`);
    console.error(error);
  }
}

/** Loads a view's style once, and waits for it so that nothing is drawn undressed. @param {string} view */
function style(view) {
  if (styles.has(view)) return undefined;
  styles.add(view);
  return new Promise((resolve) => {
    document.head.append(h("link", { rel: "stylesheet", href: `views/${view}/${view}.css`, onload: resolve, onerror: resolve }));
  });
}

/** Pictures are made when their place comes near, and only for the tab that is open. */
function watch() {
  let due = false;
  const open = (/** @type {string} */ id) => !document.getElementById(id)?.closest("[hidden]");
  const tell = () => { due = false; report("seen", [...seen].filter(open)); };
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || seen.has(target.id)) continue;
      seen.add(target.id);
      observer.unobserve(target);
      if (!due) { due = true; queueMicrotask(tell); }
    }
  }, { rootMargin: "600px 0px" });
  for (const el of document.querySelectorAll(".aa-view")) observer.observe(el);
  on("tab", () => queueMicrotask(tell));
}

export function startHost() {
  for (const template of document.querySelectorAll("template[data-formula]")) {
    formulas.set(/** @type {HTMLElement} */ (template).dataset.formula ?? "", template);
  }
  receive("aa-picture", ({ id, picture, error }) => {
    const el = document.getElementById(id);
    if (!el) return;
    complain(el, error ?? null);
    if (error) return;
    const held = hosted.get(id);
    if (!held) { mount(id, el, picture); return; }
    held.picture = picture;
    held.fire("picture");
  });
  on("selection", () => hosted.forEach((held) => held.fire("selection")));
  on("theme", () => hosted.forEach((held) => held.fire("theme")));
  on("look", () => hosted.forEach((held) => held.fire("look")));
  watch();
}
