/**
 * Makes the rows of `traces` again when facts of their slice have changed: when the slice has ended, for until then its traces
 * are looked at by their documents. Slices that wait are computed together, as many as take about a second.
 *
 * Which slices are stale is found from ClickHouse itself at the start, so a crash loses none. What fails is tried again later, one
 * slice at a time, and holds up nothing but these rows.
 */
import { type ClickHouseClient, queryText, rowsOf } from '@fluoroscope/clickhouse/clickhouse';
import type { TraceRows } from '@fluoroscope/clickhouse/recompute';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import { GroupKeeper } from './group-keeper.js';

const checkMs = 500;
/** After the end of the slice: its graph comes first. */
const settleMs = 4_000;
/** How much longer, while documents of it are on their way into storage: computed without them, it is computed twice. */
const inHandMs = 5_000;
const longestBackoffMs = 60_000;
/** At most half of the time goes into it. */
const restFactor = 1;
const maxSlices = 64;
const slowMs = 1_500;
const fastMs = 500;

export interface TraceRowKeeperOptions {
  client: ClickHouseClient;
  /** The database that has all shards. */
  everywhere: string;
  /** As of the slices. */
  positionsPerMessage: number;
  shard: number;
  logger: { warn(message: string): void };
  /** Answers how many milliseconds it took, without a wait for others. */
  recompute: (rows: TraceRows, signal: AbortSignal) => Promise<number>;
  /** The writer has facts of this slice that are not stored yet. */
  isInHand: (slice: number) => boolean;
  /** Documents wait to be stored: then nothing is computed, and traces go on being looked at by their documents. */
  isBehind: () => boolean;
}

interface Stale {
  /** That the slice's rows must reach. */
  version: number;
  /** When its latest facts came; after a start, when they came at the earliest. */
  atMs: number;
}

export class TraceRowKeeper {
  private readonly stale = new Map<number, Stale>();
  /** Since they were last begun. */
  private readonly renewed = new Set<number>();
  /** Every fact of a lower version is in ClickHouse. */
  private storedVersion = 0;
  private slicesAtOnce = 1;
  /** Slices that failed alone, until when and how often in a row. */
  private readonly putOff = new Map<number, { untilMs: number; failures: number }>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private readonly closing = new AbortController();

  private readonly groups: GroupKeeper;
  private areGroupsKnown = false;

  constructor(private readonly options: TraceRowKeeperOptions) {
    this.groups = new GroupKeeper(options.client, options);
  }

  /** Nothing is computed before the groups are known: traces are asked once. */
  setGroups(groups: readonly GroupRecord[]): void {
    this.groups.groups = groups;
    this.areGroupsKnown = true;
  }

  /** `storedVersion`: the committed position. */
  async start(storedVersion: number): Promise<void> {
    this.storedVersion = storedVersion;
    const { client, shard } = this.options;
    for (const [slice, version] of await rowsOf<[number, number]>(client, 'untraced-slices', { shard }))
      this.stale.set(slice, { version, atMs: Math.min(Date.now(), endMs(slice)) });
    this.schedule(checkMs);
  }

  touch(touched: ReadonlyMap<number, number>, storedVersion: number): void {
    this.storedVersion = Math.max(this.storedVersion, storedVersion);
    const atMs = Date.now();
    for (const [slice, version] of touched)
      this.stale.set(slice, { version: Math.max(this.stale.get(slice)?.version ?? 0, version), atMs });
  }

  /** What these link to, on another shard, has changed: the graphs of groups draw it. */
  renew(slices: ReadonlySet<number>): void {
    if (this.groups.groups.length === 0) return;
    for (const slice of slices) {
      this.stale.set(slice, this.stale.get(slice) ?? { version: this.storedVersion, atMs: endMs(slice) });
      this.renewed.add(slice);
    }
  }

  /** Slices that wait for their rows. */
  pending(): number {
    return this.stale.size;
  }

  async close(): Promise<void> {
    this.closing.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(inMs: number): void {
    this.timer = setTimeout(() => {
      this.running = this.turn().then((waitMs) => {
        if (!this.closing.signal.aborted) this.schedule(waitMs);
      });
    }, inMs);
  }

  /** How long to wait for the next. */
  private async turn(): Promise<number> {
    const slices = this.areGroupsKnown && !this.options.isBehind() ? this.due() : [];
    if (slices.length === 0) return checkMs;
    let tookMs: number;
    try {
      tookMs = await this.compute(slices);
    } catch (error) {
      return this.closing.signal.aborted ? checkMs : this.backOff(slices, error);
    }
    if (tookMs > slowMs) this.slicesAtOnce = Math.max(1, Math.floor(this.slicesAtOnce / 2));
    else if (tookMs < fastMs) this.slicesAtOnce = Math.min(maxSlices, this.slicesAtOnce * 2);
    return Math.max(checkMs, restFactor * tookMs);
  }

  /** The newest first. */
  private due(): number[] {
    const nowMs = Date.now();
    const isDue = ([slice, { version }]: [number, Stale]) => {
      const overdueMs = nowMs - endMs(slice) - settleMs;
      if (overdueMs < 0 || version > this.storedVersion || performance.now() < (this.putOff.get(slice)?.untilMs ?? 0)) return false;
      return overdueMs >= inHandMs || !this.options.isInHand(slice);
    };
    const slices = [...this.stale].filter(isDue).map(([slice]) => slice);
    return slices.sort((left, right) => right - left).slice(0, this.slicesAtOnce);
  }

  /** Answers how many milliseconds it took, without a wait for others. */
  private async compute(slices: readonly number[]): Promise<number> {
    const { client, shard, recompute } = this.options;
    const version = this.storedVersion;
    for (const slice of slices) this.renewed.delete(slice);
    const rowsMs = await recompute({ slices, versions: new Map([[shard, version]]) }, this.closing.signal);
    const beganMs = performance.now();
    for (const slice of slices) await this.groups.compute({ slice, shard, version, atMs: this.stale.get(slice)?.atMs ?? endMs(slice) });
    await client.command({ query: queryText('note-traced'), query_params: { slices, shard, version } });
    for (const slice of slices) {
      this.putOff.delete(slice);
      if ((this.stale.get(slice)?.version ?? 0) <= version && !this.renewed.has(slice)) this.stale.delete(slice);
    }
    return rowsMs + performance.now() - beganMs;
  }

  /** Next each is tried alone; one that fails alone waits ever longer, behind all others. */
  private backOff(slices: readonly number[], error: unknown): number {
    this.options.logger.warn(`The rows of ${slices.length} slices could not be computed, trying again: ${String(error)}`);
    this.slicesAtOnce = 1;
    const [slice] = slices;
    if (slices.length > 1 || slice === undefined) return checkMs;
    const failures = (this.putOff.get(slice)?.failures ?? 0) + 1;
    this.putOff.set(slice, { untilMs: performance.now() + Math.min(longestBackoffMs, checkMs * 2 ** failures), failures });
    return checkMs;
  }
}

function endMs(slice: number): number {
  return (slice + 1) * sliceSeconds * 1_000;
}
