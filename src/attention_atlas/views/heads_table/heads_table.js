/** All heads in numbers: a heat map of each metric, and a table that sorts and downloads. */

import { at } from "../shared/arrays.js";
import { count, focusedAt, h, keepInView } from "../shared/dom.js";
import { view } from "../shared/live.js";
import { roving } from "../shared/reading.js";
import { numbers, ranked, share, times, told } from "../head_atlas/numbers.js";
import { csv, table as csvTable } from "./csv.js";
import { heat } from "./heat.js";

/** @typedef {import("../head_atlas/numbers.js").Quantity} Quantity */
/** @typedef {import("../shared/live.js").Scene} Scene */

/** What a metric's heat map has at least, in CSS pixels. */
const HEAT = 152;

/** @param {HTMLElement} el @param {import("../shared/live.js").Scene} first */
function build(el, { signal, setLook }) {
  el.classList.add("aa-heads-table");
  const heats = h("div", { class: "heats", role: "group", "aria-label": "Each metric of all heads" });
  const head = h("tr");
  const body = h("tbody");
  const means = h("tbody", { class: "means" });
  const table = h("table", {}, h("caption", { class: "vh" }, "All heads in numbers"), h("thead", {}, head), means, body);
  const frame = h("div", { class: "frame", role: "group", "aria-label": "All heads in numbers" }, table);
  const download = h("button", { type: "button", class: "download" }, "Download as CSV");
  const missing = h("p", { class: "note" });
  el.append(
    h("p", { class: "note" }, "Each cell and each row is one head; rows of a heat map are layers, columns heads. A click chooses the head."),
    heats,
    h("div", { class: "line" }, h("p", { class: "note" },
      "A role has its share and, as a multiple, its ratio to uniform attention. The two rows of means are means over heads of per-head values: nothing is computed on a mean matrix."), download),
    frame, missing,
  );
  /** @type {Scene | null} */
  let scene = null;
  /** @type {Quantity[]} */
  let columns = [];
  /** @type {import("../head_atlas/numbers.js").Numbers} */
  let all;
  /** @type {ReturnType<typeof heat>[]} */
  let maps = [];
  /** @type {HTMLTableRowElement[]} one for each head, in the order of the model */
  let rows = [];
  /** @type {HTMLButtonElement[]} */
  let buttons = [];
  /** @type {{by: string, first: "highest" | "lowest"}} what the rows are sorted by: a column that this text has */
  let sort = { by: "layer", first: "lowest" };
  /** @type {number[]} */
  let order = [];
  const stop = roving(body, () => order.map((k) => buttons[k]), signal);

  const size = () => all.layers * all.heads;
  const chosen = () => Math.min(scene?.selection.layer ?? 0, all.layers - 1) * all.heads + Math.min(scene?.selection.head ?? 0, all.heads - 1);
  const choose = (/** @type {number} */ k) => scene?.choose({ layer: Math.floor(k / all.heads), head: k % all.heads });
  /** @param {string} by @returns {ArrayLike<number>} */
  const valuesOf = (by) => {
    const quantity = columns.find(({ value }) => value === by);
    if (quantity) return all.of(quantity);
    return Array.from({ length: size() }, (_, k) => (by === "head" ? k % all.heads : Math.floor(k / all.heads)));
  };
  const cell = (/** @type {Quantity} */ one, /** @type {number} */ value, /** @type {number} */ ratio) => {
    if (one.missing) return h("td", {}, "–");
    return one.kind === "role" ? h("td", {}, share(value), " ", h("b", {}, times(ratio))) : h("td", {}, told(one, value, "share"));
  };

  const header = () => {
    const place = [{ value: "layer", kind: null, short: "layer", name: "layer", missing: null }, { value: "head", kind: null, short: "head", name: "head", missing: null }];
    head.replaceChildren(...[...place, ...columns].map(({ value, kind, short, name, missing: none }) => {
      const button = h("button", { type: "button", title: none ?? name, disabled: Boolean(none) }, short);
      button.addEventListener("click", () => {
        const again = sort.by === value;
        const first = again ? (sort.first === "highest" ? "lowest" : "highest") : value === "layer" || value === "head" ? "lowest" : "highest";
        frame.scrollTop = 0;
        setLook({ sort: value, sort_first: first });
      }, { signal });
      return h("th", { scope: "col", class: value === "layer" || value === "head" ? `place ${value}` : (kind ?? ""), "data-by": value }, button);
    }));
  };

  const fill = () => {
    const shares = columns.map((one) => all.of(one, "share"));
    const ratios = columns.map((one) => all.of(one, "ratio"));
    buttons = Array.from({ length: size() }, (_, k) => {
      const [layer, which] = [Math.floor(k / all.heads) + 1, (k % all.heads) + 1];
      return h("button", { type: "button", "aria-label": `Choose layer ${layer}, head ${which}` }, String(layer));
    });
    rows = buttons.map((button, k) => h("tr", { "data-k": k },
      h("th", { scope: "row", class: "place layer" }, button),
      h("td", { class: "place head" }, String((k % all.heads) + 1)),
      ...columns.map((one, c) => cell(one, shares[c][k], ratios[c][k])),
    ));
  };

  /** The means of the chosen layer and of all heads. */
  const average = () => {
    if (!scene) return;
    const { layer_means: ofLayer, means: ofAll } = scene.arrays;
    const layer = Math.floor(chosen() / all.heads);
    const line = (/** @type {string} */ name, /** @type {string} */ title, /** @type {(c: number) => number} */ mean) => h("tr", {},
      h("th", { scope: "row", class: "place", colSpan: 2, title }, name),
      ...columns.map((one, c) => cell(one, mean(c), mean(c) / (one.uniform ?? NaN))));
    means.replaceChildren(
      line(`mean, layer ${layer + 1}`, `Mean over the heads of layer ${layer + 1} of their per-head values`, (c) => at(ofLayer, c).data[layer]),
      line(`mean, all ${count(size())}`, "Mean over all heads of their per-head values", (c) => ofAll.data[c]),
    );
  };

  const arrange = () => {
    const { sort: by, sort_first: first } = /** @type {Scene} */ (scene).look;
    const there = by === "layer" || by === "head" || columns.some(({ value, missing: none }) => value === by && !none);
    sort = there ? { by, first } : { by: "layer", first: "lowest" };
    order = ranked(valuesOf(sort.by), sort.first);
    body.replaceChildren(...order.map((k) => rows[k]));
    for (const th of head.cells) {
      if (th.dataset.by === sort.by) th.setAttribute("aria-sort", sort.first === "highest" ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    }
    stop(buttons[chosen()]);
  };

  const mark = (/** @type {boolean} */ smooth) => {
    const k = chosen();
    for (const row of body.querySelectorAll(".on")) {
      row.classList.remove("on");
      buttons[rows.indexOf(row)]?.removeAttribute("aria-current");
    }
    rows[k].classList.add("on");
    buttons[k].setAttribute("aria-current", "true");
    stop(buttons[k]);
    keepInView(frame, rows[k].cells[0], { top: head.offsetHeight + means.offsetHeight, smooth });
  };

  const paintHeats = () => {
    if (!scene) return;
    const metrics = columns.filter(({ kind }) => kind === "metric");
    if (maps.length !== metrics.length) {
      maps = metrics.map(() => heat(choose, signal));
      heats.replaceChildren(...maps.map(({ node }) => node));
    }
    const across = Math.max(1, Math.min(metrics.length, Math.floor((scene.width + 24) / (HEAT + 24))));
    heats.style.setProperty("--across", String(across));
    const width = (scene.width - 24 * (across - 1)) / across;
    maps.forEach((map, m) => map.show({ quantity: metrics[m], values: all.of(metrics[m]), layers: all.layers, heads: all.heads, width, theme: /** @type {Scene} */ (scene).theme }));
  };

  body.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const row = event.target instanceof Element && event.target.closest("tr");
    if (row) choose(Number(row.dataset.k));
  }, { signal });
  download.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([csv(csvTable(all, columns))], { type: "text/csv" }));
    h("a", { href: url, download: "heads.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(url)); // once the browser has taken it
  }, { signal });

  /** @param {Scene} next */
  return (next) => {
    scene = next;
    const { changed, state } = next;
    columns = state.columns;
    all = numbers(next, columns);
    if (changed.picture) {
      const had = buttons.indexOf(/** @type {any} */ (focusedAt(el)));
      header();
      fill();
      arrange();
      missing.textContent = columns.filter((one) => one.missing).map((one) => `${one.name}: ${one.missing}.`).join(" ");
      if (had >= 0) buttons[Math.min(had, buttons.length - 1)].focus({ preventScroll: true });
    }
    if (changed.look && !changed.picture) arrange();
    if (changed.picture || changed.selection) {
      average();
      mark(!changed.picture);
    }
    if (changed.picture || changed.theme || changed.width) paintHeats();
    for (const map of maps) map.mark(chosen());
  };
}

export default view(build, { frames: 1, look: ["sort", "sort_first"] });
