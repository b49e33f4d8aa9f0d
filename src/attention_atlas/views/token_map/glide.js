/** A place on the way from layer 0 to the last: set by hand, or moving on by itself. */

const MOVE = 620;
const REST = 420;
const HAND = 220;

/** @param {number} t 0 to 1 */
const ease = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);

/**
 * Nothing moves between layers for who prefers less motion: they then follow each other as still
 * pictures, and only when asked for.
 * @param {{changed: (at: number) => void, playing: (on: boolean) => void, signal: AbortSignal}} of
 *   `changed` is told each place, between two layers also
 */
export function glide({ changed, playing, signal }) {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  let [at, from, to, last, begun, time] = [0, 0, 0, 0, 0, 0];
  let plays = false;
  let frame = 0;

  /** @param {boolean} on */
  const set = (on) => { if (plays !== on) { plays = on; playing(on); } };

  /** @param {number} target @param {number} duration */
  const move = (target, duration) => {
    [from, to, begun, time] = [at, target, performance.now(), still.matches ? 0 : duration];
    if (!frame) frame = requestAnimationFrame(step);
  };

  /** @param {number} now */
  function step(now) {
    const t = time ? Math.min(1, Math.max(0, (now - begun) / time)) : 1;
    const next = from + (to - from) * ease(t);
    if (next !== at) { at = next; changed(at); }
    frame = 0;
    if (signal.aborted) return;
    if (t < 1) frame = requestAnimationFrame(step);
    else if (plays && to >= last) set(false);
    else if (plays && now - begun >= time + (time ? REST : MOVE + REST)) move(to + 1, MOVE);
    else if (plays) frame = requestAnimationFrame(step);
  }

  signal.addEventListener("abort", () => cancelAnimationFrame(frame));
  return {
    /** Where the points rest or go to: a whole layer. */
    target: () => to,
    at: () => at,
    /** @param {number} layer by hand: the play ends */
    go(layer) { set(false); move(layer, HAND); },
    /** @param {number} layers a new text: back to the beginning where it has fewer layers */
    reset(layers) {
      last = layers;
      if (to <= last) return;
      set(false);
      [at, from, to, time] = [0, 0, 0, 0];
    },
    toggle() {
      if (plays) { set(false); move(Math.round(at), HAND); return; }
      if (last === 0) return;
      set(true);
      if (to >= last) { [at, to] = [0, 0]; changed(0); }
      move(to + 1, MOVE);
    },
  };
}
