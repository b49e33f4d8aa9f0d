/** Plotly's own script, loaded once a page and only when a figure is to be drawn. */

/** @type {Map<string, Promise<any>>} */
const loads = new Map();

/**
 * @param {string} [url] where the script is, against the page's own address
 * @returns {Promise<any>} Plotly; a load that failed is tried again by the next call
 */
export function plotly(url = "/plotly/plotly.min.js") {
  const present = /** @type {any} */ (globalThis).Plotly;
  if (present) return Promise.resolve(present);
  const source = new URL(url, document.baseURI).href;
  let load = loads.get(source);
  if (!load) {
    load = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = source;
      script.async = true;
      script.onload = () => resolve(/** @type {any} */ (globalThis).Plotly);
      script.onerror = () => { script.remove(); loads.delete(source); reject(new Error("Plotly's script could not be loaded.")); };
      document.head.append(script);
    });
    loads.set(source, load);
  }
  return load;
}

/**
 * A token as Plotly must be given it: Plotly reads a little HTML, and a token may be <b>.
 * @param {string} text
 */
export const escapeForPlotly = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
