/**
 * The writers of the partitions that this process has: one is made when a partition is given to it, and closed when the partition is
 * given to another process. What a closed one had not committed is done again there.
 *
 * All that store on one server do there together what gets cheaper by it, and all publish through one publisher; each has its own
 * connection for the rest. What they hold in memory is bounded for the process: each may have the same part of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseAddress, type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import { UnusableServer } from '@fluoroscope/clickhouse/migrate';
import { type ClickHouseServers, shardOf } from '@fluoroscope/clickhouse/servers';
import type { WriterCounters } from '@fluoroscope/contract/counters';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import type { LiveInterest } from '@fluoroscope/contract/live';
import type { PartitionReport } from '@fluoroscope/contract/process-messages';
import { positionsPerMessage } from '@fluoroscope/log/kafka-message';
import { type LogReader, PartitionLost } from '@fluoroscope/log/log';
import { sumCounters } from '@fluoroscope/runtime/counters';
import type { Logger } from '@fluoroscope/runtime/logger';
import { type Decided, emptyCounts } from './decided.js';
import type { LivePublisher } from './live-publisher.js';
import { openStorage } from './open-storage.js';
import { type SharedWork, workTogether } from './shared-work.js';
import { startWriter, type Writer } from './writer.js';

const retryMs = 1_000;

export interface PartitionWritersOptions {
  servers: ClickHouseServers;
  retentionDays: number;
  diskMaxBytes: number;
  publisher: LivePublisher;
  logger: Logger;
  /** A writer cannot go on for another reason than the loss of its partition: the process should end. */
  onFailure: (error: unknown) => void;
}

interface Held {
  reader: LogReader;
  sinceMs: number;
  /** What was committed when it was given to us; null until that is known. */
  begin: { position: number; decided: Decided } | null;
  /** Null until it has started. */
  writer: Writer | null;
  /** It is not to be started any more. */
  letGo: AbortController;
  /** Started, or given up because the partition was lost meanwhile. */
  started: Promise<void>;
}

export class PartitionWriters {
  readonly #options: PartitionWritersOptions;
  /** By the address of the server. */
  readonly #works = new Map<string, { client: ClickHouseClient; work: SharedWork }>();
  readonly #held = new Map<number, Held>();
  /** By partition, until none of its writers has anything under way. */
  readonly #closing = new Map<number, Promise<void>>();
  #interest: LiveInterest = { rows: false, traces: [] };
  #groups: readonly GroupRecord[] | null = null;
  #isClosed = false;

  constructor(options: PartitionWritersOptions) {
    this.#options = options;
  }

