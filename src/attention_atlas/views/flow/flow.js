/** The attention flow: from each unit on the left to each on the right, as wide as the number between them. */

import { clamp, h } from "../shared/dom.js";
import { fitting, follower } from "../shared/head.js";
import { live } from "../shared/live.js";
import { LOOK } from "../shared/look.js";
import { brief, MEASURES, most, told } from "../shared/measure.js";
import { hideTip, looks, showTip } from "../shared/reading.js";
import { FLOW_LOOK, filterOf, flowControls, overlaid } from "./controls.js";
import { gliding } from "./glide.js";
import { best, colourOf, mean, picker, reached, repeated } from "./lines.js";
import { middle, paint } from "./painting.js";

const LONGEST_LABEL = 76;
const NUMBERS = { narrow: 34, wide: 42 }; // room for .487 at the right ends, or for +.487 and −12.34
const LEGIBLE = 13; // the lowest row that a 12 px label fits
const LOOSE = 18;
const TALLEST = 400; // of what scrolls, unless the map beside it is taller

/**
 * @typedef {import("../shared/head.js").Head} Head
 * @typedef {import("./lines.js").Sheet} Sheet
 * @typedef {import("./painting.js").Spot} Spot
 */

/**
 * @param {HTMLElement} host
 * @param {{signal: AbortSignal, setLook: (change: Partial<import("../shared/live.js").Look>) => void}} of
 */
