/** All heads at a glance: the pattern of each, framed in the colour of a number of its own. */

import { paint, size as sized } from "../shared/canvas.js";
import { css, maps } from "../shared/colour.js";
import { h } from "../shared/dom.js";
import { view } from "../shared/live.js";
import { LOOK } from "../shared/look.js";
import { hideTip, showTip } from "../shared/reading.js";
import { arrangements, filters, pair, picker, subscripts } from "./controls.js";
import { layout } from "./layout.js";
import { flat, numbers, range, ranked, told, within } from "./numbers.js";

/** @typedef {import("./numbers.js").Quantity} Quantity */
/** @typedef {import("../shared/live.js").Scene} Scene */

const NOTHING = { value: "nothing", name: "nothing" };
/** In windows narrower than this the tip says one number; the line below the tiles says all. */
const NARROW = 520;

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, setLook }) {
  el.classList.add("aa-head-atlas");
  const title = h("h3");
  const colour = picker("Colour by");
  const arrange = picker("Arrange");
  const only = picker("Strongest role", "Only heads whose strongest role is");
  const painted = pair("What is coloured", ["frame", "tile"], (value) => setLook({ painted: value === "tile" ? "tile" : "frame" }), signal);
  const as = pair("A role is told as", ["ratio", "share"], (value) => setLook({ told: value === "share" ? "share" : "ratio" }), signal);
  const definition = h("p", { class: "definition" });
  const tiles = layout();
  const scale = h("span", { class: "aa-scale" });
  const rule = h("p", { class: "rule" });
  const reading = h("p", { class: "reading" });
  const role = h("span", { class: "num" });
  el.append(
    h("div", { class: "line", "data-figure": "head-atlas" }, title, colour.node),
    h("div", { class: "line" }, arrange.node, only.node),
    definition,
    tiles.frame,
    h("div", { class: "line foot" }, painted.node, as.node, scale),
    reading,
    h("p", { class: "reading" }, "strongest role: ", role),
    rule,
  );
  /** @type {Scene | null} */
  let scene = null;
  /** What was chosen. What a text does not have is passed over until a text has it. */
  let look = LOOK;
  /** @type {Quantity[]} */
  let choices = [];
  /** @type {import("./numbers.js").Numbers} */
  let all;
  let side = 24;
  /** The head that the reading is of, while the pointer or the focus is on it. */
  let over = -1;
  /** Where the Tab key stops, if the arrow keys have left the chosen head. */
  let stop = -1;

  const find = (/** @type {string} */ value) => choices.find((one) => one.value === value && !one.missing) ?? null;
  const coloured = () => find(look.colour);
  /** What heads are sorted by: what colours them, else how focused they are. */
  const key = () => coloured() ?? /** @type {Quantity} */ (find("entropy"));
  const toldBy = () => (look.arrange === "layer" ? coloured() : key());
  /** @returns {(k: number) => boolean} whether a head stays */
  const belongs = () => {
    if (look.only === "none") return (k) => all.strongest(k) < 0;
    const role = find(look.only) ? all.roles.indexOf(look.only) : -1;
    return role < 0 ? () => true : (k) => all.strongest(k) === role;
  };
  const chosen = () => Math.min(scene?.selection.layer ?? 0, all.layers - 1) * all.heads + Math.min(scene?.selection.head ?? 0, all.heads - 1);
  const where = (/** @type {number} */ k) => ({ layer: Math.floor(k / all.heads), head: k % all.heads });
  /** @param {number} k @returns {string} the number it is coloured or sorted by */
  const value = (k) => {
    const by = toldBy();
    return by ? told(by, all.of(by, look.told)[k], look.told) : "";
  };

  const sort = () => {
    const keep = belongs();
    const order = look.arrange === "layer" ? null : ranked(all.of(key()), look.arrange, keep);
    const count = all.layers * all.heads;
    const left = Array.from({ length: count }, (_, k) => k).filter(keep).length;
    title.textContent = left < count ? `${left} of ${count} heads` : count > 1 ? `All ${count} heads` : "The one head";
    tiles.arrange(order, keep);
    stop = -1;
  };

  const paintAll = () => {
    if (!scene) return;
    const map = maps(scene.theme).sequential;
    const by = coloured();
    const values = by ? all.of(by, look.told) : [];
    const ends = by ? range(values) : /** @type {[number, number]} */ ([0, 1]);
    const rim = by && look.painted === "frame" ? Math.max(2, Math.round(side / 8)) : 0;
    const { data, shape: [, , s] } = scene.arrays.thumbnails;
    const bare = Boolean(by) && look.painted === "tile";
    const keep = belongs();
    tiles.cells().forEach(({ tile, canvas }, k) => {
      tile.style.setProperty("--tint", by ? css(map, flat(within(values[k], ends))) : "transparent");
      canvas.hidden = bare && keep(k);
      if (canvas.hidden) return;
      const width = side - 2 * rim;
      paint(canvas, { values: data.subarray(k * s * s, (k + 1) * s * s), rows: s, columns: s, width, height: width, map, level: (x) => x / 255, gap: false });
    });
    tiles.frame.classList.toggle("framed", rim > 0);
    legend(by, ends, map);
  };

  /** @param {Quantity | null} by @param {[number, number]} ends @param {Uint8ClampedArray} map */
  const legend = (by, ends, map) => {
    const ramp = h("canvas", { "aria-hidden": "true" });
    const [low, high] = ends.map((x) => (by ? told(by, x, look.told) : String(x)));
    scale.replaceChildren(h("span", {}, low), ramp, h("span", {}, high));
    const { context, W, H } = sized(ramp, 64, 6);
    for (let x = 0; x < W; x++) {
      context.fillStyle = css(map, by ? flat(x / (W - 1)) : x / (W - 1));
      context.fillRect(x, 0, 1, H);
    }
  };

  const explain = () => {
    const by = coloured();
    const unit = scene?.state.unit;
    definition.replaceChildren(...(by
      ? [`${by.definition}: `, ...subscripts(by.formula), `. ${by.note}`]
      : [`Rows are layers, columns heads. In each tile a row is a ${unit} that looks, a column a ${unit} that is looked at; the more it stands out from the ground, the larger the weight.`]));
    rule.textContent = `Strongest is the role of the highest ratio, if it is ${all.strong}× or more.`;
  };

  const name = () => {
    const by = toldBy();
    tiles.cells().forEach(({ button }, k) => {
      const { layer, head } = where(k);
      const strongest = all.strongest(k) < 0 ? all.role(k) : `strongest role ${all.role(k)}`;
      button.setAttribute("aria-label", [`Layer ${layer + 1}, head ${head + 1}`, by ? `${by.name} ${value(k)}` : "", strongest].filter(Boolean).join(", "));
    });
  };

  const mark = () => {
    tiles.mark(chosen(), tiles.entry(stop < 0 ? chosen() : stop));
    read();
  };

  const read = () => {
    const k = over < 0 ? chosen() : over;
    const { layer, head } = where(k);
    const by = toldBy();
    reading.replaceChildren(h("b", {}, `layer ${layer + 1} head ${head + 1}`), ...(by ? [` ${by.short} `, h("span", { class: "num" }, value(k))] : []));
    role.textContent = all.role(k);
  };

  /** The head under the pointer or the focus, −1 for none. @param {number} k @param {number} x @param {number} y */
  const tip = (k, x, y) => {
    over = k;
    read();
    if (k < 0) return hideTip();
    const { layer, head } = where(k);
    const by = toldBy();
    const name = `layer ${layer + 1} head ${head + 1}`;
    if (window.innerWidth < NARROW) showTip(name, by ? value(k) : all.role(k), x, y);
    else showTip([name, all.role(k), by ? by.short : ""].filter(Boolean).join(" · "), value(k), x, y);
  };

  /** All that hangs on the numbers or on what was chosen. */
  const show = () => {
    if (!scene) return;
    const by = coloured();
    colour.show([NOTHING, ...choices], by?.value ?? NOTHING.value);
    arrange.show(arrangements(key()), look.arrange);
    only.show(filters(choices, all.strong), look.only === "none" || find(look.only) ? look.only : "all");
    painted.show(look.painted, by !== null);
    as.show(look.told, by?.kind === "role");
    explain();
    sort();
    paintAll();
    name();
    mark();
  };

  colour.select.addEventListener("change", () => setLook({ colour: colour.select.value }), { signal });
  arrange.select.addEventListener("change", () => setLook({ arrange: /** @type {any} */ (arrange.select.value) }), { signal });
  only.select.addEventListener("change", () => setLook({ only: only.select.value }), { signal });
  const { grid } = tiles;
  grid.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const k = tiles.indexOf(event.target);
    if (k < 0 || !scene) return;
    stop = -1;
    scene.choose(where(k));
  }, { signal });
  grid.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const k = tiles.indexOf(event.target);
    if (k < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = tiles.step(k, event.key);
    if (to === null) return;
    event.preventDefault();
    stop = to;
    mark();
    tiles.cells()[stop].button.focus();
  }, { signal });
  grid.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => tip(tiles.indexOf(event.target), event.clientX, event.clientY), { signal });
  grid.addEventListener("pointerleave", () => tip(-1, 0, 0), { signal });
  grid.addEventListener("focusin", (/** @type {FocusEvent} */ event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!target.matches(":focus-visible")) return;
    const box = target.getBoundingClientRect();
    tip(tiles.indexOf(target), box.left, box.bottom - 12);
  }, { signal });
  grid.addEventListener("focusout", (/** @type {FocusEvent} */ event) => {
    tip(-1, 0, 0);
    if (grid.contains(/** @type {Node | null} */ (event.relatedTarget))) return;
    stop = -1;
    mark();
  }, { signal });
  signal.addEventListener("abort", hideTip);

  /** @param {Scene} next */
  return (next) => {
    const theme = scene?.theme;
    scene = next;
    ({ look } = next);
    choices = next.state.choices;
    all = numbers(next, choices);
    const before = side;
    side = tiles.fit(all.layers, all.heads, next.width);
    if (next.changed.picture || next.changed.look) show();
    else {
      if (side !== before || theme !== next.theme) paintAll();
      mark();
    }
    if (next.changed.picture || next.changed.selection) tiles.reveal(chosen());
  };
}

export default view(build, { frames: 1, look: ["colour", "told", "painted", "arrange", "only"] });
