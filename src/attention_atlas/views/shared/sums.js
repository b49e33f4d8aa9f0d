/** Vectors added up as on paper: sign, name, strip and length, a rule, the result. */

import { legend } from "./canvas.js";
import { cells } from "./cells.js";
import { maps, top98 } from "./colour.js";
import { h, number } from "./dom.js";

const NARROW = 560;

/**
 * @typedef {{array: string, sign: string, name: string, length: number | null, norm: boolean, given?: boolean}} Row
 *   views/strip.py; `given` says that it shows weights of the model, on a colour scale of their own
 */

/** The digits that tell a scale's end. @param {number} max */
export const digitsOf = (max) => (max >= 100 ? 0 : max >= 10 ? 1 : max >= 0.1 ? 2 : 3);

/** What JSON could not say is worked out here. @param {Row} row @param {ArrayLike<number>} data */
const lengthOf = (row, data) => row.length ?? Math.sqrt(Array.from(data).reduce((a, x) => a + x * x, 0));

/** @param {AbortSignal} signal */
export function sums(signal) {
  const node = h("div", { class: "aa-sums" });
  const scale = h("span", { class: "aa-scale" });
  const head = h("div", { class: "aa-sums-row head" }, scale, h("span", { class: "length", title: "L2 norm of the vector" }, "length"));
  /** @type {{op: any, name: any, strip: ReturnType<typeof cells>, length: any, box: any}[]} */
  let lines = [];

  /** @param {Row[]} rows */
  const build = (rows) => {
    lines = rows.map(() => {
      const strip = cells(signal);
      const op = h("span", { class: "op" });
      const name = h("span");
      const length = h("span", { class: "length" });
      const box = h("div", { class: "strip" }, strip.node);
      return { op, name, strip, length, box };
    });
    node.replaceChildren(head);
    rows.forEach((row, i) => {
      const { op, name, box, length } = lines[i];
      if (row.sign === "=") node.append(h("div", { class: "line" }));
      node.append(h("div", { class: "aa-sums-row" }, op, name, box, length));
    });
  };

  return {
    node,
    /**
     * @param {import("./live.js").Scene} scene @param {Row[]} rows @param {string} of whose vectors these are
     * @param {(column: number) => void} [seen] called with the dimension that is read, by pointer or arrow keys
     */
    show({ arrays, theme, width }, rows, of, seen) {
      if (lines.length !== rows.length) build(rows);
      node.classList.toggle("narrow", width < NARROW);
      const parts = rows.filter((row) => !row.norm && !row.given).map((row) => arrays[row.array].data);
      const max = top98(...(parts.length ? parts : rows.map((row) => arrays[row.array].data)));
      scale.replaceChildren(...legend({ low: -max, high: max, map: maps(theme).diverging, digits: digitsOf(max) }).childNodes);
      const own = rows.map((row) => (row.norm || row.given ? top98(arrays[row.array].data) : max));
      rows.forEach((row, i) => {
        const { op, name, length } = lines[i];
        op.textContent = row.sign;
        name.className = row.norm ? "name strong" : "name";
        name.replaceChildren(h("span", {}, row.name));
        if (row.norm || row.given) name.append(h("small", { title: "its own colour scale" }, `±${number(own[i], digitsOf(own[i]))}`));
        length.textContent = number(lengthOf(row, arrays[row.array].data), 2);
      });
      const room = lines[0].box.clientWidth;
      rows.forEach((row, i) => {
        const { data } = arrays[row.array];
        lines[i].strip.show({
          values: data, columns: data.length, width: room, height: 20, max: own[i], theme,
          label: `${row.name} of ${of}: ${data.length} values, length ${number(lengthOf(row, data), 2)}`,
          name: (_, column) => `${row.name} [${column}]`, rowName: () => `${row.name} of ${of}`,
          seen: seen && ((_, column) => seen(column)),
        });
      });
    },
  };
}
