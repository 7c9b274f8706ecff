/**
 * Computes slices again when their facts have changed, and minutes, ten minutes and hours when their slices have. One statement at a
 * time; an open slice is computed no more often than its own cost allows, so a busy writer is never spent on aggregates.
 *
 * Which slices are stale is found from ClickHouse itself at the start, so a crash loses none. The newest slice and the one that
 * waits longest take turns: neither waits behind a month that has to be computed again, nor that month behind what goes on. One that
 * ClickHouse cannot compute is tried again ever later, and holds up no other. Waits are counted on the monotonic clock.
 */
import { type ClickHouseClient, isRefusal, queryText, rowsOf } from '@fluoroscope/clickhouse/clickhouse';
import { longPeriods } from '@fluoroscope/clickhouse/headers';
import { lastFreeVersion, recomputeSlice } from '@fluoroscope/clickhouse/recompute';
import { sliceSeconds } from '@fluoroscope/contract/graph';

const checkMs = 100;
/** After any failure, because most often it is the server that is away. */
const pauseMs = 1_000;
const longestBackoffMs = 10_000;
/** The last documents of a slice are on their way for about this long after its end: most requests, and one batch. */
const settleMs = 2_500;
/** How much longer, while documents of it are on their way into storage: computed without them, it is computed twice. */
const inHandMs = 5_000;
const leastWaitMs = 500;
/** How many times its cost a slice waits until it is computed again, where one partition is written. */
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
  /** In a row. */
  failures: number;
  /** Computed again although no fact of it is newer. */
  isRenewed?: boolean;
}

export interface SliceKeeperOptions {
  client: ClickHouseClient;
  /** The database that has all shards. */
  everywhere: string;
  /** What is behind the documents of a message is free for versions of slices that are renewed. */
  positionsPerMessage: number;
  shard: number;
  logger: { warn(message: string): void };
  /** Of what a process may spend on slices that are still open: others in it compute other partitions. All of it where nothing is said. */
  share?: (() => number) | undefined;
  /** The writer has facts of this slice that are not stored yet. */
  isInHand: (slice: number) => boolean;
  /** Called when a slice has been put in place. */
  onStored: (slice: number) => void;
}

