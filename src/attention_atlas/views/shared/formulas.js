/** The formulas that the page brings along as MathML, made by views/formulas.py. */

/**
 * A formula by its name, ready to be put on screen; null where the host brings none.
 * @param {any} formulas name -> a template or an element that holds it, as a Map or an object; or nothing
 * @param {string} name
 * @param {{display?: boolean}} [of] display: false for one that stands in a line of text
 * @returns {Node | null}
 */
export function formula(formulas, name, { display = true } = {}) {
  const found = formulas instanceof Map ? formulas.get(name) : formulas?.[name];
  const source = found instanceof HTMLTemplateElement ? found.content : found;
  if (!(source instanceof Node)) return null;
  const copy = document.createDocumentFragment();
  copy.append(source.cloneNode(true));
  if (!display) for (const math of copy.querySelectorAll("math")) math.setAttribute("displaystyle", "false");
  return copy;
}
