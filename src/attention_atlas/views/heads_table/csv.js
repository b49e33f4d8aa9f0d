/** Comma-separated values (RFC 4180) of all heads, for a spreadsheet or a script. */

/**
 * A field. A number is written with the fewest digits that read back as the same 32-bit float, and
 * NaN as nothing. Text is quoted; what a spreadsheet would run as a formula gets an apostrophe.
 * @param {string | number} field
 */
export function csvField(field) {
  if (typeof field === "string") return `"${(/^[=+\-@\t\r]/.test(field) ? `'${field}` : field).replaceAll('"', '""')}"`;
  if (Number.isNaN(field)) return "";
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(field.toPrecision(digits)));
    if (Math.fround(Number(text)) === Math.fround(field)) return text;
  }
  return String(Number(field.toPrecision(9)));
}

/** @param {(string | number)[][]} rows the first is the header */
export const csv = (rows) => rows.map((row) => `${row.map(csvField).join(",")}\r\n`).join("");

/**
 * One row for each head, layer and head counted from 1 as on the page.
 * @param {import("../head_atlas/numbers.js").Numbers} all
 * @param {import("../head_atlas/numbers.js").Quantity[]} quantities
 * @returns {(string | number)[][]}
 */
export function table(all, quantities) {
  const field = (/** @type {string} */ value) => value.replaceAll(" ", "_");
  const columns = quantities.flatMap((one) => (one.kind === "role"
    ? [{ name: `share_${field(one.value)}`, values: all.of(one, "share") }, { name: `ratio_${field(one.value)}`, values: all.of(one, "ratio") }]
    : [{ name: one.kind === "distance" ? "mean_distance" : one.value, values: all.of(one) }]));
  const heads = Array.from({ length: all.layers * all.heads }, (_, k) => [
    Math.floor(k / all.heads) + 1, (k % all.heads) + 1,
    ...columns.map(({ values }) => values[k]),
    all.roles[all.strongest(k)] ?? "",
  ]);
  return [["layer", "head", ...columns.map(({ name }) => name), "strongest_role"], ...heads];
}
