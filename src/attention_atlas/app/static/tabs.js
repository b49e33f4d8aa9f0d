/** The two views, and the steps of the walk. */

import { here } from "./stack-map.js";
import { on, setTab, store } from "./store.js";

const NAMES = /** @type {const} */ (["walk", "attention"]);

function mark() {
  for (const name of NAMES) {
    const here = store.tab === name;
    const panel = document.getElementById(name);
    const tab = document.getElementById(`tab-${name}`);
    if (panel) panel.hidden = !here;
    tab?.setAttribute("aria-selected", String(here));
    if (tab) tab.tabIndex = here ? 0 : -1;
  }
  /** @type {HTMLElement} */ (document.querySelector(".steps-nav")).hidden = store.tab !== "walk";
  /** @type {HTMLElement} */ (document.getElementById("guided")).hidden = store.tab !== "walk";
  /** @type {HTMLElement} */ (document.querySelector(".stage-tools")).hidden = store.tab !== "attention";
}

/** The step that is being read. @param {string[]} hashes of steps, in the order of the page */
function reading(hashes) {
  const atEnd = window.scrollY > 0 && window.scrollY + window.innerHeight > document.documentElement.scrollHeight - 8;
  const passed = hashes.filter((hash) => {
    const step = document.querySelector(hash);
    return step && step.getBoundingClientRect().top < window.innerHeight * 0.38;
  });
  return (atEnd ? hashes.at(-1) : passed.at(-1)) ?? hashes[0];
}

/** Marks the step that is being read, in the list of steps and on the map. */
function follow() {
  const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll(".steps-nav a")]);
  const current = reading(links.map((link) => link.hash));
  here(reading([...document.querySelectorAll("#walk .step[id]:not(.skipped)")].map((step) => `#${step.id}`)));
  for (const link of links) {
    if (link.hash === current) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
}

export function startTabs() {
  on("tab", mark);
  for (const name of NAMES) {
    document.getElementById(`tab-${name}`)?.addEventListener("click", () => {
      if (store.tab === name) return;
      setTab(name);
      window.scrollTo(0, 0);
    });
  }
  document.querySelector('[role="tablist"]')?.addEventListener("keydown", (event) => {
    const key = /** @type {KeyboardEvent} */ (event).key;
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(key)) return;
    event.preventDefault();
    const at = NAMES.indexOf(store.tab);
    const to = key === "Home" ? 0 : key === "End" ? NAMES.length - 1 : (at + (key === "ArrowRight" ? 1 : -1) + NAMES.length) % NAMES.length;
    setTab(NAMES[to]);
    document.getElementById(`tab-${NAMES[to]}`)?.focus();
  });
  let due = false;
  const soon = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; follow(); });
  };
  window.addEventListener("scroll", soon, { passive: true });
  on("trace", soon);
  on("tab", soon);
}
