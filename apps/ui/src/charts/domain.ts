/**
 * The top of a y axis that starts at 0. It grows at once, and shrinks only after what is drawn has stayed low for a while,
 * and never while somebody reads the chart: a scale that breathes cannot be read.
 */
const shrinkAfterMs = 30_000;
/** Lower than this share of the axis is low. */
const lowShare = 0.6;
const niceSteps = [1, 2, 3, 4, 5, 6, 8, 10];

/** The least round number that is not below; 1 when there is nothing to show. */
export function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = niceSteps.find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

export class Domain {
  top = 0;
  #lowSinceMs: number | null = null;

  /** `held`: the pointer or the focus is on the chart. */
  follow(largest: number, nowMs: number, held: boolean): number {
    if (this.top === 0 || largest > this.top) this.#set(niceTop(largest));
    else if (largest >= this.top * lowShare) this.#lowSinceMs = null;
    else if (this.#lowSinceMs === null) this.#lowSinceMs = nowMs;
    else if (!held && nowMs - this.#lowSinceMs >= shrinkAfterMs) this.#set(niceTop(largest));
    return this.top;
  }

  #set(top: number): void {
    this.top = top;
    this.#lowSinceMs = null;
  }
}
