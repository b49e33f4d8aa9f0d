/** Lines that move from one head's numbers to another's, so that one sees which grow and which shrink. */

const LASTS = 200; // milliseconds
const UP_TO = 60; // units; more would be too much to paint every frame

/**
 * @param {() => void} paint called for each step
 * @param {AbortSignal} signal
 */
export function gliding(paint, signal) {
  /** @type {{from: ArrayLike<number>, start: number} | null} */
  let now = null;
  /** @type {{values: ArrayLike<number>, n: number, kind: string} | null} what was drawn last */
  let last = null;
  let due = 0;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  signal.addEventListener("abort", () => cancelAnimationFrame(due));

  const step = () => {
    paint();
    due = now ? requestAnimationFrame(step) : 0;
  };
  /** Whether two are the same numbers: a head is a view of its layer, made anew for each drawing. @param {any} a @param {any} b */
  const same = (a, b) => a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;

  return {
    /** Moves to `values`, if `kind` (the text, the measure) is what it was. @param {ArrayLike<number>} values @param {number} n @param {string} kind */
    to(values, n, kind) {
      const going = last?.n === n && last.kind === kind;
      if (!going) now = null;
      else if (last && !same(last.values, values)) now = n <= UP_TO && !still.matches ? { from: this.values(), start: performance.now() } : null;
      last = { values, n, kind };
      if (now && !due) due = requestAnimationFrame(step);
    },
    /** Forgets where the lines were: the next ones appear at once. */
    stop() { now = last = null; },
    /** @returns {ArrayLike<number>} the numbers as they are to be drawn now */
    values() {
      const end = last?.values ?? [];
      if (!now) return end;
      const t = Math.min(1, (performance.now() - now.start) / LASTS);
      if (t === 1) { now = null; return end; }
      const eased = 1 - (1 - t) ** 3;
      const out = new Float32Array(end.length);
      for (let i = 0; i < out.length; i++) out[i] = now.from[i] + (end[i] - now.from[i]) * eased;
      return out;
    },
  };
}
