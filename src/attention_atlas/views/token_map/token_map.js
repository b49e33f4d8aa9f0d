/** The tokens of a sentence as points in a plane, layer after layer. */

import { clamp, count, h, many, number } from "../shared/dom.js";
import { distinct } from "../shared/head.js";
import { view } from "../shared/live.js";
import { hideTip, readable } from "../shared/reading.js";
import { glide } from "./glide.js";
import { colours, fitting, frame, paintMap, places } from "./plot.js";

const REACH = 24;

/** @param {number | null} share */
const percent = (share) => `${number(100 * (share ?? NaN), 0)}\u202f%`;

function controls() {
  const play = h("button", { type: "button", class: "play" }, "Play");
  const slider = h("input", { type: "range", min: 0, step: 1, value: 0, "aria-label": "Layer of the map" });
  const said = h("span", { class: "where" });
  return { play, slider, said, node: h("div", { class: "player" }, play, slider, said) };
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal }) {
  const { play, slider, said, node: bar } = controls();
  const canvas = h("canvas", { role: "img" });
  const share = h("p", { class: "share" });
  const near = h("p", { class: "near" });
  const thin = h("span");
  const legend = h("span", { class: "legend" }, h("i"), "segment A, ", h("i", { class: "b" }), "segment B. ");
  const keys = h("p", { class: "keys" }, legend, thin, "Point at a dot to read it, choose it to follow its token; by keyboard ←, → and Enter.");
  const alone = h("p", { class: "quiet", hidden: true }, "The tokens of this text do not differ here, so they are all at one point.");
  el.replaceChildren(bar, canvas, keys, share, near, alone);

  /** @type {import("../shared/live.js").Scene} */
  let scene;
  /** @type {ReturnType<typeof frame>} */
  let put = () => ({ x: 0, y: 0 });
  /** @type {string[]} */
  let names = [];
  /** @type {import("./plot.js").Point[]} */
  let where = [];
  /** @type {import("./plot.js").Label[]} */
  let labels = [];
  let height = 0;
  let hovered = -1;

  const focus = () => (scene.selection.token < 0 ? scene.state.first : scene.selection.token);
  const last = () => scene.state.share.length - 1;
  const layerName = (/** @type {number} */ l) => (l === 0 ? "Embeddings" : `After layer ${l} of ${last()}`);

  const paint = () => {
    const { state: { tokens }, arrays: { points }, width } = scene;
    const n = tokens.length;
    where = places(points.data, n, way.at(), put);
    const trail = Array.from({ length: last() + 1 }, (_, l) => {
      const k = 2 * (l * n + focus());
      return put(points.data[k], points.data[k + 1]);
    });
    paintMap(canvas, { width, height, tokens, where, labels, trail, centre: put(0, 0), focus: focus(), hovered });
  };

  /** What is said of the layer that the points rest at or go to. */
  const tell = () => {
    const { state: { tokens, dimensions, share: shares, best }, arrays: { points, nearest }, width } = scene;
    const l = way.target();
    const n = tokens.length;
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    labels = fitting(tokens, places(points.data, n, l, put), focus(), { width, height, pen, font: colours(canvas).font });
    slider.value = String(l);
    slider.setAttribute("aria-valuetext", layerName(l));
    said.textContent = layerName(l);
    const held = shares[l];
    alone.hidden = held !== null;
    share.hidden = near.hidden = held === null;
    share.textContent = held === null ? "" : `These two directions hold ${percent(held)} of the spread between the tokens here; the best two for this layer alone would hold ${percent(best[l])}.`;
    const neighbour = nearest.data[l * n + focus()];
    near.replaceChildren(...(neighbour < 0 ? [] : [`In all ${count(dimensions)} dimensions the nearest to `, h("span", { class: "tok on" }, names[focus()]), " is ", h("span", { class: "tok" }, names[neighbour]), "."]));
    thin.textContent = labels.length < n ? `${labels.length} of ${many(n, "label")} fit. ` : "";
    canvas.setAttribute("aria-label", `A map of ${many(n, "token")}, ${layerName(l)}`);
  };

  const way = glide({
    signal,
    changed: () => { if (Number(slider.value) !== way.target()) tell(); paint(); },
    playing: (on) => { play.textContent = on ? "Pause" : "Play"; hideTip(); },
  });
  slider.addEventListener("input", () => { way.go(Number(slider.value)); tell(); paint(); }, { signal });
  play.addEventListener("click", () => way.toggle(), { signal });

  const closest = (/** @type {PointerEvent | MouseEvent} */ { clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    const away = where.map(({ x, y }) => Math.hypot(x - clientX + box.left, y - clientY + box.top));
    const column = away.indexOf(Math.min(...away));
    return away[column] <= REACH ? { row: 0, column } : null;
  };
  const point = (/** @type {number} */ i) => { if (hovered !== i) { hovered = i; paint(); } };
  readable(canvas, {
    grid: () => ({ rows: 1, columns: names.length }),
    under: (event) => {
      const cell = closest(event);
      if (!cell) point(-1);
      return cell;
    },
    read: (_, i) => {
      point(i);
      const neighbour = scene.arrays.nearest.data[way.target() * names.length + i];
      return [names[i], neighbour < 0 ? "" : `nearest in all dimensions: ${names[neighbour]}`];
    },
    choose: (_, i) => scene.choose({ token: i }),
    place: (_, i) => {
      const box = canvas.getBoundingClientRect();
      return { x: box.left + where[i].x, y: box.top + where[i].y };
    },
    signal,
  });
  for (const end of ["pointerleave", "blur"]) canvas.addEventListener(end, () => point(-1), { signal });

  /** @param {import("../shared/live.js").Scene} next */
  return (next) => {
    scene = next;
    const { state: { tokens }, arrays, width, changed } = scene;
    if (changed.picture) {
      names = distinct(tokens);
      hovered = -1;
      slider.max = String(last());
      way.reset(last());
      legend.hidden = tokens.every((/** @type {import("./plot.js").Token} */ t) => t.segment === 0);
    }
    height = Math.round(clamp(width * 0.56, 280, 400));
    put = frame(arrays.points.data, width, height);
    tell();
    paint();
  };
}

export default view(build, { name: "aa-token-map" });
