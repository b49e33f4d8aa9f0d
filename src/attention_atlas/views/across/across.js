/** Attention rollout of one token: a row for each layer, a column for each token. */

import { legend, paint } from "../shared/canvas.js";
import { fit } from "../shared/cells.js";
import { maps } from "../shared/colour.js";
import { clamp, h, number } from "../shared/dom.js";
import { distinct } from "../shared/head.js";
import { view } from "../shared/live.js";
import { readable } from "../shared/reading.js";
import { rowLabels } from "../shared/row-labels.js";

const GUTTER = 40;
const LABEL = 15;
/** In longer texts nearly all shares are so small that a linear scale shows none of them. */
const LINEAR_UP_TO = 64;

/** The end of the colour scale: the largest of the other tokens, since a token's own share would own it. @param {ArrayLike<number>} values @param {number} own @param {number} n */
function largest(values, own, n) {
  let end = 0;
  for (let i = 0; i < values.length; i++) if ((i % n !== own || n === 1) && Number.isFinite(values[i])) end = Math.max(end, values[i]);
  return end || 1;
}

/** Says that the numbers of another token are on their way. @param {any} state @param {number} token */
export const behind = (state, token) => token >= 0 && !state.tokens.includes(token);

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, choose }) {
  const columns = h("div", { class: "columns", "aria-hidden": "true" });
  const rows = rowLabels((layer) => choose({ layer }), signal);
  const canvas = h("canvas", { role: "img" });
  const grid = h("div", { class: "grid" }, h("span", { class: "corner quiet", "aria-hidden": "true" }, "layer"), columns, rows.node, canvas);
  const scale = h("p", { class: "scale quiet" });
  const note = h("p", { class: "note quiet" });
  el.replaceChildren(grid, scale, note);
  /** @type {string[]} */
  let names = [];
  /** @type {any} */
  let state = {};
  /** @type {ArrayLike<number>} */
  let values = [];
  let layers = 0;
  readable(canvas, {
    grid: () => ({ rows: layers, columns: names.length }),
    read: (row, column) => {
      const [taker, giver] = state.direction === "from" ? [state.focus, column] : [column, state.focus];
      return [`after layer ${row + 1}: ${names[taker]} takes from ${names[giver]}`, number(values[row * names.length + column])];
    },
    choose: (_, column) => choose({ token: state.units[column].tokens[0] }),
    signal,
  });

  /** @param {number} cell width of a column, CSS pixels */
  const nameColumns = (cell) => {
    const every = Math.ceil(LABEL / cell);
    const close = (/** @type {number} */ i) => i !== state.focus && Math.abs(i - state.focus) < every;
    columns.replaceChildren(...names.map((_, i) => i)
      .filter((i) => i === state.focus || (i % every === 0 && !close(i)))
      .map((i) => h("span", { class: i === state.focus ? "on" : "", title: names[i], style: { left: `${(i + 0.5) * cell}px` } }, state.units[i].text)));
  };

  const height = () => clamp(Math.floor(288 / layers), 12, 24);

  /** @param {number} layer the chosen one */
  const nameRows = (layer) => rows.show({ tokens: Array.from({ length: layers }, (_, l) => String(l + 1)), row: height(), mark: layer });

  /** @param {import("../shared/live.js").Scene} scene */
  const draw = ({ arrays, theme, width }) => {
    const n = names.length;
    const room = fit(Math.min(width - GUTTER, n * 48), n);
    const bent = n > LINEAR_UP_TO;
    const end = largest(values, state.focus, n);
    const map = maps(theme).sequential;
    columns.style.width = `${room}px`;
    nameColumns(room / n);
    paint(canvas, { values: arrays.rollout.data, rows: layers, columns: n, width: room, height: height() * layers, map, level: bent ? (x) => Math.sqrt(x / end) : (x) => x / end });
    const what = state.direction === "from" ? `what ${state.focused} takes from each token` : `what each token takes from ${state.focused}`;
    canvas.setAttribute("aria-label", `Attention rollout: ${what}, after each of ${layers} layers. Arrow keys read a value, Enter focuses a token.`);
    const own = number(values[(layers - 1) * n + state.focus]);
    scale.replaceChildren("rollout ", legend({ low: 0, high: end, map, digits: 3 }),
      bent ? " in steps of the square root," : "",
      n > 1 ? ` and above. The scale ends at the largest share between two tokens; ${names[state.focus]} takes ${own} from itself in the last layer.` : "");
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return (scene) => {
    const { changed, arrays, selection } = scene;
    state = scene.state;
    const there = state.focus !== null;
    grid.hidden = scale.hidden = !there;
    el.classList.toggle("behind", behind(state, selection.token));
    if (!there) {
      note.textContent = `${state.focused} is left out, so nothing is followed from or to it. Focus a word, or keep the special tokens.`;
      return;
    }
    if (changed.picture) {
      names = distinct(state.units);
      values = arrays.rollout.data;
      [layers] = arrays.rollout.shape;
      note.textContent = said(state);
    }
    if (changed.picture || changed.selection) nameRows(selection.layer);
    if (changed.picture || changed.theme || changed.width) draw(scene);
  };
}

/** @param {any} state */
function said({ direction, left_out: out, keep_special: keep }) {
  const rows = direction === "from" ? "Each row sums to 1." : "A row may sum to more or less than 1: what the tokens take is shared out among all input tokens.";
  return keep || !out.length ? rows : `${rows} Without ${out.join(", ")}: in each layer, what is left of a token’s weights was divided by its sum.`;
}

export default view(build, { name: "aa-across", frames: 1 });