  /** In place of the one that had this partition here before, when that has ended: also one that has lost it by itself. */
  add(reader: LogReader): void {
    const before = this.#letGo(reader.partition);
    const held: Held = { reader, sinceMs: Date.now(), begin: null, writer: null, letGo: new AbortController(), started: Promise.resolve() };
    this.#held.set(reader.partition, held);
    held.started = before.then(() => this.#start(held));
  }

  watch(interest: LiveInterest): void {
    this.#interest = interest;
    for (const { writer } of this.#held.values()) writer?.watch(interest);
  }

  setGroups(groups: readonly GroupRecord[]): void {
    this.#groups = groups;
    for (const { writer } of this.#held.values()) writer?.setGroups(groups);
  }

  /** Also of those that wait for ClickHouse: what is in their log is waiting too. */
  reports(): PartitionReport[] {
    return [...this.#held].flatMap(([partition, { reader, writer, begin }]) =>
      begin === null
        ? []
        : [{ partition, since: begin.position, counters: writer?.counters() ?? countersOf(begin.decided, reader.unread()) }],
    );
  }

  /** The sum over the partitions of this process; null while it has none. */
  counters(): WriterCounters | null {
    return sumCounters(this.reports().map(({ counters }) => counters));
  }

  /** Since when ClickHouse has not taken what it was given, or a partition has no writer; null while all is well. */
  troubleSinceMs(): number | null {
    const since = [...this.#held.values()].flatMap(({ writer, sinceMs }) => (writer === null ? sinceMs : (writer.troubleSinceMs() ?? [])));
    return since.length === 0 ? null : Math.min(...since);
  }

  /** Stores what has been read, commits, and stops. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const partition of [...this.#held.keys()]) void this.#letGo(partition);
    await Promise.all(this.#closing.values());
    for (const { client } of this.#works.values()) await client.close();
  }

  async #start(held: Held): Promise<void> {
    while (!this.#isClosed && this.#isHeld(held)) {
      try {
        held.writer = await this.#startWriter(held);
        held.writer.watch(this.#interest);
        if (this.#groups !== null) held.writer.setGroups(this.#groups);
        return;
      } catch (error) {
        if (this.#isOver(held, error)) return;
        if (error instanceof UnusableServer) return this.#options.onFailure(error);
        this.#options.logger.warn({ err: error, partition: held.reader.partition }, 'a partition cannot be written yet; trying again');
      }
      await sleep(retryMs);
    }
  }

  async #startWriter(held: Held): Promise<Writer> {
    const { servers, retentionDays, diskMaxBytes, publisher, logger } = this.#options;
    const { reader, letGo } = held;
    const begin = await beginOf(reader);
    held.begin = begin;
    const warn = (message: string) => logger.warn({ partition: reader.partition }, message);
    const named = shardOf(servers, reader.partition);
    const clickhouse = await openStorage({ clickhouse: named, logger: { warn }, signal: letGo.signal });
    return startWriter({
      reader,
      clickhouse,
      retentionDays,
      diskMaxBytes,
      positionsPerMessage,
      share: () => 1 / Math.max(1, this.#held.size),
      sharedWork: this.#workOn(clickhouse),
      publish: publisher.of(reader.partition, begin.position),
      onFailure: (error) => {
        if (!this.#isOver(held, error)) this.#options.onFailure(error);
      },
      logger: {
        info: (message) => logger.info({ partition: reader.partition }, message),
        warn,
      },
    });
  }

  #workOn(address: ClickHouseAddress): SharedWork {
    const known = this.#works.get(address.url);
    if (known !== undefined) return known.work;
    const client = connect(address);
    const work = workTogether(client);
    this.#works.set(address.url, { client, work });
    return work;
  }

  /** Another process has the partition. */
  #isOver(held: Held, error: unknown): boolean {
    if (!(error instanceof PartitionLost) && this.#isHeld(held)) return false;
    if (this.#isHeld(held)) void this.#letGo(held.reader.partition);
    return true;
  }

  #isHeld(held: Held): boolean {
    return this.#held.get(held.reader.partition) === held;
  }

  /** Resolves when nothing of the partition is under way here any more. */
  #letGo(partition: number): Promise<void> {
    const before = this.#closing.get(partition) ?? Promise.resolve();
    const held = this.#held.get(partition);
    if (held === undefined) return before;
    this.#held.delete(partition);
    held.letGo.abort();
    const closed = before
      .then(() => held.started)
      .then(() => held.writer?.close())
      .finally(() => {
        if (this.#closing.get(partition) === closed) this.#closing.delete(partition);
      });
    this.#closing.set(partition, closed);
    return closed;
  }
}

async function beginOf(reader: LogReader): Promise<{ position: number; decided: Decided }> {
  const { position, state } = await reader.committed();
  return { position, decided: { ...emptyCounts(), ...(state as Partial<Decided> | null) } };
}

/** Of a partition that nobody writes yet. */
function countersOf({ stored, replaced, rejected, dead, lost, negativeDurations }: Decided, lag: number): WriterCounters {
  const appended = stored + replaced + rejected + dead + lost + lag;
  const ofThisStart = { folded: 0, refusedDeployments: 0, partialTraces: 0, droppedDays: 0, staleSlices: 0, lastRejection: null };
  return { appended, stored, replaced, rejected, dead, lost, lag, negativeDurations, ...ofThisStart };
}
