/** The activation as a curve, and under it where this token's units lie before it. */

import { clamp, count, h, number, s } from "../shared/dom.js";
import { readable } from "../shared/reading.js";

const HIGH = 152;
const RUG = 44;
const BINS = 72;
const PAD = 8;

/** Whole numbers for an axis, at most about eight. @param {number} low @param {number} high */
function ticks(low, high) {
  const step = [1, 2, 5, 10, 20, 50, 100, 1000, 10_000].find((one) => (high - low) / one <= 9) ?? high - low;
  const out = [];
  for (let x = Math.ceil(low / step) * step; x <= high; x += step) out.push(x);
  return out;
}

/** @param {AbortSignal} signal */
export function curve(signal) {
  const svg = s("svg", { role: "img" });
  const legend = h("p", { class: "legend quiet" });
  const node = h("figure", { class: "curve" }, svg, h("figcaption", {}, legend));
  /** @type {{x: Float32Array, y: Float32Array, bins: number[], name: string, width: number}} */
  let now;
  const place = (/** @type {number} */ i) => (i / (now.x.length - 1)) * now.width;
  readable(svg, {
    grid: () => ({ rows: 1, columns: now.x.length }),
    read: (_, i) => {
      const near = now.bins[Math.min(BINS - 1, Math.floor((i / (now.x.length - 1)) * BINS))];
      return [`${now.name}(${number(now.x[i], 2)}) =`, `${number(now.y[i])}, ${count(near)} units near`];
    },
    under: (event) => {
      const box = svg.getBoundingClientRect();
      return { row: 0, column: clamp(Math.round(((event.clientX - box.left) / box.width) * (now.x.length - 1)), 0, now.x.length - 1) };
    },
    place: (_, i) => {
      const box = svg.getBoundingClientRect();
      return { x: box.left + place(i), y: box.top + HIGH / 2 };
    },
    signal,
  });

  return {
    node,
    /**
     * @param {object} of
     * @param {Float32Array} of.x @param {Float32Array} of.y the activation of each x
     * @param {Float32Array} of.before this token's units before the activation
     * @param {number[]} of.strongest which of them are marked
     * @param {Float32Array} of.after
     * @param {string} of.name @param {string} of.token @param {number} of.width
     */
    show({ x, y, before, strongest, after, name, token, width }) {
      const [low, high] = [x[0], x[x.length - 1]];
      const bins = new Array(BINS).fill(0);
      let strange = 0;
      for (const value of before) {
        if (Number.isFinite(value)) bins[clamp(Math.floor(((value - low) / (high - low)) * BINS), 0, BINS - 1)] += 1;
        else strange += 1;
      }
      now = { x, y, bins, name, width };
      const finite = Array.from(y).filter(Number.isFinite);
      const top = Math.max(0, ...finite);
      const bottom = Math.min(0, ...finite);
      const atX = (/** @type {number} */ value) => ((value - low) / (high - low)) * width;
      const atY = (/** @type {number} */ value) => PAD + ((top - value) / (top - bottom || 1)) * (HIGH - 2 * PAD);
      const most = Math.max(...bins, 1);
      const line = Array.from(x, (value, i) => (Number.isFinite(y[i]) ? `${atX(value).toFixed(1)} ${atY(y[i]).toFixed(1)}` : "")).filter(Boolean);
      svg.setAttribute("viewBox", `0 0 ${width} ${HIGH + RUG + 18}`);
      svg.setAttribute("width", width);
      svg.setAttribute("height", HIGH + RUG + 18);
      svg.setAttribute("aria-label", `${name} from ${number(low, 1)} to ${number(high, 1)}, with the ${count(before.length)} units of ${token} under it`);
      svg.replaceChildren(
        s("path", { class: "axis", d: `M0 ${atY(0)}H${width}M${atX(0)} 0V${HIGH}` }),
        s("text", { class: "tick", x: atX(0) + 6, y: atY(top) + 4 }, number(top, 2)),
        ...bins.map((n, i) => s("rect", { x: (i * width) / BINS + 0.5, width: Math.max(1, width / BINS - 1), y: HIGH + RUG - (n ? Math.max(1, (n / most) * RUG) : 0), height: n ? Math.max(1, (n / most) * RUG) : 0 })),
        s("path", { class: "floor", d: `M0 ${HIGH + RUG + 0.5}H${width}` }),
        ...ticks(low, high).map((value) => s("text", { class: "tick", x: clamp(atX(value), 8, width - 8), y: HIGH + RUG + 14, "text-anchor": "middle" }, number(value, 0))),
        s("path", { class: "bent", d: `M${line.join("L")}` }),
        ...strongest.filter((unit) => Number.isFinite(after[unit]) && Number.isFinite(before[unit]))
          .map((unit) => s("circle", { cx: atX(before[unit]), cy: atY(after[unit]), r: 3.5 })));
      legend.replaceChildren(
        "Across, a unit before ", name, "; up, after it. ",
        h("i", { class: "dot", "aria-hidden": "true" }), ` the ${strongest.length} strongest units. `,
        h("i", { class: "block", "aria-hidden": "true" }), ` how many of the ${count(before.length)} lie there, ${count(most)} where the bars are highest.`,
        strange ? ` ${count(strange)} units are no finite numbers and not drawn.` : "");
    },
  };
}
