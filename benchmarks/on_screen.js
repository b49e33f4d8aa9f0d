/**
 * Tells in the page itself when something is on screen. It is put into every page that is measured,
 * ours and BertViz's, and knows them by what they show: roles, accessible names, drawn shapes.
 *
 * @typedef {object} Wanted
 * @property {number} [lines] of how many SVG lines a BertViz view is made
 * @property {number} [heads] how many heads the atlas shows
 * @property {number} [layer] which layer's head map and flow show, counted from 1
 * @property {number} [head] which head; the flow may show the mean of its layer instead
 */

/** What was found: milliseconds, or null while it is not there. @type {{seen: number | null}} */
const found = { seen: null };

const small = Object.assign(document.createElement("canvas"), { width: 48, height: 48 });

/** What tells a picture from others, at less cost than all of it. @param {HTMLCanvasElement} canvas */
function fingerprint(canvas) {
  const pen = /** @type {CanvasRenderingContext2D} */ (small.getContext("2d", { willReadFrequently: true }));
  pen.drawImage(canvas, 0, 0, small.width, small.height);
  return small.toDataURL();
}

/** The canvas that shows the map until Plotly has drawn it. @returns {HTMLCanvasElement | null} */
const quick = () => document.querySelector(".js-plotly-plot ~ canvas.quick:not([hidden])");

/** The picture of the map: the canvas that shows it at once, else Plotly's; "" before there is one. */
function picture() {
  const canvas = quick();
  if (canvas) return fingerprint(canvas);
  return document.querySelector(".js-plotly-plot")?.querySelector(".heatmaplayer image")?.getAttribute("href") ?? "";
}

/** Whether something that is one picture to a screen reader has a name with this start. @param {string} start */
const named = (start) => [...document.querySelectorAll('[role="img"]')].some((image) => image.getAttribute("aria-label")?.startsWith(start));

const busy = () => document.querySelector('[role="tabpanel"]:not([hidden]) [aria-busy="true"]') !== null;

/** Whether the atlas has a tile for each head, and the last one is painted. @param {number} heads */
function atlas(heads) {
  const tiles = [...document.querySelectorAll("button:has(canvas)")].filter((button) => /^Layer \d+, head \d+/.test(button.getAttribute("aria-label") ?? ""));
  const canvas = tiles.at(-1)?.querySelector("canvas");
  if (tiles.length !== heads || !canvas) return false;
  const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1);
  return data[3] > 0;
}

/** @param {Wanted} wanted @param {string} before the picture that was there */
function ready({ lines, heads, layer, head }, before) {
  if (lines !== undefined) return document.getElementsByTagName("line").length >= lines;
  const now = picture();
  if (!now || now === before || busy()) return false;
  if (heads !== undefined && !atlas(heads)) return false;
  if (layer === undefined) return named("Attention map of layer ") && named("Attention flow of layer ");
  const flow = `Attention flow of layer ${layer},`;
  return named(`Attention map of layer ${layer}, head ${head},`) && (named(`${flow} head ${head},`) || named(`${flow} mean of its heads,`));
}

/**
 * Looks after each frame. A message sent while a frame is made comes right after it was painted.
 * @param {Wanted} wanted @param {number} begin @param {number} more frames to wait for when it is there
 * @param {string} [before]
 */
function watch(wanted, begin, more, before = "") {
  const { port1, port2 } = new MessageChannel();
  const next = () => requestAnimationFrame(() => port2.postMessage(null));
  let there = false;
  port1.onmessage = () => {
    there ||= ready(wanted, before);
    if (!there || more-- > 0) next();
    else found.seen = performance.now() - begin;
  };
  next();
}

/** @type {any} */ (globalThis).onScreen = Object.assign(found, {
  /** From the navigation on; two frames more, as a picture of a million lines takes its time. @param {Wanted} wanted */
  opened: (wanted) => watch(wanted, 0, 2),
  /** Whether Plotly has drawn what was last asked for. */
  rests: () => quick() === null,
  /** From the next click or key on. @param {"click" | "keydown"} event @param {Wanted} wanted @param {number} more */
  pressed: (event, wanted, more) => {
    found.seen = null;
    const before = picture();
    window.addEventListener(event, ({ timeStamp }) => watch(wanted, timeStamp, more, before), { once: true, capture: true });
  },
});
