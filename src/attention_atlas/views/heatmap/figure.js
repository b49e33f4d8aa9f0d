/** Fills the figure that Python made (heatmap.py: frame) with one head's numbers. */

import { empty } from "../shared/head.js";
import { GAP_FROM } from "./quick.js";

/**
 * @param {object} of
 * @param {import("../shared/head.js").Head} of.head
 * @param {any} of.figure data and layout, without z
 * @param {import("./scale.js").Scale} of.scale
 * @param {import("./window.js").Window} of.view
 * @param {import("./heatmap.js").Room} of.room
 */
export function figureOf({ head, figure, scale, view, room }) {
  const numbers = /** @type {Float32Array} */ (head.weights);
  const z = [];
  for (let row = view.row; row < view.row + view.size; row++) {
    const from = row * head.n + view.column;
    // A row that has nothing is not a row of zeros: it stays blank.
    z.push(empty(head, row) ? new Array(view.size).fill(null) : numbers.subarray(from, from + view.size));
  }
  const gap = room.cell >= GAP_FROM ? 1 : 0;
  const data = [{
    ...figure.data[0], z, x0: view.column, dx: 1, y0: view.row, dy: 1, xgap: gap, ygap: gap,
    zmin: scale.low, zmax: scale.high, colorscale: scale.stops, showscale: false, hoverinfo: "skip",
  }];
  const axis = { visible: false, fixedrange: true, automargin: false, autorange: false, title: undefined, scaleanchor: undefined, constrain: undefined };
  const layout = {
    ...figure.layout,
    width: room.size, height: room.size, margin: { l: 0, t: 0, r: 0, b: 0, pad: 0 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    xaxis: { ...figure.layout.xaxis, ...axis, range: [view.column - 0.5, view.column + view.size - 0.5] },
    yaxis: { ...figure.layout.yaxis, ...axis, range: [view.row + view.size - 0.5, view.row - 0.5] },
  };
  return { data, layout, config: { staticPlot: true, displayModeBar: false, displaylogo: false } };
}
