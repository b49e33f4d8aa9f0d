/** What each head adds to the output: a strip, its length, and how far it goes the output's way. */

import { legend } from "../shared/canvas.js";
import { cells } from "../shared/cells.js";
import { maps, top98 } from "../shared/colour.js";
import { h, number } from "../shared/dom.js";
import { roving } from "../shared/reading.js";
import { digitsOf } from "../shared/sums.js";

const NARROW = 560;

/** @param {number} share */
const percent = (share) => (Number.isFinite(share) ? `${number(100 * share, 1)}\u202f%` : number(share));

/** @param {AbortSignal} signal @param {Node | string} name */
function line(signal, name) {
  const strip = cells(signal);
  const length = h("span", { class: "bar" });
  const norm = h("td", { class: "r norm" });
  const along = h("td", { class: "r along" });
  const room = h("td", { class: "added" }, strip.node);
  const node = h("tr", {}, h("th", { scope: "row", class: "whose" }, name), room, h("td", { class: "bars", "aria-hidden": "true" }, length), norm, along);
  return { node, strip, length, norm, along, room };
}

/** @param {AbortSignal} signal @param {(head: number) => void} choose */
export function parts(signal, choose) {
  const ordered = h("button", { type: "button" }, "In order");
  const largest = h("button", { type: "button" }, "Largest first");
  const scale = h("span", { class: "aa-scale" });
  const caption = h("caption", { class: "vh" });
  const body = h("tbody");
  const bias = line(signal, "bias");
  const output = line(signal, "= output");
  const foot = h("tfoot", {}, bias.node, output.node);
  const note = h("p", { class: "note" }, "Length is the L2 norm of what a head adds. Along is how far that goes in the direction of the output, as a share of the output's length: with the bias these add up to 100\u202f%, and below 0 a head works against the others.");
  const table = h("table", {}, caption,
    h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "whose" }, "head"), h("th", { scope: "col", class: "added" }, "context × matrix"), h("td", { class: "bars" }),
      h("th", { scope: "col", class: "r norm" }, "length"),
      h("th", { scope: "col", class: "r along" }, "along"))),
    body, foot);
  const node = h("section", { class: "parts" },
    h("div", { class: "title" }, h("h4", {}, "What each head adds"), scale, h("span", { class: "toggle", role: "group", "aria-label": "Order of the heads" }, ordered, largest)), table, note);
  /** @type {(ReturnType<typeof line> & {name: HTMLElement})[]} */
  let heads = [];
  /** @type {import("../shared/live.js").Scene} */
  let scene;
  let sorted = false;
  const order = () => {
    const norms = scene.arrays.norms.data;
    const all = heads.map((_, k) => k);
    return sorted ? all.sort((a, b) => (norms[b] || 0) - (norms[a] || 0) || a - b) : all;
  };
  const restop = roving(body, () => order().map((k) => heads[k].name), signal);
  body.addEventListener("click", (/** @type {Event} */ event) => {
    const { target } = event;
    const head = heads.findIndex((one) => target instanceof Node && one.node.contains(target));
    if (head >= 0 && !(target instanceof HTMLCanvasElement)) choose(head);
  }, { signal });
  const arrange = () => {
    ordered.setAttribute("aria-pressed", String(!sorted));
    largest.setAttribute("aria-pressed", String(sorted));
    // Rows that are moved lose the focus, so only those that do not stand right are.
    order().forEach((k, i) => { if (body.children[i] !== heads[k].node) body.insertBefore(heads[k].node, body.children[i] ?? null); });
  };
  for (const button of [ordered, largest]) {
    button.addEventListener("click", () => { sorted = button === largest; arrange(); }, { signal });
  }

  return {
    node,
    /** @param {import("../shared/live.js").Scene} next */
    show(next) {
      scene = next;
      const { state, arrays, theme, width } = scene;
      const [count, d] = arrays.parts.shape;
      node.classList.toggle("narrow", width < NARROW);
      if (heads.length !== count) {
        heads = Array.from({ length: count }, (_, k) => {
          const name = h("button", { type: "button" }, `head ${k + 1}`);
          return { ...line(signal, name), name };
        });
        body.replaceChildren(...heads.map((one) => one.node));
      }
      arrange();
      caption.textContent = `What each head adds to the attention output of ${state.token}`;
      const { data } = arrays.parts;
      const max = top98(data, arrays.bias.data, arrays.attention_output.data);
      scale.replaceChildren(...legend({ low: -max, high: max, map: maps(theme).diverging, digits: digitsOf(max) }).childNodes);
      const norms = [...arrays.norms.data, state.length];
      const along = [...arrays.along.data, 1];
      const longest = norms.filter(Number.isFinite).reduce((a, b) => Math.max(a, b), 0) || 1;
      const across = output.room.clientWidth - 8;
      [...heads, bias, output].forEach((one, k) => {
        const what = k < count ? `what head ${k + 1} adds for ${state.token}` : k === count ? "bias of the output projection" : `attention output of ${state.token}`;
        one.norm.textContent = number(norms[k], 3);
        one.along.textContent = k > count && !Number.isFinite(along[0]) ? "" : percent(along[k]);
        one.length.style.width = `${Number.isFinite(norms[k]) ? (100 * norms[k]) / longest : 0}%`;
        one.strip.show({
          values: k < count ? data.subarray(k * d, (k + 1) * d) : arrays[k === count ? "bias" : "attention_output"].data,
          columns: d, width: across, height: k > count ? 20 : 14, max, theme,
          label: `${what}: ${d} values, length ${number(norms[k], 3)}`, name: (_, column) => `${what} [${column}]`, rowName: () => `${what}, layer ${state.layer + 1}`,
        });
      });
    },
    /** @param {number} head */
    mark(head) {
      heads.forEach(({ node: at, name }, k) => {
        at.classList.toggle("on", k === head);
        name.setAttribute("aria-pressed", String(k === head));
      });
      restop(heads[head]?.name);
    },
  };
}
