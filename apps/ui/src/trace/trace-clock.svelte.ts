/** What grows while a request is in progress: the tip of its bars, and, in steps, the end of the axis. */
import { rowFlags, type Waterfall } from '@fluoroscope/xray/waterfall';
import { GrowingAxis } from './growing-axis.js';

const tickMs = 100;
/** What has been silent for longer has lost its end: its bar stays open and grows no more. */
const silentMs = 10 * 60_000;

export class Clock {
  nowMs = $state.raw(Date.now());
  /** Somebody points at what is drawn along the axis. */
  #pointedAt = $state.raw(0);
  readonly #axis = new GrowingAxis();

  /** Runs until the answer is called. `held` stands still. */
  run(held: () => boolean): () => void {
    const timer = setInterval(() => {
      if (!document.hidden && !held()) this.nowMs = Date.now();
    }, tickMs);
    return () => clearInterval(timer);
  }

  /** An attachment: while the pointer is in the element, the axis stays. */
  readonly holdAxis = (element: HTMLElement): (() => void) => {
    let isIn = false;
    const turn = (next: boolean) => {
      if (next !== isIn) this.#pointedAt += next ? 1 : -1;
      isIn = next;
    };
    const enter = () => turn(true);
    const leave = () => turn(false);
    element.addEventListener('pointerenter', enter);
    element.addEventListener('pointerleave', leave);
    return () => {
      leave();
      element.removeEventListener('pointerenter', enter);
      element.removeEventListener('pointerleave', leave);
    };
  };

  /** What has no open rows does not depend on the time. */
  axisEnd(rows: Waterfall, open: boolean): number {
    const extent = Math.max(1, rows.extentMicros);
    const held = this.#pointedAt > 0;
    if (!open) return this.#axis.endFor({ extent, tip: null, nowMs: 0, held });
    return this.#axis.endFor({ extent, tip: this.growingTip(rows, open), nowMs: this.nowMs, held });
  }

  /** Microseconds from the origin to now; null when nothing is in progress, or nothing was heard of it for long. */
  growingTip(rows: Waterfall, open: boolean): number | null {
    if (!open) return null;
    const tip = this.nowMs * 1000 - rows.originMicros;
    const silence = tip - rows.extentMicros;
    return silence > 0 && silence < silentMs * 1000 ? tip : null;
  }
}

export function hasOpenRows(rows: Waterfall): boolean {
  return rows.flags.some((flags) => (flags & rowFlags.inProgress) !== 0);
}
