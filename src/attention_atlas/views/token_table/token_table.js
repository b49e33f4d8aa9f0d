/** The tokens as a table: word, piece, id, position, segment, characters. */

import { focusedAt, h, keepInView } from "../shared/dom.js";
import { view } from "../shared/live.js";
import { hinted, roving } from "../shared/reading.js";

/**
 * @typedef {{piece: string, id: number, position: number, segment: string, characters: string,
 *   part: "only" | "first" | "middle" | "last", special: boolean, original: string | null}} Entry
 */

const ROWS = /** @type {const} */ (["id", "position", "segment", "characters"]);

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, choose }) {
  const table = h("table", {}, h("caption", { class: "vh" }, "The tokens that the model reads"));
  const frame = h("div", { class: "frame", role: "group", "aria-label": "Tokens" }, table);
  const summary = h("p", { class: "summary" });
  el.replaceChildren(frame, summary);
  /** @type {Entry[]} */
  let tokens = [];
  /** @type {HTMLElement[]} */
  let buttons = [];
  /** @type {HTMLElement[][]} */
  let columns = [];
  let focused = -1;
  const stop = roving(frame, () => buttons, signal);
  frame.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const cell = event.target instanceof Element && event.target.closest("td");
    if (cell) choose({ token: Number(cell.dataset.token) });
  }, { signal });
  hinted(frame, (target) => {
    const button = target.closest("button");
    const token = button && tokens[buttons.indexOf(button)];
    return token && token.original !== null ? [`${token.piece} stands for`, token.original] : null;
  }, signal);

  /** @param {{text: string, pieces: number}[]} words */
  const fill = (words) => {
    buttons = tokens.map((token, i) => h("button", {
      type: "button",
      title: token.original === null ? undefined : `stands for ${token.original}`,
      "aria-label": token.original === null ? `${token.piece}, position ${i}` : `${token.piece}, position ${i}, stands for ${token.original}`,
    }, token.piece));
    const pieces = tokens.map((token, i) => h("td", {
      class: ["piece", token.part, token.special ? "special" : "", token.original === null ? "" : "unknown"].filter(Boolean).join(" "),
      "data-token": i,
    }, buttons[i]));
    const others = ROWS.map((key) => tokens.map((token, i) => h("td", { "data-token": i }, String(token[key]))));
    const line = (/** @type {string} */ name, /** @type {HTMLElement[]} */ cells) => h("tr", {}, h("th", { scope: "row" }, name), ...cells);
    table.tBodies[0]?.remove();
    // Where every word is one piece, as typed, the row would say everything twice.
    let first = 0;
    const typed = words.map(({ text, pieces: many }) => {
      const cell = h("td", { class: "word", "data-token": first, colSpan: many }, text);
      first += many;
      return cell;
    });
    const differ = words.some(({ text, pieces: many }, i) => text && (many > 1 || text !== typed[i].textContent || text !== tokens[Number(typed[i].dataset.token)].piece));
    table.append(h("tbody", { class: differ ? "with-words" : "" }, ...(differ ? [line("word", typed)] : []), line("piece", pieces), ...ROWS.map((key, r) => line(key, others[r]))));
    columns = tokens.map((_, i) => [pieces[i], ...others.map((row) => row[i])]);
    focused = -1;
  };

  /** @param {import("../shared/live.js").Scene} scene */
  return ({ state, selection, changed }) => {
    if (changed.picture) {
      tokens = state.tokens;
      const had = buttons.indexOf(/** @type {HTMLElement} */ (focusedAt(el)));
      const left = frame.scrollLeft;
      fill(state.words);
      summary.textContent = state.summary;
      frame.scrollLeft = left;
      if (had >= 0) buttons[Math.min(had, buttons.length - 1)].focus({ preventScroll: true });
    }
    if (selection.token !== focused) {
      for (const cell of columns[focused] ?? []) cell.classList.remove("on");
      buttons[focused]?.removeAttribute("aria-current");
      focused = selection.token;
      for (const cell of columns[focused] ?? []) cell.classList.add("on");
      buttons[focused]?.setAttribute("aria-current", "true");
      stop(buttons[focused]);
    }
    if (changed.selection || changed.picture || changed.width) {
      keepInView(frame, columns[focused]?.[0], { left: table.querySelector("th")?.offsetWidth ?? 0, smooth: !changed.picture && !changed.width });
    }
  };
}

export default view(build, { name: "aa-token-table" });
