/**
 * Inserts the batches of all partitions that one process writes together: one insert a table, and not one a partition, or 64
 * partitions would leave more parts than ClickHouse can merge.
 *
 * What arrives within `collectMs` goes together, one round at a time. When ClickHouse refuses the content of a round, each of its
 * batches is inserted alone, so a bad document is the trouble of its own partition; any other trouble is told to all of them.
 * Bounded: a round of more than `maxRoundBytes` is left for the next.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { refusesContent } from '@fluoroscope/clickhouse/clickhouse';

/** Batches are due at the same moment in all partitions of a process; what they look up before takes some of them longer. */
const collectMs = 100;
/** The same moments for all partitions of a process, so that they are inserted together. */
const roundMs = 1_000;
const maxRoundBytes = 128 * 1024 * 1024;

interface Waiting<Facts> {
  facts: Facts;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class InsertGate<Facts extends { readonly byteLength: number }> {
  private readonly waiting: Waiting<Facts>[] = [];
  private running = false;

  /** `insertAll` inserts several batches with one insert a table. */
  constructor(private readonly insertAll: (batches: readonly Facts[]) => Promise<void>) {}

  /** As the batch's own `insert`. */
  insert(facts: Facts): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ facts, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) {
      await sleep(collectMs);
      await this.insertRound(this.takeRound());
    }
    this.running = false;
  }

  private takeRound(): Waiting<Facts>[] {
    let bytes = 0;
    const fits = this.waiting.findIndex(({ facts }) => {
      bytes += facts.byteLength;
      return bytes > maxRoundBytes;
    });
    return this.waiting.splice(0, fits === -1 ? this.waiting.length : Math.max(1, fits));
  }

  private async insertRound(round: readonly Waiting<Facts>[]): Promise<void> {
    try {
      await this.insertAll(round.map(({ facts }) => facts));
      for (const { resolve } of round) resolve();
    } catch (error) {
      if (round.length > 1 && refusesContent(error)) for (const one of round) await this.insertRound([one]);
      else for (const { reject } of round) reject(error);
    }
  }
}

/** When the next batches are due, on the monotonic clock. */
export function nextRoundMs(nowMs: number): number {
  return (Math.floor(nowMs / roundMs) + 1) * roundMs;
}
