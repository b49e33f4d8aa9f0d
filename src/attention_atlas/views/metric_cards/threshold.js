/** τ of sparsity: a slider over the thresholds that Python has the sparsity at. */

import { h, measured } from "../shared/dom.js";

const SETTLES = 160;  // ms without another step, before Python is asked

/** @typedef {{n: number, now: number, default: number, text: string, offered: {tau: number, text: string}[]}} Tau */

/** @param {AbortSignal} signal @param {(tau: number) => void} moved */
export function threshold(signal, moved) {
  const output = h("output", { class: "num" });
  const slider = h("input", { type: "range", min: 0, step: 1, "aria-label": "τ, the weight below which a weight counts as none" });
  const marks = h("div", { class: "marks" });
  const back = h("button", { type: "button", class: "link" });
  const node = h("div", { class: "threshold" }, h("p", { class: "line" }, h("span", {}, "A weight is none below τ = ", output), back), slider, marks);
  /** @type {Tau} */
  let tau = { n: 0, now: 0, default: 0, text: "", offered: [] };
  /** What was asked for and has not come yet. @type {number | null} */
  let wanted = null;
  let due = 0;

  const place = (/** @type {number} */ value) => {
    const away = tau.offered.map((offered) => Math.abs(Math.log(offered.tau) - Math.log(value)));
    return away.indexOf(Math.min(...away));
  };
  const show = () => {
    const value = wanted ?? tau.now;
    const at = place(value);
    slider.max = String(tau.offered.length - 1);
    slider.value = String(at);
    const { text } = value === tau.offered[at].tau ? tau.offered[at] : tau;
    output.textContent = text;
    const uniform = value === 1 / tau.n;
    slider.setAttribute("aria-valuetext", uniform ? `${text}, what uniform attention gives each` : text);
    back.textContent = `Back to ${tau.default}`;
    back.disabled = value === tau.default;
  };
  const ask = () => {
    clearTimeout(due);
    if (wanted !== null) moved(wanted);
  };
  const want = (/** @type {number} */ value) => { wanted = value; show(); };

  slider.addEventListener("input", () => {
    want(tau.offered[Number(slider.value)].tau);
    clearTimeout(due);
    due = window.setTimeout(ask, SETTLES);
  }, { signal });
  back.addEventListener("click", () => { want(tau.default); ask(); slider.focus({ preventScroll: true }); }, { signal });
  signal.addEventListener("abort", () => clearTimeout(due));

  return {
    node,
    /** @returns {boolean} whether the numbers of the chosen τ are still on their way */
    waits: () => wanted !== null && wanted !== tau.now,
    /** @param {Tau} next */
    show(next) {
      if (next.n !== tau.n || next.now === wanted) wanted = null;
      if (next.n !== tau.n) {
        tau = next;
        marks.replaceChildren(...marked(next, place));
      }
      tau = next;
      show();
    },
  };
}

/** The default and 1/n, named under the slider. @param {Tau} tau @param {(tau: number) => number} place */
function marked({ n, default: usual, offered }, place) {
  const uniform = 1 / n;
  const [of, each] = [usual, uniform].map((value) => place(value) / (offered.length - 1));
  const tick = (/** @type {string} */ name, /** @type {number} */ at) => h("i", { class: `tick ${name}`, style: { "--at": at } });
  return [
    tick("", of), tick("uniform", each),
    // The default is named on the side where the line to the other name does not cross it.
    h("span", { class: `default ${each > of ? "left" : ""}`, style: { "--at": of } }, `${usual}, the default`),
    h("p", { class: `each ${each < 0.35 ? "start" : each > 0.65 ? "end" : ""}` }, `1/${n} = ${measured(uniform)}, what uniform attention gives each`),
  ];
}
