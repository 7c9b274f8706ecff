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
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class TraceRowGate {
  private readonly waiting: Waiting[] = [];
  private running = false;

  constructor(private readonly client: ClickHouseClient) {}

  /** As `recomputeTraces`. */
  recompute(rows: TraceRows): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ rows, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) {
      await sleep(collectMs);
      await this.computeRound(this.takeRound());
    }
    this.running = false;
  }

  /** All that want the same slices as the one that waits longest. */
  private takeRound(): Waiting[] {
    const wanted = slicesOf(this.waiting[0]);
    const round = this.waiting.filter((one) => slicesOf(one) === wanted);
    const rest = this.waiting.filter((one) => slicesOf(one) !== wanted);
    this.waiting.splice(0, this.waiting.length, ...rest);
    return round;
  }

  private async computeRound(round: readonly Waiting[]): Promise<void> {
    const slices = round[0]?.rows.slices ?? [];
    try {
      await recomputeTraces(this.client, { slices, versions: new Map(round.flatMap(({ rows }) => [...rows.versions])) });
      for (const { resolve } of round) resolve();
    } catch (error) {
      if (round.length > 1 && isRefusal(error)) for (const one of round) await this.computeRound([one]);
      else for (const { reject } of round) reject(error);
    }
  }
}

function slicesOf(waiting: Waiting | undefined): string {
  return waiting?.rows.slices.join() ?? '';
}
