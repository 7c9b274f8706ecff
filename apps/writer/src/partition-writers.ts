/**
 * The writers of the segments' partitions that this process has. All that store on one server do there together what gets cheaper by it,
 * and all publish through one publisher; each has its own connection for the rest. What they hold in memory is bounded for the process:
 * each may have the same part of it.
 */
import { type ClickHouseServers, shardOf } from '@fluoroscope/clickhouse/servers';
import type { WriterCounters } from '@fluoroscope/contract/counters';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import type { LiveInterest } from '@fluoroscope/contract/live';
import type { PartitionReport } from '@fluoroscope/contract/process-messages';
import { positionsPerMessage } from '@fluoroscope/log/kafka-message';
import type { LogReader } from '@fluoroscope/log/log';
import { sumCounters } from '@fluoroscope/runtime/counters';
import type { Logger } from '@fluoroscope/runtime/logger';
import { type Decided, emptyCounts } from './decided.js';
import { HeldPartitions, type StartOptions } from './held-partitions.js';
import type { LivePublisher } from './live-publisher.js';
import { openStorage } from './open-storage.js';
import { ServerWorks } from './server-works.js';
import { startWriter, type Writer } from './writer.js';

export interface PartitionWritersOptions {
  servers: ClickHouseServers;
  retentionDays: number;
  diskMaxBytes: number;
  publisher: LivePublisher;
  logger: Logger;
  /** A writer cannot go on for another reason than the loss of its partition: the process should end. */
  onFailure: (error: unknown) => void;
}

/** What was committed when a partition was given to us. */
interface Begin {
  position: number;
  decided: Decided;
}

export class PartitionWriters {
  readonly #options: PartitionWritersOptions;
  readonly #held: HeldPartitions<Writer>;
  readonly #works = new ServerWorks();
  /** As soon as it is known. */
  readonly #begins = new WeakMap<LogReader, Begin>();
  #interest: LiveInterest = { rows: false, traces: [] };
  #groups: readonly GroupRecord[] | null = null;

  constructor(options: PartitionWritersOptions) {
    const { logger, onFailure } = options;
    this.#options = options;
    this.#held = new HeldPartitions({ start: (given) => this.#start(given), logger, onFailure });
  }

  add(reader: LogReader): void {
    this.#held.add(reader);
  }

  watch(interest: LiveInterest): void {
    this.#interest = interest;
    for (const writer of this.#held.writers()) writer.watch(interest);
  }

  setGroups(groups: readonly GroupRecord[]): void {
    this.#groups = groups;
    for (const writer of this.#held.writers()) writer.setGroups(groups);
  }

  /** Also of those that wait for ClickHouse: what is in their log is waiting too. */
  reports(): PartitionReport[] {
    return this.#held.all().flatMap(({ reader, writer }) => {
      const begin = this.#begins.get(reader);
      if (begin === undefined) return [];
      const counters = writer?.counters() ?? countersOf(begin.decided, reader.unread());
      return [{ partition: reader.partition, since: begin.position, counters }];
    });
  }

  /** The sum over the partitions of this process; null while it has none. */
  counters(): WriterCounters | null {
    return sumCounters(this.reports().map(({ counters }) => counters));
  }

  troubleSinceMs(): number | null {
    return this.#held.troubleSinceMs();
  }

  /** Stores what has been read, commits, and stops. */
  async close(): Promise<void> {
    await this.#held.close();
    await this.#works.close();
  }

  async #start({ reader, signal, onFailure, logger }: StartOptions): Promise<Writer> {
    const { servers, retentionDays, diskMaxBytes, publisher } = this.#options;
    const begin = await beginOf(reader);
    this.#begins.set(reader, begin);
    const clickhouse = await openStorage({ clickhouse: shardOf(servers, reader.partition), logger, signal });
    const writer = await startWriter({
      reader,
      clickhouse,
      retentionDays,
      diskMaxBytes,
      positionsPerMessage,
      share: () => 1 / Math.max(1, this.#held.size),
      sharedWork: this.#works.on(clickhouse),
      publish: publisher.of(reader.partition, begin.position),
      onFailure,
      logger,
    });
    writer.watch(this.#interest);
    if (this.#groups !== null) writer.setGroups(this.#groups);
    return writer;
  }
}

async function beginOf(reader: LogReader): Promise<Begin> {
  const { position, state } = await reader.committed();
  return { position, decided: { ...emptyCounts(), ...(state as Partial<Decided> | null) } };
}

/** Of a partition that nobody writes yet. */
function countersOf({ stored, replaced, rejected, dead, lost, negativeDurations }: Decided, lag: number): WriterCounters {
  const appended = stored + replaced + rejected + dead + lost + lag;
  const ofThisStart = { folded: 0, refusedDeployments: 0, partialTraces: 0, droppedDays: 0, staleSlices: 0, lastRejection: null };
  return { appended, stored, replaced, rejected, dead, lost, lag, negativeDurations, ...ofThisStart };
}
