/** The strongest units of one token: value, share of the output, and the words they move. */

import { count, h, number } from "../shared/dom.js";

/** A factor as people read it. @param {number} x */
const factor = (x) => (!Number.isFinite(x) ? number(x) : `×${x >= 1000 || x < 0.001 ? x.toExponential(1).replace("e-", "e−").replace("e+", "e") : x >= 100 ? count(Math.round(x)) : x.toPrecision(x < 0.995 ? 2 : 3)}`);
const percent = (/** @type {number} */ share) => (Number.isFinite(share) ? `${number(100 * share, 1)}\u202f%` : number(share));

/** @param {string[]} texts @param {ArrayLike<number>} factors */
const words = (texts, factors) => texts.flatMap((text, i) => [i ? " " : "", h("span", { class: "word" }, h("span", { class: "tok" }, text), h("small", { class: "num" }, factor(factors[i])))]);

export function units() {
  const title = (/** @type {string} */ kind, /** @type {string} */ text) => h("span", { role: "columnheader", class: kind }, text);
  const up = title("up", "▲ makes likelier");
  const down = title("down", "▼ makes less likely");
  const head = h("div", { role: "row", class: "row head" }, title("unit", "unit"), title("r", "before"), title("r", "after"), title("r", "share of output"), up, down);
  const body = h("div", { role: "rowgroup" });
  const table = h("div", { role: "table", class: "units" }, h("div", { role: "rowgroup" }, head), body);
  const note = h("p", { class: "note quiet" });
  return {
    nodes: [table, note],
    /** @param {import("../shared/live.js").Scene} scene */
    show({ state, arrays }) {
      const { before, intermediate, shares } = arrays;
      const k = state.strongest.length;
      const perRow = k ? arrays.up.data.length / k : 0;
      const read = !state.note;
      table.classList.toggle("wordless", !read);
      table.setAttribute("aria-label", `The ${k} strongest units of ${state.token}`);
      up.hidden = down.hidden = !read;
      const cell = (/** @type {string} */ kind, /** @type {(Node | string)[]} */ ...of) => h("span", { role: "cell", class: kind }, ...of);
      const moved = (/** @type {string} */ kind, /** @type {string} */ said, /** @type {string[]} */ texts, /** @type {ArrayLike<number>} */ factors) =>
        cell(kind, h("span", { class: "said", "aria-hidden": "true" }, said), h("span", { class: "words" }, ...(texts.length ? words(texts, factors) : ["none"])));
      const line = (/** @type {string} */ name, /** @type {number} */ share) => h("div", { role: "row", class: "row rest" },
        h("span", { role: "rowheader", class: "unit" }, name), cell("r", ""), cell("r", ""), cell("r num", percent(share)), ...(read ? [cell("up", ""), cell("down", "")] : []));
      body.replaceChildren(
        ...state.strongest.map((/** @type {any} */ of, /** @type {number} */ i) => h("div", { role: "row", class: "row" },
          h("span", { role: "rowheader", class: "unit num" }, String(of.unit)),
          cell("r num", number(before.data[of.unit])), cell("r num", number(intermediate.data[of.unit])), cell("r num", percent(shares.data[i])),
          ...(read ? [
            moved("up", "▲", of.up, arrays.up.data.subarray(i * perRow, (i + 1) * perRow)),
            moved("down", "▼", of.down, arrays.down.data.subarray(i * perRow, (i + 1) * perRow)),
          ] : []))),
        ...(intermediate.data.length > k ? [line(`${count(intermediate.data.length - k)} others`, shares.data[k])] : []),
        line("bias", shares.data[k + 1]));
      note.textContent = "The output is the sum of each unit’s value times its row of W₂, and the bias. The share of a term is term · output ÷ (output · output); all shares add up to 100\u202f%. "
        + (state.note || "A reading aid: the MLM head reads this layer’s output, once as it is and once without the unit. ×2 says that the word is twice as likely with it; in the last layer that is its effect on the prediction itself.");
    },
  };
}
