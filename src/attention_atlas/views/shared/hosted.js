/** What a host gives a view: a model of the shape anywidget knows, and a plain sentence where it can’t be drawn. */

import { h } from "./dom.js";

export const UNDRAWN = "This part could not be drawn; the others are not affected.";

/**
 * @param {object} of
 * @param {(key: string) => any} of.get
 * @param {(key: string, value: any) => void} of.set
 * @returns {{model: import("./live.js").Model, fire: (key: string) => void}} `fire` tells the view that what `get` gives has changed
 */
export function hostedModel({ get, set }) {
  /** @type {Map<string, Set<() => void>>} */
  const listeners = new Map();
  return {
    model: {
      get, set,
      save_changes: () => {},
      on: (event, callback) => {
        if (!listeners.has(event)) listeners.set(event, new Set());
        listeners.get(event)?.add(callback);
      },
      off: (event, callback) => { listeners.get(event)?.delete(callback); },
    },
    fire: (key) => listeners.get(`change:${key}`)?.forEach((callback) => callback()),
  };
}

/**
 * Puts a sentence in a view's place, or takes it away.
 * @param {HTMLElement} el @param {string | null} error @param {...Node} ways on
 */
export function complain(el, error, ...ways) {
  const said = el.nextElementSibling?.matches(".aa-error") ? el.nextElementSibling : null;
  el.hidden = Boolean(error);
  if (!error) said?.remove();
  else if (said) said.replaceChildren(error, ...ways);
  else el.after(h("p", { class: "aa-error", role: "alert" }, error, ...ways));
}
