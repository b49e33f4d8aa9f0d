/** One token through the feed-forward network: widened, bent, narrowed. */

import { legend } from "../shared/canvas.js";
import { cells, fit } from "../shared/cells.js";
import { maps, top98 } from "../shared/colour.js";
import { clamp, count, h, number, s } from "../shared/dom.js";
import { view } from "../shared/live.js";
import { digitsOf } from "../shared/sums.js";
import { openVector } from "../shared/vector.js";
import { curve } from "./curve.js";
import { units as strongestUnits } from "./units.js";

const NARROW = 560;
const CELL = 6;

/** @param {AbortSignal} signal @param {string} name @param {() => void} [open] */
function line(signal, name, open) {
  const shown = cells(signal, open);
  const said = h("span", { class: "size" });
  const room = h("div", { class: "room" }, shown.node);
  return { node: h("div", { class: "line" }, h("span", { class: "name" }, name, said), room), shown, said, room };
}

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal }) {
  const into = line(signal, "in");
  /** @type {import("../shared/live.js").Scene} */
  let now;
  const units = line(signal, "units", () => openVector(units.shown.node, {
    name: `Units of ${now.state.token} after ${now.state.activation}`, values: Array.from(now.arrays.intermediate.data),
  }));
  const bend = curve(signal);
  const strongest = strongestUnits();
  const out = line(signal, "out");
  const [widen, narrowing] = [s("path"), s("path")];
  const funnel = (/** @type {SVGPathElement} */ path) => s("svg", { viewBox: "0 0 100 28", preserveAspectRatio: "none", "aria-hidden": "true" }, path);
  const between = [funnel(widen), funnel(narrowing)];
  const token = h("span", { class: "tok on" });
  const said = h("span");
  const scale = h("span", { class: "aa-scale", title: "of the units" });
  const bent = h("span");
  el.replaceChildren(
    into.node, h("div", { class: "line" }, h("div", { class: "room" }, between[0])),
    units.node, h("div", { class: "line" }, h("div", { class: "room" }, between[1])),
    out.node, h("div", { class: "foot" }, h("span", {}, said, token, "."), scale),
    h("h4", {}, bent), bend.node, h("h4", {}, "The strongest units"), h("div", { class: "strongest" }, ...strongest.nodes));

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { state, arrays, theme, width, changed } = scene;
    now = scene;
    if (!(changed.picture || changed.theme || changed.width)) return;
    el.classList.toggle("narrow", width < NARROW);
    const d = arrays.input.data.length;
    const wide = arrays.intermediate.data.length;
    const { columns } = state;
    units.said.textContent = count(wide);
    said.textContent = `${count(state.above_zero)} of ${count(wide)} units are active (above 0), ${count(state.strong)} are above a tenth of the largest in magnitude, for `;
    token.textContent = state.token;
    const { activation, checkpoint_activation: asNamed } = state;
    bent.textContent = asNamed.toLowerCase() === activation.toLowerCase() ? `The activation: ${activation}` : `The activation: ${activation} (“${asNamed}” in the checkpoint)`;
    const max = top98(arrays.intermediate.data);
    scale.replaceChildren(...legend({ low: -max, high: max, map: maps(theme).diverging, digits: digitsOf(max) }).childNodes);
    const room = fit(units.room.clientWidth, columns);
    const waist = Math.round(room * clamp(d / wide, 0.2, 1));
    const x = (50 * (room - waist)) / room;
    widen.setAttribute("d", `M${x} 4H${100 - x}L100 24H0Z`);
    narrowing.setAttribute("d", `M0 4H100L${100 - x} 24H${x}Z`);
    for (const svg of between) svg.style.width = `${room}px`;
    for (const [of, array, name] of /** @type {const} */ ([[into, "input", "in"], [out, "output", "out"]])) {
      const { data } = arrays[array];
      const end = top98(data);
      of.said.replaceChildren(h("small", { title: "its own colour scale" }, `±${number(end, digitsOf(end))}`), ` ${count(d)}`);
      of.shown.show({
        values: data, columns: d, width: waist, height: 16, max: end, theme, gap: false,
        label: `${name}: ${d} values of ${state.token}`, name: (_, column) => `${name} [${column}]`,
        rowName: () => (array === "input" ? `What ${state.token} enters the feed-forward network with` : `What the feed-forward network gives ${state.token}`),
      });
    }
    const rows = Math.ceil(wide / columns);
    const full = new Float32Array(rows * columns);
    full.set(arrays.intermediate.data);
    units.shown.show({
      values: full, rows, columns, count: wide, width: room, height: rows * CELL, max, theme,
      label: `${wide} units after the activation, for ${state.token}`,
      name: (row, column) => `unit ${row * columns + column}: ${number(arrays.before.data[row * columns + column])} →`,
    });
    const empty = rows * columns - wide;
    if (empty) {
      const canvas = units.shown.node;
      const left = Math.round(((columns - empty) * canvas.width) / columns);
      const top = Math.round(((rows - 1) * canvas.height) / rows);
      canvas.getContext("2d")?.clearRect(left, top, canvas.width, canvas.height);
    }
    const curved = /** @type {Float32Array} */ (arrays.curve.data);
    const points = curved.length / 2;
    bend.show({
      x: curved.subarray(0, points), y: curved.subarray(points), name: activation, token: state.token,
      before: /** @type {Float32Array} */ (arrays.before.data), after: /** @type {Float32Array} */ (arrays.intermediate.data),
      strongest: state.strongest.map((/** @type {{unit: number}} */ of) => of.unit),
      width: bend.node.clientWidth,
    });
    if (changed.picture) strongest.show(scene);
  };
}

export default view(build, { name: "aa-feed-forward" });
