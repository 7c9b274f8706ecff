/**
 * A room's clock: ours, and not the traffic's. News are told at once while there is credit, which grows by a little more than
 * one a period, so a room ticks hardly more than `1000 / periodMs` times a second however much comes. Two ticks may follow each other closely: what the writer
 * gives out at its own beat does not wait because something else came just before. Without news it ticks a little slower.
 */

/** Ticks that may be saved up. */
const maxCredit = 2;
/** A source that beats once a period leaves some credit, and is waited for a little longer than that. */
const growth = 1.2;
const patience = 1.2;

export class RoomClock {
  private timer: NodeJS.Timeout | undefined;
  private credit = maxCredit;
  /** On the monotonic clock: a step of the other one would stop the room for as long. */
  private countedAtMs = performance.now();

  constructor(
    private readonly periodMs: number,
    private readonly tick: (nowMs: number) => void,
  ) {
    this.wait(periodMs);
  }

  news(): void {
    this.count();
    if (this.credit >= 1) this.beat();
    else this.wait(((1 - this.credit) * this.periodMs) / growth);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private count(): void {
    const nowMs = performance.now();
    this.credit = Math.min(maxCredit, this.credit + (growth * (nowMs - this.countedAtMs)) / this.periodMs);
    this.countedAtMs = nowMs;
  }

  private beat(): void {
    this.count();
    this.credit = Math.max(0, this.credit - 1);
    this.wait(this.periodMs * patience);
    this.tick(Date.now());
  }

  private wait(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.beat(), ms);
  }
}
