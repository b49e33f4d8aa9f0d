/**
 * What every view shares: it draws when its picture, the selection, the theme or its room changes.
 *
 * A view is `export default view(build)`, which has the shape anywidget knows, so that the page, a
 * notebook and a file can all host it. The model has
 *   picture    {view, state, arrays}: the Picture, its arrays still encoded
 *   selection  {layer, head, token}: counted from 0; token is -1 when none is focused
 *   theme      "dark" or "light"
 *   look       what is chosen beside these (look.js). Where a host has none, each view keeps its own
 *
 * @typedef {{get: (key: string) => any, set: (key: string, value: any) => void, save_changes: () => void,
 *   on: (event: string, callback: () => void) => void, off: (event: string, callback: () => void) => void}} Model
 * @typedef {{layer: number, head: number, token: number}} Selection
 * @typedef {{state: any, arrays: Record<string, import("./arrays.js").NdArray>, selection: Selection,
 *   theme: import("./colour.js").Theme, width: number, signal: AbortSignal,
 *   changed: {picture: boolean, selection: boolean, theme: boolean, width: boolean, look: boolean},
 *   choose: (change: Partial<Selection>) => void, look: Look, setLook: (change: Partial<Look>) => void}} Scene
 * @typedef {import("./look.js").Look} Look
 */

import { decode } from "./arrays.js";
import { LOOK, differ } from "./look.js";

/** Numbers that JSON has no words for: see views/picture.py, speakable. @param {any} value @returns {any} */
export function revived(value) {
  if (Array.isArray(value)) return value.map(revived);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === "number" && typeof value.number === "string") return Number(value.number);
  return Object.fromEntries(keys.map((key) => [key, revived(value[key])]));
}

/**
 * @param {Model} model @param {HTMLElement} el @param {(scene: Scene) => void} draw
 * @param {{frames?: number, look?: (keyof Look)[]}} [of] `frames`: how many a view waits that only goes along when
 *   another one is looked at; `look`: the choices it is drawn by, and drawn anew when one of them changes
 * @returns {() => void} ends it
 */
export function live(model, el, draw, { frames = 0, look: follows = [] } = {}) {
  const stop = new AbortController();
  /** @type {Record<string, import("./arrays.js").NdArray>} */
  let arrays = {};
  /** @type {any} */
  let state = {};
  let changed = { picture: true, selection: true, theme: true, width: true, look: true };
  let own = LOOK;
  const lookNow = () => /** @type {Look} */ ({ ...LOOK, ...(model.get("look") ?? own) });
  let looked = lookNow();
  let width = el.clientWidth;
  let due = 0;
  let pause = 0;

  const now = () => {
    due = 0;
    const picture = model.get("picture");
    if (stop.signal.aborted || !picture || !width) return;
    if (changed.picture) {
      state = revived(picture.state);
      arrays = Object.fromEntries(Object.entries(picture.arrays).map(([name, encoded]) => [name, decode(/** @type {any} */ (encoded))]));
    }
    const was = changed;
    changed = { picture: false, selection: false, theme: false, width: false, look: false };
    looked = lookNow();
    draw({
      state, arrays, width, changed: was, signal: stop.signal, look: looked, setLook,
      selection: model.get("selection"), theme: model.get("theme"),
      choose: (change) => { model.set("selection", { ...model.get("selection"), ...change }); model.save_changes(); },
    });
  };
  /** @param {Partial<Look>} change */
  const setLook = (change) => {
    const next = { ...lookNow(), ...change };
    if (model.get("look")) {
      model.set("look", next);
      model.save_changes();
    } else {
      own = next;
      listeners["change:look"]?.();
    }
  };
  // Not the very next frame: that may begin before the last one is shown, and before a key or a click is heard.
  const after = (/** @type {number} */ more) => {
    due = requestAnimationFrame(() => { if (more > 0) pause = window.setTimeout(after, 0, more - 1); else now(); });
  };
  const soon = () => { if (!due) after(frames); };
  /** @type {Record<string, () => void>} */
  const listeners = {};
  for (const key of /** @type {const} */ (["picture", "selection", "theme"])) {
    listeners[`change:${key}`] = () => { changed[key] = true; soon(); };
  }
  if (follows.length) {
    listeners["change:look"] = () => {
      if (!differ(lookNow(), looked, follows)) return;
      changed.look = true;
      soon();
    };
  }
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  // The width is not read while drawing: each view would have the page laid out anew for the one before.
  const room = new ResizeObserver(() => {
    if (el.clientWidth === width) return;
    width = el.clientWidth;
    changed.width = true;
    soon();
  });
  room.observe(el);
  now();
  return () => {
    stop.abort();
    room.disconnect();
    cancelAnimationFrame(due);
    clearTimeout(pause);
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
  };
}

/**
 * A view, from what builds its nodes when the first Picture is there and gives what draws into them.
 * @param {(el: HTMLElement, first: Scene, model: Model) => (scene: Scene) => void} build
 * @param {{name?: string, frames?: number, look?: (keyof Look)[]}} [of] `name`: the class that dresses it; the others as `live` says
 */
export const view = (build, { name, frames, look } = {}) => ({
  /** @param {{model: Model, el: HTMLElement}} host @returns {() => void} ends it */
  render({ model, el }) {
    if (name) el.classList.add(name);
    /** @type {((scene: Scene) => void) | undefined} */
    let draw;
    return live(model, el, (scene) => {
      draw ??= build(el, scene, model);
      draw(scene);
    }, { frames, look });
  },
});
