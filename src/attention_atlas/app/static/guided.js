/** Guided: one step at a time, large enough for a hall, forwards and back by key or clicker. */

import { h } from "../../views/shared/dom.js";
import { on, setTab, store } from "./store.js";

const FORWARD = ["ArrowRight", "PageDown", " "];
const BACK = ["ArrowLeft", "PageUp"];

/** @returns {HTMLElement[]} the steps there are to go through, in the order of the page */
const steps = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#walk .step[id]:not(.skipped)")]);

export function startGuided() {
  const button = /** @type {HTMLElement} */ (document.getElementById("guided"));
  const where = h("span", { class: "where", role: "status" });
  const previous = h("button", { type: "button", class: "plain" }, "Previous");
  const next = h("button", { type: "button", class: "primary-small" }, "Next");
  const end = h("button", { type: "button", class: "link" }, "End");
  const bar = h("div", { class: "guided-bar", role: "group", "aria-label": "Guided walk", hidden: true }, previous, where, next, end);
  document.body.append(bar);
  let at = 0;

  const on_ = () => document.body.dataset.guided !== undefined;
  const show = () => {
    const all = steps();
    at = Math.min(Math.max(at, 0), all.length - 1);
    all.forEach((step, i) => step.classList.toggle("here", i === at));
    const title = all[at].querySelector("h3")?.textContent ?? "";
    where.textContent = `${at + 1} of ${all.length}: ${title}`;
    /** @type {any} */ (previous).disabled = at === 0;
    /** @type {any} */ (next).disabled = at === all.length - 1;
    all[at].scrollIntoView({ block: "start" });
  };
  const go = (/** @type {number} */ by) => { at += by; show(); };
  const leave = () => {
    delete document.body.dataset.guided;
    bar.hidden = true;
    const step = steps()[at];
    steps().forEach((one) => one.classList.remove("here"));
    step?.scrollIntoView({ block: "start" });
    button.focus({ preventScroll: true });
  };
  const enter = () => {
    if (!store.trace) return;
    setTab("walk");
    const passed = steps().filter((step) => step.getBoundingClientRect().top < window.innerHeight * 0.38);
    at = Math.max(0, passed.length - 1);
    document.body.dataset.guided = "";
    bar.hidden = false;
    show();
    /** @type {HTMLElement} */ (next).focus({ preventScroll: true });
  };

  button.addEventListener("click", enter);
  previous.addEventListener("click", () => go(-1));
  next.addEventListener("click", () => go(1));
  end.addEventListener("click", leave);
  on("tab", () => { if (on_() && store.tab !== "walk") leave(); });
  on("trace", () => { if (on_()) show(); });
  document.addEventListener("keydown", (event) => {
    if (!on_() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = /** @type {Element} */ (event.target);
    const busy = target.matches("input, textarea, select, canvas, [role='img'], [role='radio'], summary, [tabindex='0']:not(button)");
    if (event.key === "Escape") leave();
    else if (busy || (event.key === " " && target.matches("button"))) return;
    else if (FORWARD.includes(event.key)) go(1);
    else if (BACK.includes(event.key)) go(-1);
    else return;
    event.preventDefault();
  });
}
