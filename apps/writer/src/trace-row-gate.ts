/**
 * Makes the rows of traces of all partitions that one process writes together: for the same slices by one statement, and not by one a
 * partition, which would each read what all of them have.
 *
 * Slices end for all partitions at the same moment, so what is wanted within `collectMs` goes together, one round at a time. When
 * ClickHouse refuses a round, each of its partitions is tried alone, so what cannot be computed holds up its own partition only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, isRefusal } from '@fluoroscope/clickhouse/clickhouse';
import { recomputeTraces, type TraceRows } from '@fluoroscope/clickhouse/recompute';

/** As long as the partitions take to look for what is due, and to have stored what has come for it. */
const collectMs = 600;

interface Waiting {
  rows: TraceRows;
  /** On the monotonic clock. */
  sinceMs: number;
  resolve: (tookMs: number) => void;
  reject: (error: unknown) => void;
}

export class TraceRowGate {
  private waiting: Waiting[] = [];
  private running = false;

  constructor(private readonly client: ClickHouseClient) {}

  /** As `recomputeTraces`; the wait for others is not counted. Rejects at once when the signal comes before its round. */
  recompute(rows: TraceRows, signal: AbortSignal): Promise<number> {
    let giveUp = () => {};
    const done = new Promise<number>((resolve, reject) => {
      const waiting = { rows, sinceMs: performance.now(), resolve, reject };
      giveUp = () => this.giveUp(waiting, signal.reason);
      this.waiting.push(waiting);
    });
    signal.addEventListener('abort', giveUp);
    if (!this.running) void this.run();
    return done.finally(() => signal.removeEventListener('abort', giveUp));
  }

  private giveUp(one: Waiting, reason: unknown): void {
    if (!this.waiting.includes(one)) return;
    this.waiting = this.waiting.filter((other) => other !== one);
    one.reject(reason);
  }

  private async run(): Promise<void> {
    this.running = true;
    for (let [first] = this.waiting; first !== undefined; [first] = this.waiting) {
      await sleep(Math.max(0, collectMs - (performance.now() - first.sinceMs)));
      await this.computeRound(this.takeRound());
    }
    this.running = false;
  }

  /** All that want the same slices as the one that waits longest. */
  private takeRound(): Waiting[] {
    const wanted = slicesOf(this.waiting[0]);
    const round = this.waiting.filter((one) => slicesOf(one) === wanted);
    this.waiting = this.waiting.filter((one) => !round.includes(one));
    return round;
  }

  private async computeRound(round: readonly Waiting[]): Promise<void> {
    const [first] = round;
    if (first === undefined) return;
    try {
      const versions = new Map(round.flatMap(({ rows }) => [...rows.versions]));
      const tookMs = await recomputeTraces(this.client, { slices: first.rows.slices, versions });
      for (const { resolve } of round) resolve(tookMs);
    } catch (error) {
      if (round.length > 1 && isRefusal(error)) for (const one of round) await this.computeRound([one]);
      else for (const { reject } of round) reject(error);
    }
  }
}

function slicesOf(waiting: Waiting | undefined): string {
  return waiting?.rows.slices.join() ?? '';
}
