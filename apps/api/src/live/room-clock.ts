/**
 * A room's clock: ours, and not the traffic's. It ticks once a period, and at once when there is news and the last tick is a
 * period old, so that what the writer gives out at its own tick does not wait for a second one.
 */

/** A writer's tick may come this share of a period early. */
const slack = 0.2;

export class RoomClock {
  private timer: NodeJS.Timeout;
  private lastMs = 0;

  constructor(
    private readonly periodMs: number,
    private readonly tick: (nowMs: number) => void,
  ) {
    this.timer = setInterval(() => this.beat(), periodMs);
  }

  news(): void {
    if (Date.now() - this.lastMs < this.periodMs * (1 - slack)) return;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.beat(), this.periodMs * (1 + slack));
    this.beat();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private beat(): void {
    this.lastMs = Date.now();
    this.tick(this.lastMs);
  }
}