export function attentionFlow(host, { signal, setLook }) {
  host.classList.add("aa-attention-flow");
  const controls = flowControls({ set: setLook, signal });
  const canvas = h("canvas", { "aria-hidden": "true" });
  const long = h("div", { class: "long" }, canvas);
  const frame = h("div", { class: "frame", role: "img", tabIndex: 0 }, long);
  const status = h("p", { class: "status", role: "status" });
  const top = h("div", { class: "top" }, controls.swatches, h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, "from"), h("span", {}, "to")));
  const caption = h("p", { class: "caption" });
  host.append(h("div", { class: "panel-head" }, h("h3", {}, "Attention flow"), controls.mode), top, h("div", { class: "middle" }, frame, status), caption, controls.foot);

  const fit = fitting(host, LONGEST_LABEL);
  const glide = gliding(() => repaint(), signal);
  /** @type {Head | null} */
  let head = null;
  let look = LOOK;
  /** @type {import("./painting.js").Place} */
  let place = { row: 27, height: 0, left: 0, right: 0, width: 0 };
  /** @type {Sheet[]} */
  let sheets = [];
  let pick = picker(/** @type {any} */ ({ n: 0, tokens: [], measure: "weights", range: [0, 1] }), filterOf(LOOK, /** @type {any} */ ({})));
  /** @type {string[]} */
  let texts = [];
  /** @type {Spot | null} */
  let hover = null;
  /** @type {{from: ArrayLike<number> | undefined, values: Float32Array} | null} the mean that was drawn last, and of what */
  let averaged = null;
  let due = 0;
  let wide = 0; // CSS pixels that the view has
  /** @type {import("../shared/colour.js").Theme} */
  let theme = "dark";
  /** What the canvas shows. @type {{values: ArrayLike<number> | null, tokens: unknown, rest: string}} */
  let painted = { values: null, tokens: null, rest: "" };

  /** Whether heads that are to be drawn are not in the picture yet. @param {Head} of */
  const lacks = (of) => (look.flow === "mean" ? of.all.size < of.heads : look.flow === "several" && overlaid(look, of).some((one) => !of.all.has(one)));

  /** @param {Head} of @returns {Sheet[]} */
  const sheetsOf = (of) => {
    if (look.flow === "several") {
      glide.stop();
      const here = overlaid(look, of).filter((one) => of.all.has(one));
      return here.map((one) => ({ values: of.all.get(one) ?? [], drawn: of.all.get(one) ?? [], head: one, colour: colourOf(one), dashed: repeated(one) }));
    }
    let values = of.weights;
    if (look.flow === "mean") {
      if (of.all.size < of.heads) return [];
      const from = of.all.get(0);
      if (!averaged?.from || /** @type {any} */ (averaged.from).buffer !== /** @type {any} */ (from).buffer) averaged = { from, values: mean(of) };
      values = averaged.values;
    }
    glide.to(values, of.n, `${of.measure} ${of.names.join(" ")}`);
    return [{ values, drawn: glide.values(), head: look.flow === "mean" ? -1 : of.head, colour: null, dashed: false }];
  };

  /** Why there is nothing to draw, if there is nothing. @param {Head} of */
  const nothing = ({ n, measure }) => {
    if (!n) return "No word takes part.";
    if (measure === "scores") return "Scores have no flow: only the softmax makes shares of them that can be given away. Choose weights to see where they go.";
    if (measure === "difference" && look.flow === "mean") return "The differences of all heads cancel out: their mean is 0 everywhere, so there is no line to draw.";
    return "";
  };

  const draw = () => {
    if (!head) return;
    controls.show(head, look);
    const none = nothing(head);
    const waits = !none && lacks(head);
    controls.mode.hidden ||= head.measure === "scores" || !head.n;
    top.hidden = frame.hidden = controls.foot.hidden = Boolean(none);
    if (none) caption.textContent = none;
    status.textContent = waits ? "Fetching the other heads…" : "";
    host.setAttribute("aria-busy", String(waits));
    sheets = none ? [] : sheetsOf(head);
    if (none) return glide.stop();
    pick = picker(head, filterOf(look, head));
    frame.style.height = `${place.height}px`;
    frame.classList.toggle("scrolls", head.n * place.row > place.height + 1);
    long.style.height = `${head.n * place.row}px`;
    const to = reached(sheets, pick, head.focus);
    caption.textContent = captionOf(head, look.flow, to.size > 0);
    frame.setAttribute("aria-label", `Attention flow of layer ${head.layer + 1}, ${whose(sheets)}, between ${head.n} ${head.words ? "words" : "tokens"}. ${spoken(head, to)}Up and down arrow keys choose the ${head.words ? "word" : "token"}.`);
    repaint();
  };

  const repaint = () => {
    if (!head || frame.hidden) return;
    const alone = sheets.length === 1 && !sheets[0].colour;
    if (alone) sheets[0].drawn = glide.values();
    const scroll = frame.classList.contains("scrolls") ? frame.scrollTop : 0;
    // The mean of a layer stays while its heads change, and has many lines.
    const values = alone ? sheets[0].drawn : null;
    const rest = JSON.stringify([FLOW_LOOK.map((name) => look[name]), theme, window.devicePixelRatio, place, scroll, hover, head.focus, head.measure, head.range]);
    if (values && values === painted.values && head.tokens === painted.tokens && rest === painted.rest) return;
    painted = { values, tokens: head.tokens, rest };
    paint(canvas, { head, sheets, pick, texts, place, scroll, hover });
  };
  const repaintSoon = () => { due ||= requestAnimationFrame(() => { due = 0; repaint(); }); };

  /** @param {MouseEvent} event @returns {Spot | null} the unit under the pointer */
  const under = (event) => {
    if (!head) return null;
    const box = frame.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top + frame.scrollTop) / place.row);
    const x = event.clientX - box.left + frame.scrollLeft;
    if (row < 0 || row >= head.n || (x > place.left && x < place.right)) return null;
    return { row, right: x >= place.right };
  };
  /** @param {Spot | null} spot */
  const point = (spot) => {
    if (spot?.row === hover?.row && spot?.right === hover?.right) return;
    hover = spot;
    frame.style.cursor = spot ? "pointer" : "";
    repaintSoon();
  };
  frame.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const spot = under(event);
    point(spot);
    const said = spot && head ? read(head, sheets, pick, spot) : null;
    if (said) showTip(said[0], said[1], event.clientX, event.clientY);
    else hideTip();
  }, { signal });
  frame.addEventListener("pointerleave", () => { point(null); hideTip(); }, { signal });
  frame.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const spot = under(event);
    if (spot) head?.choose(spot.row);
  }, { signal });
  frame.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (!head || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowUp: head.focus < 0 ? 0 : head.focus - 1, ArrowDown: head.focus + 1, Home: 0, End: head.n - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    head.choose(clamp(to, 0, head.n - 1));
  }, { signal });
  frame.addEventListener("scroll", repaintSoon, { signal });
  signal.addEventListener("abort", () => { cancelAnimationFrame(due); hideTip(); });

  return {
    /**
     * @param {object} of
     * @param {Head} of.head
     * @param {import("../shared/live.js").Look} of.look
     * @param {number} [of.cell] the row of the map beside it
     * @param {number} [of.band] what stands above the map's first row
     * @param {number} [of.size] the map's height
     * @param {boolean} of.sized whether the room may have changed
     * @param {import("../shared/colour.js").Theme} of.theme
     */
    draw(of) {
      const before = head;
      ({ head, look, theme } = of);
      const { n, focus } = head;
      const cell = of.cell ?? 27;
      const aligned = cell >= LEGIBLE && n * cell <= (of.size ?? Infinity) + 1;
      const row = aligned ? cell : LOOSE;
      const fitted = fit(head.tokens);
      const moved = before && texts !== fitted.texts;
      texts = fitted.texts;
      const numbers = NUMBERS[head.measure === "weights" || head.measure === "norms" ? "narrow" : "wide"];
      const column = Math.max(48, fitted.width) + 4;
      if (of.sized) wide = host.clientWidth;
      const width = Math.max(column * 2 + numbers + 24, wide);
      const height = aligned ? n * row : Math.min(n * row, Math.max(of.size ?? 0, TALLEST));
      place = { row, height, width, left: column, right: width - column - numbers };
      host.style.setProperty("--band", `${of.band ?? 48}px`);
      host.style.setProperty("--end", `${numbers}px`);
      if (moved) {
        hover = null;
        frame.scrollTop = 0;
      }
      draw();
      if (focus >= 0 && focus !== before?.focus && (middle(place, focus) < frame.scrollTop || middle(place, focus) > frame.scrollTop + height)) frame.scrollTop = middle(place, focus) - height / 2;
    },
  };
}

