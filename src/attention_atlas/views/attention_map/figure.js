/** Fills the figure that Python made (attention_map.py: frame) with one head's weights. */

import { css, maps } from "../shared/colour.js";
import { size as sized } from "../shared/canvas.js";
import { h } from "../shared/dom.js";
import { escapeForPlotly } from "../shared/plotly.js";
import { empty } from "../shared/head.js";

const MOST_LABELS = 40; // an axis; labels are what makes Plotly slow

/**
 * @param {object} of
 * @param {import("../shared/head.js").Head} of.head
 * @param {any} of.figure data and layout, without z
 * @param {import("../shared/colour.js").Theme} of.theme
 * @param {string[]} of.texts labels, cut to their width
 * @param {import("./attention_map.js").Window} of.view
 * @param {import("./attention_map.js").Room} of.room
 * @param {boolean} of.rooted
 * @param {HTMLElement} of.near whose colours and fonts to take
 */
export function figureOf({ head, figure, theme, texts, view, room, rooted, near }) {
  const style = getComputedStyle(near);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const weights = /** @type {Float32Array} */ (head.weights);
  const z = [];
  for (let row = view.row; row < view.row + view.size; row++) {
    const from = row * head.n + view.column;
    // A row that has nothing is not a row of zeros: it stays blank.
    z.push(empty(head, row) ? new Array(view.size).fill(null) : weights.subarray(from, from + view.size));
  }
  const gap = room.cell >= 6 ? 1 : 0;
  const data = [{
    ...figure.data[0], z, x0: view.column, dx: 1, y0: view.row, dy: 1, xgap: gap, ygap: gap,
    showscale: false, hoverinfo: "skip", colorscale: scale(maps(theme).sequential, rooted),
  }];
  /** @param {number} from @param {number} step */
  const labels = (from, step) => {
    const positions = [];
    for (let k = Math.ceil(from / step) * step; k < from + view.size; k += step) positions.push(k);
    const special = colour("--ink-3");
    return {
      tickvals: positions,
      ticktext: positions.map((k) => {
        const text = escapeForPlotly(texts[k]);
        return head.tokens[k].special ? `<span style="color:${special}">${text}</span>` : text;
      }),
    };
  };
  const fewest = Math.ceil(view.size / MOST_LABELS);
  const axis = {
    automargin: false, ticklabeloverflow: "allow", ticklabelstandoff: 5, fixedrange: true, title: undefined, scaleanchor: undefined, constrain: undefined, autorange: false,
    showline: false, tickfont: { family: colour("--mono"), size: 12, color: colour("--ink-2") },
  };
  const layout = {
    ...figure.layout,
    width: room.left + room.size, height: room.band + room.size,
    margin: { l: room.left, t: room.band, r: 0, b: 0, pad: 0 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    xaxis: { ...figure.layout.xaxis, ...axis, range: [view.column - 0.5, view.column + view.size - 0.5], ...labels(view.column, Math.max(fewest, Math.ceil(17 / room.cell))) },
    yaxis: { ...figure.layout.yaxis, ...axis, range: [view.row + view.size - 0.5, view.row - 0.5], ...labels(view.row, Math.max(fewest, Math.ceil(14 / room.cell))) },
  };
  return { data, layout, config: { staticPlot: true, displayModeBar: false, displaylogo: false } };
}

/**
 * The map as Plotly's colour scale. On the √ scale a weight w has the colour at √w.
 * @param {Uint8ClampedArray} map @param {boolean} rooted @returns {[number, string][]}
 */
function scale(map, rooted) {
  return Array.from({ length: 86 }, (_, i) => [rooted ? (i / 85) ** 2 : i / 85, css(map, i / 85)]);
}

/** @param {HTMLElement} node @param {Uint8ClampedArray} map @param {boolean} rooted */
export function scaleLegend(node, map, rooted) {
  const canvas = h("canvas");
  const marks = rooted ? [0, 0.05, 0.25, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
  const at = (/** @type {number} */ weight) => 100 * (rooted ? Math.sqrt(weight) : weight);
  node.replaceChildren(canvas, ...marks.map((w) => h("span", { style: { left: `${at(w)}%` } }, String(w).replace(/^0\./, "."))));
  const { context, W, H } = sized(canvas, 148, 6);
  for (let x = 0; x < W; x++) {
    context.fillStyle = css(map, x / (W - 1));
    context.fillRect(x, 0, 1, H);
  }
}
