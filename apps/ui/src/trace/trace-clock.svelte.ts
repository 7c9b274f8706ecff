/**
 * What grows while a request is in progress: the tip of its bars, and the end of the axis. The axis ends in steps, so that bars
 * do not crawl under the pointer.
 */
import { rowFlags, type Waterfall } from '@fluoroscope/xray/waterfall';

const tickMs = 100;
/** What has been silent for longer has lost its end: its bar stays open and grows no more. */
const silentMs = 10 * 60_000;
const axisStep = 1.25;
/** The tip may come so close to the end of the axis. */
const fullest = 0.95;

export class Clock {
  nowMs = $state.raw(Date.now());
  #axisEnd = 0;

  /** Runs until the answer is called. `held` stands still. */
  run(held: () => boolean): () => void {
    const timer = setInterval(() => {
      if (!document.hidden && !held()) this.nowMs = Date.now();
    }, tickMs);
    return () => clearInterval(timer);
  }

  /** The least end of the steps that leaves room for the tip; it never moves back. */
  stepPast(tip: number, extent: number): number {
    if (this.#axisEnd < extent || this.#axisEnd > extent * 1_000) this.#axisEnd = extent;
    while (tip > this.#axisEnd * fullest) this.#axisEnd *= axisStep;
    return this.#axisEnd;
  }
}

export function hasOpenRows(rows: Waterfall): boolean {
  return rows.flags.some((flags) => (flags & rowFlags.inProgress) !== 0);
}

/** Microseconds from the origin to now; null when nothing is in progress, or nothing was heard of it for long. */
export function growingTip(rows: Waterfall, { nowMs }: Clock): number | null {
  const tip = nowMs * 1000 - rows.originMicros;
  const silence = tip - rows.extentMicros;
  return hasOpenRows(rows) && silence > 0 && silence < silentMs * 1000 ? tip : null;
}

export function axisEnd(rows: Waterfall, clock: Clock): number {
  const extent = Math.max(1, rows.extentMicros);
  if (!hasOpenRows(rows)) return extent;
  const tip = growingTip(rows, clock);
  return tip === null ? extent : clock.stepPast(tip, extent);
}
