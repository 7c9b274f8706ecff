/** What the processes of one installation tell each other besides documents and edits. Nothing here is kept for long. */
import type { DaemonCounters, WriterCounters } from './counters.js';
import type { Deployment } from './deployments.js';
import type { ShardRows } from './graph.js';
import type { LiveInterest, LiveTraces } from './live.js';

/** From a writer to every api, as things change. Rows are absolute. */
export type LiveMessage =
  | { kind: 'slices'; rows: ShardRows[] }
  | { kind: 'traces'; traces: LiveTraces }
  | { kind: 'deployments'; deployments: Deployment[] };

/** One message of the topic `live`: what the writer of a partition has told within a few hundredths of a second. */
export interface LiveRecord {
  partition: number;
  /**
   * The position that was committed when this writer was given the partition; no clock is asked. Who had it before may not have noticed
   * yet: of two, the one with the greater number is right, unless it has been silent for `presenceTimeoutMs`.
   */
  since: number;
  messages: LiveMessage[];
}

/** One message of the topic `presence`: a process of itself, every `presenceMs` and at once when something matters. */
export type PresenceRecord = { from: string; atMs: number } & (
  | { kind: 'api'; interest: LiveInterest }
  | { kind: 'daemon'; counters: DaemonCounters }
  | { kind: 'writer'; partitions: PartitionReport[]; troubleSinceMs: number | null }
);

/** Of a partition that a writer has now; the counters go with the partition and not with the process. */
export interface PartitionReport {
  partition: number;
  /** As in `LiveRecord`. */
  since: number;
  counters: WriterCounters;
}

export const presenceMs = 1_000;
/** Who says nothing for so long is gone. */
export const presenceTimeoutMs = 10_000;