export class SliceKeeper {
  /** False as long as nothing was ever linked. */
  hasLinks = false;
  private readonly stale = new Map<number, Stale>();
  /** Every fact of a lower version is in ClickHouse. */
  private storedVersion = 0;
  private lastCostMs = 0;
  private running: Promise<void> | null = null;
  private pausedUntilMs = 0;
  private nextPeriodsMs = 0;
  private isNewestsTurn = true;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: SliceKeeperOptions) {}

  /** `storedVersion`: the committed position. */
  async start(storedVersion: number): Promise<void> {
    this.storedVersion = storedVersion;
    const { client, shard } = this.options;
    for (const [slice, version] of await rowsOf<[number, number]>(client, 'stale-slices', { shard }))
      this.stale.set(slice, { version, notBeforeMs: 0, failures: 0 });
    this.tick();
  }

  touch(touched: ReadonlyMap<number, number>, storedVersion: number): void {
    this.storedVersion = Math.max(this.storedVersion, storedVersion);
    for (const [slice, version] of touched) {
      const known = this.stale.get(slice);
      if (known) known.version = Math.max(known.version, version);
      else this.stale.set(slice, { version, notBeforeMs: this.dueAt(slice), failures: 0 });
    }
  }

  /** These are computed again although no fact of them is newer: what they link to, on another shard, has changed. */
  renew(slices: ReadonlySet<number>): void {
    for (const slice of slices) {
      const known = this.stale.get(slice) ?? { version: this.storedVersion, notBeforeMs: performance.now(), failures: 0 };
      this.stale.set(slice, { ...known, isRenewed: true });
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
    this.closed = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** A backlog takes no more than half of the time. */
  private tick(): void {
    const work = this.nextWork(performance.now());
    this.running = (work ?? Promise.resolve())
      .catch((error: unknown) => this.pause(error))
      .finally(() => {
        this.running = null;
        const waitMs = work === null ? checkMs : Math.min(checkMs, this.lastCostMs);
        if (!this.closed) this.timer = setTimeout(() => this.tick(), waitMs);
      });
  }

  private nextWork(nowMs: number): Promise<void> | null {
    if (nowMs < this.pausedUntilMs) return null;
    const due = this.nextDue(nowMs);
    if (due !== null) return this.compute(due);
    if (nowMs < this.nextPeriodsMs) return null;
    this.nextPeriodsMs = nowMs + periodsCheckMs;
    return this.computePeriods();
  }

  private nextDue(nowMs: number): number | null {
    let newest: number | null = null;
    let longest: number | null = null;
    let sinceMs = nowMs;
    for (const [slice, { notBeforeMs, version }] of this.stale) {
      if (notBeforeMs > nowMs || version > this.storedVersion || this.isComing(slice, nowMs - notBeforeMs)) continue;
      if (newest === null || slice > newest) newest = slice;
      // What a start finds has waited equally long: then the oldest.
      const waitsLonger = longest === null || notBeforeMs < sinceMs || (notBeforeMs === sinceMs && slice < longest);
      if (waitsLonger) [longest, sinceMs] = [slice, notBeforeMs];
    }
    this.isNewestsTurn = !this.isNewestsTurn;
    return this.isNewestsTurn ? longest : newest;
  }

  /** What is open is computed in between anyway. */
  private isComing(slice: number, overdueMs: number): boolean {
    return overdueMs < inHandMs && (slice + 1) * sliceSeconds * 1000 <= Date.now() && this.options.isInHand(slice);
  }

  private async compute(slice: number): Promise<void> {
    const version = this.storedVersion;
    const startedMs = performance.now();
    const isRenewed = this.stale.get(slice)?.isRenewed ?? false;
    Object.assign(this.stale.get(slice) ?? {}, { isRenewed: false });
    try {
      await this.replaceSlice(slice, version, isRenewed);
    } catch (error) {
      Object.assign(this.stale.get(slice) ?? {}, { isRenewed });
      this.putOff(slice, performance.now() - startedMs);
      throw error;
    }
    this.lastCostMs = performance.now() - startedMs;
    const state = this.stale.get(slice);
    if (state && state.version <= version && !state.isRenewed) this.stale.delete(slice);
    else if (state) Object.assign(state, { notBeforeMs: this.dueAt(slice), failures: 0 });
    this.options.onStored(slice);
  }

  private async replaceSlice(slice: number, version: number, isRenewed: boolean): Promise<void> {
    const { client, shard, everywhere, positionsPerMessage } = this.options;
    const renewal = isRenewed ? { renewUpTo: lastFreeVersion(version, positionsPerMessage) } : {};
    await recomputeSlice(client, { slice, shard, version, hasLinks: this.hasLinks, everywhere, ...renewal });
  }

  private async computePeriods(): Promise<void> {
    const { client, shard } = this.options;
    for (const period of longPeriods) {
      const before = Math.floor((Date.now() / 1000 - periodSettleSeconds) / period) * period;
      const params = { period, shard, before, limit: periodsPerRound };
      const found = await rowsOf<[number, number]>(client, 'stale-periods', params);
      for (const [start, version] of found) {
        if (this.hasStaleSlice(start, period)) continue;
        const isDone = await this.replacePeriod({ period, start, shard, version });
        if (isDone && found.length === periodsPerRound) this.nextPeriodsMs = 0;
      }
    }
  }

  /** False when ClickHouse cannot compute this one, which says nothing of the others. */
  private async replacePeriod(params: { period: number; start: number; shard: number; version: number }): Promise<boolean> {
    try {
      await this.options.client.command({ query: queryText('recompute-period'), query_params: params });
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.options.logger.warn(`A row of ${params.period} s could not be computed, trying again: ${String(error)}`);
      return false;
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
  private dueAt(slice: number): number {
    const endsInMs = (slice + 1) * sliceSeconds * 1000 - Date.now();
    const isOpen = endsInMs > 0;
    const factor = isOpen ? openFactor / (this.options.share?.() ?? 1) : closedFactor;
    const restMs = Math.max(leastWaitMs, factor * this.lastCostMs);
    const settledInMs = endsInMs + settleMs;
    return performance.now() + (isOpen ? Math.min(restMs, settledInMs) : Math.max(restMs, settledInMs));
  }

  private putOff(slice: number, costMs: number): void {
    const state = this.stale.get(slice);
    if (!state) return;
    state.failures++;
    const backoffMs = Math.min(longestBackoffMs, pauseMs * 2 ** state.failures);
    state.notBeforeMs = performance.now() + Math.max(backoffMs, closedFactor * costMs);
  }

  private pause(error: unknown): void {
    this.options.logger.warn(`A slice could not be computed, trying again: ${String(error)}`);
    this.pausedUntilMs = performance.now() + pauseMs;
  }
}
