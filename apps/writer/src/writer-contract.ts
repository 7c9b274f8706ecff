/** What the writer of one partition is given, and what it promises. */
import type { ClickHouseAddress } from '@fluoroscope/clickhouse/clickhouse';
import type { WriterCounters } from '@fluoroscope/contract/counters';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import type { LiveInterest } from '@fluoroscope/contract/live';
import type { LiveMessage } from '@fluoroscope/contract/process-messages';
import type { LogReader } from '@fluoroscope/log/log';
import type { SharedWork } from './shared-work.js';

export interface WriterOptions {
  /** Of one partition, which is the shard of everything that is written from it. */
  reader: LogReader;
  clickhouse: ClickHouseAddress;
  database?: string;
  retentionDays: number;
  diskMaxBytes: number;
  /** Told every few seconds why ClickHouse cannot be used, while the start waits for it. */
  onWaiting?: (reason: string) => void;
  /** Of a log with several partitions: the positions from one message to the next, more than it has documents. Links may lead to other partitions. */
  positionsPerMessage?: number;
  /**
   * By now, of what a process may hold in memory, and spend on slices that are still open: others in it write other partitions. All of
   * it where nothing is said.
   */
  share?: () => number;
  /** Of a process that writes several partitions. */
  sharedWork?: SharedWork | undefined;
  /**
   * `liveHz` times a second while something changes: live rows and what `watch` has asked of traces, what was first seen on a node (once
   * more when an earlier sight of it has come). Stored slices when they are put in place.
   */
  publish: (message: LiveMessage) => void;
  /** The writer cannot go on: `PartitionLost`, or what should end the process. */
  onFailure: (error: unknown) => void;
  logger: { info(message: string): void; warn(message: string): void };
}

export interface Writer {
  counters(): WriterCounters;
  /** What is wanted of traces; nothing until it is said, and it costs nothing then. */
  watch(interest: LiveInterest): void;
  /** All groups, to be told at the start and after every change: traces get their rows only when the groups are known. */
  setGroups(groups: readonly GroupRecord[]): void;
  /** Since when ClickHouse has not taken what it was given; null while it does. */
  troubleSinceMs(): number | null;
  /** Slices whose aggregate is older than their facts. */
  staleSlices(): number;
  /** Slices whose rows of traces are older than their facts; those that have not ended are among them. */
  slicesWithoutTraceRows(): number;
  /** Stores what has been read, commits, and stops. */
  close(): Promise<void>;
}
