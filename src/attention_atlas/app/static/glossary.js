/** The terms that are underlined: what they mean, beside them; and the list of all. */

import { clamp, h } from "../../views/shared/dom.js";

const GAP = 6;

export function startGlossary() {
  const tip = h("div", { role: "tooltip", class: "term-tip", id: "term-tip", hidden: true });
  document.body.append(tip);
  /** @type {HTMLElement | null} */
  let open = null;

  const hide = () => {
    open?.removeAttribute("aria-describedby");
    open = null;
    tip.hidden = true;
  };
  /** @param {HTMLElement} term */
  const show = (term) => {
    if (open !== term) hide();
    open = term;
    tip.textContent = term.dataset.definition ?? "";
    tip.hidden = false;
    term.setAttribute("aria-describedby", tip.id);
    const at = term.getBoundingClientRect();
    tip.style.left = `${clamp(at.left, 8, window.innerWidth - tip.offsetWidth - 8)}px`;
    const below = at.bottom + GAP + tip.offsetHeight < window.innerHeight;
    tip.style.top = `${below ? at.bottom + GAP : at.top - GAP - tip.offsetHeight}px`;
  };
  /** @param {Event} event */
  const term = (event) => (event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest(".term")) : null);
  for (const start of ["pointerover", "focusin", "click"]) document.addEventListener(start, (event) => { const one = term(event); if (one) show(one); });
  for (const end of ["pointerout", "focusout"]) document.addEventListener(end, (event) => { if (term(event) && open !== document.activeElement) hide(); });
  document.addEventListener("focusout", (event) => { if (term(event)) hide(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && open) hide(); });
  window.addEventListener("scroll", () => {
    if (open && open === document.activeElement) show(open);  // the focus may have scrolled it into view
    else hide();
  }, { passive: true });

  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("glossary"));
  document.getElementById("open-glossary")?.addEventListener("click", () => dialog.showModal());
  dialog.querySelector(".close")?.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
