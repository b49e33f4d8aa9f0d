/** The line to the server: Shiny's inputs one way, its custom messages the other. */

/** @type {any} Shiny's own global */
const Shiny = /** @type {any} */ (window).Shiny;

const ready = Shiny.initializedPromise;

/**
 * Sets an input that keeps its value.
 * @param {string} name @param {unknown} value
 */
export const report = (name, value) => ready.then(() => Shiny.setInputValue(name, value));

/**
 * Sets an input that is an event: the server hears it every time, also with the same value.
 * @param {string} name @param {unknown} value
 */
export const happen = (name, value) => ready.then(() => Shiny.setInputValue(name, value, { priority: "event" }));

/**
 * @param {string} type @param {(message: any) => void} callback
 */
export const receive = (type, callback) => ready.then(() => Shiny.addCustomMessageHandler(type, callback));

/** @param {() => void} callback called when the connection to the server is gone */
export const lost = (callback) => /** @type {any} */ (window).jQuery(document).on("shiny:disconnected", callback);
