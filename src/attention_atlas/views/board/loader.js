/**
 * Brings the modules of a board to life where they have no address: a notebook, or a single file.
 * As a module of anywidget it is the widget's own script.
 *
 * @typedef {{modules: Record<string, string>, style: string}} Pack path below views/ -> source, each after what it imports
 * @typedef {{module: (path: string) => Promise<any>, style: string}} Loaded
 */

const SPECIFIER = /^(\s*(?:import|export|\})[^;"']*?["'])(\.{1,2}\/[^"']+)(["'])/gm;

/** @type {Map<string, Promise<Loaded>>} */
const loads = new Map();

/** @param {string} packed base64 of gzipped JSON @returns {Promise<Pack>} */
async function unpacked(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

/** @param {string} from a module's path @param {string} specifier relative to it */
const resolved = (from, specifier) => new URL(specifier, `views:/${from}`).pathname.slice(1);

/** @param {string} packed made by board/pack.py @returns {Promise<Loaded>} */
export function load(packed) {
  let loaded = loads.get(packed);
  if (!loaded) loads.set(packed, loaded = begin(packed));
  return loaded;
}

/** @param {string} packed @returns {Promise<Loaded>} */
async function begin(packed) {
  const { modules, style } = await unpacked(packed);
  /** @type {Map<string, string>} */
  const urls = new Map();
  for (const [path, source] of Object.entries(modules)) {
    const linked = source.replace(SPECIFIER, (_, before, specifier, after) => `${before}${urls.get(resolved(path, specifier))}${after}`);
    urls.set(path, URL.createObjectURL(new Blob([linked], { type: "text/javascript" })));
  }
  return { style, module: (path) => import(/** @type {string} */ (urls.get(path))) };
}

export default {
  /** @param {{model: any, el: HTMLElement}} widget @returns {Promise<() => void>} */
  async render({ model, el }) {
    const { module, style } = await load(model.get("_packed"));
    const { notebookBoard } = await module("board/board.js");
    return notebookBoard({ model, el, style, module });
  },
};
