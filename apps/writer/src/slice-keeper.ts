/**
 * Computes slices again when their facts have changed, and minutes, ten minutes and hours when their slices have. One statement at a
 * time; an open slice is computed no more often than its own cost allows, so a busy writer is never spent on aggregates.
 *
 * Which slices are stale is found from ClickHouse itself at the start, so a crash loses none.
 */
import { type ClickHouseClient, queryText, rowsOf } from '@fluoroscope/clickhouse/clickhouse';
import { longPeriods } from '@fluoroscope/clickhouse/headers';
import { clientType, maxEdgesPerSlice, maxNodesPerSlice, otherName, sliceSeconds } from '@fluoroscope/contract/graph';

const checkMs = 100;
/** The last documents of a slice are on their way for about this long after its end: most requests, and one batch. */
const settleMs = 2_500;
const leastWaitMs = 500;
/** How many times its cost a slice waits until it is computed again. */
const openFactor = 50;
const closedFactor = 3;
const periodsCheckMs = 15_000;
/** A minute or an hour is closed when its last slice has had time to settle. */
const periodSettleSeconds = 20;
/** Computed in one go; slices come first. */
const periodsPerRound = 10;

interface Stale {
  /** The version that the aggregate must reach. */
  version: number;
  notBeforeMs: number;
}

export interface SliceKeeperOptions {
  client: ClickHouseClient;
  shard: number;
  logger: { warn(message: string): void };
  /** Called when a slice has been put in place. */
  onStored: (slice: number) => void;
}

export class SliceKeeper {
  private readonly stale = new Map<number, Stale>();
  /** Every fact of a lower version is in ClickHouse. */
  private storedVersion = 0;
  private lastCostMs = 0;
  private running: Promise<void> | null = null;
  private nextPeriodsMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: SliceKeeperOptions) {}

  /** `storedVersion`: the committed position. */
  async start(storedVersion: number): Promise<void> {
    this.storedVersion = storedVersion;
    const { client, shard } = this.options;
    for (const [slice, version] of await rowsOf<[number, number]>(client, 'stale-slices', { shard }))
      this.stale.set(slice, { version, notBeforeMs: 0 });
    this.timer = setInterval(() => this.tick(), checkMs);
  }

  touch(touched: ReadonlyMap<number, number>, storedVersion: number): void {
    const nowMs = Date.now();
    this.storedVersion = Math.max(this.storedVersion, storedVersion);
    for (const [slice, version] of touched) {
      const known = this.stale.get(slice);
      if (known) known.version = Math.max(known.version, version);
      else this.stale.set(slice, { version, notBeforeMs: this.dueAt(slice, nowMs) });
    }
  }

  /** Facts were stored after its aggregate was computed. */
  isStale(slice: number): boolean {
    return this.stale.has(slice);
  }

  /** Slices that wait to be computed. */
  pending(): number {
    return this.stale.size;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private tick(): void {
    if (this.running !== null) return;
    const nowMs = Date.now();
    const work = this.nextWork(nowMs);
    if (work === null) return;
    this.running = work
      .catch((error: unknown) => this.delay(error))
      .finally(() => {
        this.running = null;
      });
  }

  private nextWork(nowMs: number): Promise<void> | null {
    let due: number | null = null;
    for (const [slice, { notBeforeMs, version }] of this.stale) {
      if (notBeforeMs <= nowMs && version <= this.storedVersion && (due === null || slice < due)) due = slice;
    }
    if (due !== null) return this.compute(due);
    if (nowMs < this.nextPeriodsMs) return null;
    this.nextPeriodsMs = nowMs + periodsCheckMs;
    return this.computePeriods(nowMs);
  }

  private async compute(slice: number): Promise<void> {
    const { client, shard } = this.options;
    const version = this.storedVersion;
    const startedMs = performance.now();
    const params = {
      slice,
      shard,
      version,
      client: clientType,
      other: otherName,
      max_nodes: maxNodesPerSlice,
      max_edges: maxEdgesPerSlice,
    };
    await client.command({ query: queryText('recompute-slice'), query_params: params });
    this.lastCostMs = performance.now() - startedMs;
    const state = this.stale.get(slice);
    if (state && state.version <= version) this.stale.delete(slice);
    else if (state) state.notBeforeMs = this.dueAt(slice, Date.now());
    this.options.onStored(slice);
  }

  private async computePeriods(nowMs: number): Promise<void> {
    const { client, shard } = this.options;
    for (const period of longPeriods) {
      const before = Math.floor((nowMs / 1000 - periodSettleSeconds) / period) * period;
      const params = { period, shard, before, limit: periodsPerRound };
      const found = await rowsOf<[number, number]>(client, 'stale-periods', params);
      for (const [start, version] of found) {
        if (this.hasStaleSlice(start, period)) continue;
        await client.command({ query: queryText('recompute-period'), query_params: { period, start, shard, version } });
        if (found.length === periodsPerRound) this.nextPeriodsMs = 0;
      }
    }
  }

  private hasStaleSlice(periodStart: number, period: number): boolean {
    for (const slice of this.stale.keys()) {
      const start = slice * sliceSeconds;
      if (start >= periodStart && start < periodStart + period) return true;
    }
    return false;
  }

  /** A closed slice waits for its last documents; an open one is shown live anyway. */
  private dueAt(slice: number, nowMs: number): number {
    const endMs = (slice + 1) * sliceSeconds * 1000;
    if (nowMs < endMs) return Math.min(nowMs + Math.max(leastWaitMs, openFactor * this.lastCostMs), endMs + settleMs);
    return Math.max(endMs + settleMs, nowMs + Math.max(leastWaitMs, closedFactor * this.lastCostMs));
  }

  private delay(error: unknown): void {
    this.options.logger.warn(`A slice could not be computed, trying again: ${String(error)}`);
    const nowMs = Date.now();
    for (const state of this.stale.values()) state.notBeforeMs = Math.max(state.notBeforeMs, nowMs + 1_000);
    this.nextPeriodsMs = nowMs + periodsCheckMs;
  }
}
