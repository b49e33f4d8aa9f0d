/** The values in their shares, added up key by key until they are the context vector. */

import { legend } from "../shared/canvas.js";
import { cells, fit } from "../shared/cells.js";
import { maps, top98 } from "../shared/colour.js";
import { count, h } from "../shared/dom.js";
import { digitsOf } from "../shared/sums.js";

/** @param {AbortSignal} signal */
function line(signal) {
  const [part, sum] = [cells(signal), cells(signal)];
  const key = h("th", { scope: "row", class: "key" });
  const share = h("td", { class: "r share" });
  const node = h("tr", {}, key, share, h("td", { class: "weighed" }, part.node), h("td", { class: "so-far" }, sum.node));
  return { node, key, share, part, sum };
}

/** @param {AbortSignal} signal */
export function mixing(signal) {
  const scale = h("span", { class: "aa-scale" });
  const caption = h("caption", { class: "vh" });
  const body = h("tbody");
  const context = cells(signal);
  const total = h("td", { class: "r share" });
  const result = h("td", { class: "weighed result" });
  const last = h("td", { class: "so-far" }, context.node);
  const table = h("table", { class: "mixing" }, caption,
    h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "key" }, "key"), h("th", { scope: "col", class: "r share" }, "share"),
      h("th", { scope: "col", class: "weighed" }, "share × value"), h("th", { scope: "col", class: "so-far" }, "added up so far"))),
    body, h("tfoot", {}, h("tr", {}, h("th", { scope: "row", class: "key" }, "sum"), total, result, last)));
  const node = h("section", {}, h("div", { class: "head" }, h("h4", {}, "Mix the values"), scale), table);
  /** @type {ReturnType<typeof line>[]} */
  let lines = [];
  /** @type {Float32Array[]} */
  let parts = [];
  /** @type {Float32Array[]} */
  let sums = [];

  return {
    node,
    /** @param {import("../shared/live.js").Scene} scene */
    numbers({ state, arrays }) {
      const { keys, others, head_size: size } = state;
      const { value, weights } = arrays;
      parts = keys.map((/** @type {any} */ _, /** @type {number} */ i) => Float32Array.from({ length: size }, (__, d) => weights.data[i] * value.data[i * size + d]));
      if (others) parts.push(/** @type {Float32Array} */ (arrays.others.data));
      const running = new Float64Array(size);
      sums = parts.map((part) => Float32Array.from(part, (x, d) => (running[d] += x)));
      if (lines.length !== parts.length) {
        lines = parts.map((_, i) => lines[i] ?? line(signal));
        body.replaceChildren(...lines.map((one) => one.node));
      }
      caption.textContent = `The context vector of ${state.token} as a sum of shares of the values`;
      lines.forEach((one, i) => {
        const rest = i === keys.length;
        one.node.className = rest ? "others" : keys[i].index === state.index ? "own" : "";
        one.key.title = rest ? "" : keys[i].piece;
        one.key.replaceChildren(rest ? `${count(others.count)} others` : keys[i].piece, ...(others && !rest ? [" ", h("small", {}, String(keys[i].index))] : []));
        one.share.textContent = rest ? others.share : keys[i].share;
      });
      total.textContent = state.total;
      result.replaceChildren("= context of ", h("span", { class: "tok on" }, state.token));
    },
    /** @param {import("../shared/live.js").Scene} scene */
    strips({ state, arrays, theme }) {
      const { keys, others, head_size: size } = state;
      const max = top98(arrays.context.data, ...parts);
      scale.replaceChildren(...legend({ low: -max, high: max, map: maps(theme).diverging, digits: digitsOf(max) }).childNodes);
      const width = fit(last.clientWidth - 8, size);
      lines.forEach(({ part, sum }, i) => {
        const name = i < keys.length ? keys[i].piece : `${count(others.count)} other keys`;
        const made = (/** @type {number} */ d) => (i < keys.length
          ? `${keys[i].share} × v of ${name} [${d}], ${keys[i].share} × ${arrays.value.data[i * size + d].toFixed(3).replace("-", "−")} =` : `share × value of ${name} [${d}]`);
        part.show({
          values: parts[i], columns: size, width, height: 16, max, theme,
          label: `share × value of ${name}: ${size} values`, name: (_, d) => made(d), rowName: () => `share × value of ${name}`,
        });
        sum.show({
          values: sums[i], columns: size, width, height: 16, max, theme,
          label: `Added up to ${name}: ${size} values`, name: (_, d) => `added up to ${name} [${d}]`, rowName: () => `Shares of the values, added up to ${name}`,
        });
      });
      context.show({
        values: arrays.context.data, columns: size, width, height: 20, max, theme,
        label: `Context of ${state.token}: ${size} values`, name: (_, d) => `context of ${state.token} [${d}]`,
        rowName: () => `context of ${state.token} in layer ${state.layer + 1}, head ${state.head + 1}`,
      });
    },
  };
}
