/** One row for each key: q·k, the score, the parts of the softmax, the share. */

import { count, h, m } from "../shared/dom.js";
import { hinted, roving } from "../shared/reading.js";
import { bar, root, takenOff } from "./pair.js";

const FIGURES = /** @type {const} */ (["raw", "scaled", "shifted", "exp", "share"]);

/** @param {string} said @param {...(Node | string)} shown */
const heading = (said, ...shown) => [h("span", { class: "vh" }, said), h("span", { "aria-hidden": "true" }, ...shown)];

function line() {
  const name = h("button", { type: "button" });
  const [raw, scaled, shifted, exp, share] = FIGURES.map((column) => h("td", { class: `r ${column}` }));
  const signed = h("td", { class: "rawbar", "aria-hidden": "true" });
  const length = h("span", { class: "bar" });
  const node = h("tr", {}, h("th", { scope: "row", class: "key" }, name), raw, signed, scaled, shifted, exp, share, h("td", { class: "bars", "aria-hidden": "true" }, length));
  return { node, name, raw, signed, scaled, shifted, exp, share, length };
}

/** @param {AbortSignal} signal @param {(picked: number) => void} pick */
export function scores(signal, pick) {
  const title = h("h4", {}, "Score and softmax");
  const caption = h("caption", { class: "vh" });
  const size = h("span");
  const math = (/** @type {Node[]} */ ...nodes) => m("math", ...nodes);
  const head = h("thead", {}, h("tr", {},
    h("th", { scope: "col", class: "key" }, "key"),
    h("th", { scope: "col", class: "r raw" }, ...heading("query times key", math(m("mi", "q"), m("mo", "·"), m("mi", "k")))),
    h("td", { class: "rawbar" }),
    h("th", { scope: "col", class: "r scaled" }, ...heading("divided by the root of the head size: the score", "÷\u202f", size)),
    h("th", { scope: "col", class: "r shifted" }, ...heading("less the largest score", "−\u202fmax")),
    h("th", { scope: "col", class: "r exp" }, ...heading("its exponential", "exp")),
    h("th", { scope: "col", class: "r share" }, ...heading("divided by the sum: the share", "÷\u202fsum")),
    h("td", { class: "bars" }, h("span", { class: "vh" }, "share"))));
  const body = h("tbody");
  const others = h("tr", { class: "others" });
  const foot = h("tfoot");
  const columns = Object.fromEntries(["key", "raw", "rawbar", "scaled", "shifted", "exp", "share", "bars"].map((name) => [name, h("col", { class: name })]));
  const table = h("table", { class: "scores" }, caption, h("colgroup", {}, ...Object.values(columns)), head, body, foot);
  const note = h("p", { class: "note" });
  const frame = h("div", { class: "frame" }, table);
  const node = h("section", {}, title, frame, note);
  /** @type {ReturnType<typeof line>[]} */
  let lines = [];
  /** @type {any} */
  let state;
  const restop = roving(body, () => lines.map(({ name }) => name), signal);
  const row = (/** @type {Event} */ event) => lines.findIndex((one) => event.target instanceof Node && one.node.contains(event.target));
  for (const event of ["click", "focusin"]) {
    body.addEventListener(event, (/** @type {Event} */ e) => { if (row(e) >= 0) pick(row(e)); }, { signal });
  }
  hinted(table, (target) => {
    const i = lines.findIndex(({ node: at }) => at.contains(target));
    const cell = target.closest("td");
    if (i < 0 || !cell) return null;
    const key = state.keys[i];
    if (cell === lines[i].scaled) return [`${key.raw} ÷ √${state.head_size} =`, key.scaled];
    if (cell === lines[i].shifted) return [`${key.scaled} ${takenOff(state.maximum)} =`, key.shifted];
    if (cell === lines[i].exp) return [`exp(${key.shifted}) =`, key.exp];
    if (cell === lines[i].share) return [`${key.exp} ÷ ${state.exp_sum} =`, key.share];
    return null;
  }, signal);

  return {
    node,
    /** @param {import("../shared/live.js").Scene} scene */
    show(scene) {
      state = scene.state;
      const { keys } = state;
      const { raw, weights } = scene.arrays;
      if (lines.length !== keys.length || others.isConnected !== Boolean(state.others)) {
        lines = keys.map((/** @type {any} */ _, /** @type {number} */ i) => lines[i] ?? line());
        body.replaceChildren(...lines.map((one) => one.node), ...(state.others ? [others] : []));
      }
      const most = (/** @type {ArrayLike<number>} */ values) => Array.from(values, Math.abs).filter(Number.isFinite).reduce((a, b) => Math.max(a, b), 0) || 1;
      const [far, widest] = [most(raw.data), most(weights.data)];
      // As wide as the longest number: extreme scores have many digits, and then the frame scrolls.
      for (const column of FIGURES) {
        const longest = keys.reduce((/** @type {number} */ length, /** @type {any} */ key) => Math.max(length, key[column].length), column === "scaled" ? state.maximum.length : 5);
        columns[column].style.setProperty("--digits", longest);
      }
      caption.textContent = `Attention of ${state.token} in layer ${state.layer + 1}, head ${state.head + 1}`;
      size.replaceChildren(root(state.head_size));
      lines.forEach((one, i) => {
        const key = keys[i];
        // Of a long text most keys are missing: which "cat" this is, only its place tells.
        one.name.replaceChildren(key.piece, ...(state.others ? [" ", h("small", { title: "its place in the text, counted from 0" }, String(key.index))] : []));
        one.name.title = key.piece;
        one.node.classList.toggle("own", key.index === state.index);
        for (const column of FIGURES) one[column].textContent = key[column];
        one.signed.replaceChildren(bar(raw.data[i] / far));
        one.length.style.width = `${Number.isFinite(weights.data[i]) ? (100 * weights.data[i]) / widest : 0}%`;
      });
      if (state.others) {
        others.replaceChildren(h("th", { scope: "row", class: "key", colSpan: 3 }, `${count(state.others.count)} other keys`), h("td"), h("td"),
          h("td", { class: "r exp" }, state.others.exp), h("td", { class: "r share" }, state.others.share), h("td"));
      }
      foot.replaceChildren(h("tr", {}, h("th", { scope: "row", class: "r said", colSpan: 3 }, "max"), h("td", { class: "r" }, state.maximum),
        h("th", { scope: "row", class: "r said" }, "sum"), h("td", { class: "r" }, state.exp_sum), h("td", { class: "r" }, state.total), h("td")));
      note.textContent = [
        state.others ? `The ${keys.length} strongest keys stand here one by one. The row below them adds up the other ${count(state.others.count)}, so that the sums are those of all ${count(state.n)}.` : "",
        state.rounding ? `These numbers are large, and the model computes in single precision: its scores are off from q · k ÷ √${state.head_size} by up to ${state.rounding}.` : "",
      ].join(" ").trim();
      note.hidden = !note.textContent;
    },
    /** @param {number} picked */
    mark(picked) {
      lines.forEach(({ node: at, name }, i) => {
        at.classList.toggle("picked", i === picked);
        name.setAttribute("aria-pressed", String(i === picked));
      });
      restop(lines[picked]?.name);
    },
  };
}