/** @param {Sheet[]} sheets */
const whose = (sheets) => (!sheets.length ? "no head yet" : sheets[0].head < 0 ? "mean of its heads" : `head${sheets.length > 1 ? "s" : ""} ${sheets.map(({ head }) => head + 1).join(", ")}`);

/** What the width of a line means, in a sentence or two. @param {Head} head @param {import("../shared/live.js").Look["flow"]} mode @param {boolean} told whether the focus has numbers */
function captionOf(head, mode, told) {
  const { measure, heads } = head;
  const one = MEASURES[measure].one;
  const widest = measure === "weights" ? "" : `; the widest line would be ${brief(most(head))}`;
  const below = measure === "difference" ? " Dashed: below the mean." : "";
  if (mode === "mean") return `Width is the ${one}’s mean over the layer’s ${heads} heads${widest}.`;
  if (mode === "several") return `Each head has its colour, width is the ${one}${widest}.${below}${told ? " The numbers are the largest of these heads." : ""}`;
  return `Width is the ${one}${widest}.${below}`;
}

/** What stands at the pointer: a unit's line to the focus's strongest, or that from the focus. @param {Head} head @param {Sheet[]} sheets @param {ReturnType<typeof picker>} pick @param {Spot} spot @returns {[(string | Node)[], string] | null} */
function read(head, sheets, pick, { row, right }) {
  const from = right ? head.focus : row;
  if (from < 0 || !sheets.length) return null;
  const columns = reached(sheets, pick, from);
  const to = right ? row : best(columns);
  if (to < 0) return null;
  const values = sheets.map(({ values, head: one }) => ({ one, value: values[from * head.n + to] }));
  values.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const shown = values.slice(0, 3).map(({ one, value }) => (sheets.length > 1 ? `head ${one + 1} ${told(head.measure, value)}` : told(head.measure, value)));
  return [looks(head.names[from], head.names[to]), shown.join(", ")];
}

/** @param {Head} head @param {ReturnType<typeof reached>} columns */
function spoken(head, columns) {
  const to = best(columns);
  if (head.focus < 0 || to < 0) return "";
  const { value, sheet } = /** @type {{value: number, sheet: Sheet}} */ (columns.get(to));
  return `${head.names[head.focus]} looks most at ${head.names[to]}, ${told(head.measure, value)}${sheet.colour ? ` in head ${sheet.head + 1}` : ""}. `;
}

export default {
  /** @param {{model: import("../shared/live.js").Model, el: HTMLElement}} context */
  render({ model, el }) {
    /** @type {ReturnType<typeof attentionFlow> | undefined} */
    let view;
    const head = follower();
    return live(model, el, (scene) => {
      view ??= attentionFlow(el, scene);
      view.draw({ head: head(scene), look: scene.look, theme: scene.theme, sized: scene.changed.picture || scene.changed.width });
    }, { look: FLOW_LOOK });
  },
};
