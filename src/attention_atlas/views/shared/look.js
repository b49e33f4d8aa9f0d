/**
 * How the views are looked at: every choice beside layer, head and token. The browser's side of
 * views/look.py, which says what each means; and how an address writes and reads them.
 *
 * @typedef {object} Look layers, heads, rows and tokens count from 0
 * @property {"auto" | "linear" | "root" | "log"} scale
 * @property {[number, number, number] | null} window first row, first column, rows
 * @property {"one" | "several" | "mean"} flow
 * @property {number[]} heads
 * @property {number} least
 * @property {number} top
 * @property {"all" | "AA" | "AB" | "BA" | "BB"} part
 * @property {string} colour
 * @property {"ratio" | "share"} told
 * @property {"frame" | "tile"} painted
 * @property {"layer" | "highest" | "lowest"} arrange
 * @property {string} only
 * @property {string} sort
 * @property {"lowest" | "highest"} sort_first
 * @property {"head" | "token"} projected
 * @property {"from" | "to"} direction
 * @property {boolean} use_head
 * @property {number} top_k
 * @property {number[] | null} hidden
 */

/** @type {Look} */
export const LOOK = {
  scale: "auto", window: null,
  flow: "one", heads: [], least: 0.02, top: 0, part: "all",
  colour: "nothing", told: "ratio", painted: "frame", arrange: "layer", only: "all",
  sort: "layer", sort_first: "lowest",
  projected: "head", direction: "from",
  use_head: true, top_k: 5, hidden: null,
};

/** What heads can be compared by: metrics, roles, and how far away they look (head_atlas/quantities.py). */
export const METRICS = ["confidence_max", "confidence_avg", "entropy", "sparsity", "median", "uniformity"];
export const ROLES = ["itself", "previous", "next", "first", "separator", "punctuation", "same word"];
const QUANTITIES = [...METRICS, ...ROLES, "distance"];

/** How many heads, rows and tokens an address may name; no text has more tokens. */
const MOST_LISTED = 512;

/**
 * How one choice stands in an address.
 * @typedef {object} Written
 * @property {string} allowed what it can be, in words that end a sentence
 * @property {(text: string) => any} read undefined if it is none of these
 * @property {(value: any) => string} write
 */

/** "a, b or c" @param {string[]} items */
const either = (items) => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} or ${items[items.length - 1]}`);

/** @param {readonly string[]} values @param {string} [allowed] @returns {Written} */
export const oneOf = (values, allowed = either([...values])) => ({ allowed, read: (text) => (values.includes(text) ? text : undefined), write: String });

/** @param {number} low @param {number} high @param {string} allowed @returns {Written} */
export const wholeFrom = (low, high, allowed) => ({
  allowed,
  read: (text) => (/^\d{1,5}$/.test(text) && Number(text) >= low && Number(text) <= high ? Number(text) : undefined),
  write: String,
});

/** @param {string} allowed @param {boolean} [zero] whether 0 is one @returns {Written} */
export const shareOf = (allowed, zero = true) => ({
  allowed,
  read: (text) => {
    const share = /^(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text) ? Number(text) : NaN;
    return share <= 1 && (zero ? share >= 0 : share > 0) ? share : undefined;
  },
  write: String,
});

/** @param {string} allowed @returns {Written} */
export const yesOrNo = (allowed = "1 or 0") => ({ allowed, read: (text) => (text === "1" ? true : text === "0" ? false : undefined), write: (value) => (value ? "1" : "0") });

/** Whole numbers between commas; counted from `first` in the address. @param {string} text @param {number} first @returns {number[] | undefined} */
function numbers(text, first) {
  if (text.length > 6 * MOST_LISTED || !/^\d{1,5}(,\d{1,5})*$/.test(text)) return undefined;
  const found = text.split(",").map((one) => Number(one) - first);
  return found.every((one) => one >= 0) && new Set(found).size === found.length ? found : undefined;
}

/** @param {string} text @returns {[number, number, number] | undefined} */
function square(text) {
  const found = /^(\d{1,5}),(\d{1,5}),(\d{1,5})$/.exec(text)?.slice(1).map(Number);
  return found && found[2] > 0 ? /** @type {[number, number, number]} */ (found) : undefined;
}

/** Each choice under its own name, in this order. @type {Record<keyof Look, Written>} */
export const WRITTEN = {
  scale: oneOf(["auto", "linear", "root", "log"]),
  window: { allowed: "a first row, a first column and how many, such as 0,0,20", read: square, write: (value) => value.join() },
  flow: oneOf(["one", "several", "mean"]),
  heads: {
    allowed: "different heads, counted from 1, such as 2,5",
    read: (text) => numbers(text, 1),
    write: (value) => value.map((/** @type {number} */ head) => head + 1).join(),
  },
  least: shareOf("a share from 0 to 1"),
  top: wholeFrom(0, 99999, "a number of lines, or 0 for all"),
  part: oneOf(["all", "AA", "AB", "BA", "BB"]),
  colour: oneOf(["nothing", ...QUANTITIES]),
  told: oneOf(["ratio", "share"]),
  painted: oneOf(["frame", "tile"]),
  arrange: oneOf(["layer", "highest", "lowest"]),
  only: oneOf(["all", ...ROLES, "none"]),
  sort: oneOf(["layer", "head", ...QUANTITIES]),
  sort_first: oneOf(["lowest", "highest"]),
  projected: oneOf(["head", "token"]),
  direction: oneOf(["from", "to"]),
  use_head: yesOrNo(),
  top_k: wholeFrom(1, 20, "a number of words from 1 to 20"),
  hidden: {
    allowed: "none, or different tokens, counted from 0, such as 2,5",
    read: (text) => (text === "none" ? [] : numbers(text, 0)),
    write: (value) => value.join() || "none",
  },
};

/** The names of the choices. */
export const CHOICES = /** @type {(keyof Look)[]} */ (Object.keys(WRITTEN));

/** @param {unknown} a @param {unknown} b */
const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Whether two looks differ in any of these choices. @param {Look} a @param {Look} b @param {(keyof Look)[]} [names] */
export const differ = (a, b, names = CHOICES) => names.some((name) => !same(a[name], b[name]));

/** What of a look is not as at first, as an address has it. @param {Look} look @returns {[string, string][]} */
export const writeLook = (look) => CHOICES.filter((name) => !same(look[name], LOOK[name])).map((name) => [name, WRITTEN[name].write(look[name])]);

/**
 * The look that an address asks for; what it does not say, or says wrongly, is as at first.
 * @param {URLSearchParams} query @param {(name: string, text: string, allowed: string) => void} [wrong] told of each that is no choice
 * @returns {Look}
 */
export function readLook(query, wrong = () => {}) {
  const read = CHOICES.flatMap((name) => {
    const text = query.get(name);
    if (text === null) return [];
    const value = WRITTEN[name].read(text);
    if (value === undefined) wrong(name, text, WRITTEN[name].allowed);
    return value === undefined ? [] : [[name, value]];
  });
  return { ...LOOK, ...Object.fromEntries(read) };
}
