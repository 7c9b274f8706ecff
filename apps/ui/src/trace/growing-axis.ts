/**
 * The end of a time axis while something grows on it. It moves in steps, not with the tip, so that bars do not crawl: when the
 * tip comes close to it, at most once a second, and never while somebody points at what is drawn along it.
 */
const step = 1.25;
/** The tip may come so close to the end. */
const fullest = 0.95;
const leastStepMs = 1_000;

export interface Growth {
  /** Last thing known, microseconds from the origin. */
  extent: number;
  /** Now, microseconds from the origin; null when nothing grows. */
  tip: number | null;
  nowMs: number;
  /** Somebody points at it. */
  held: boolean;
}

export class GrowingAxis {
  private end = 0;
  private movedMs = Number.NEGATIVE_INFINITY;

  /** Asked again with the same, it answers the same. */
  endFor({ extent, tip, nowMs, held }: Growth): number {
    const wanted = tip === null ? extent : this.stepPast(tip, extent);
    const mayMove = this.end === 0 || (!held && (tip === null || nowMs - this.movedMs >= leastStepMs));
    if (wanted === this.end || !mayMove) return this.end;
    this.end = wanted;
    this.movedMs = nowMs;
    return wanted;
  }

  /** The least end of the steps that leaves room for the tip; while it grows, it never moves back. */
  private stepPast(tip: number, extent: number): number {
    let end = Math.max(this.end, extent);
    while (tip > end * fullest) end *= step;
    return end;
  }
}
