/** What the processes and threads of one tree say to each other. */
import type { DaemonCounters, WriterCounters } from '@fluoroscope/contract/counters';
import type { Deployment } from '@fluoroscope/contract/deployments';
import type { SliceRows } from '@fluoroscope/contract/graph';
import type { LiveInterest, LiveTraces } from '@fluoroscope/contract/live';
import type { Credentials } from '@fluoroscope/runtime/sigv4';

/** How often counters travel. */
export const countersMs = 250;

/**
 * To the recorder thread. `listen` comes once the api answers, because TCP requests go on to it; `stop listening` before the
 * api closes, because the last telemetry goes there; `close` when nobody appends any more.
 */
export type ToRecorder =
  | { kind: 'listen'; apiUrl: string; credentials: Credentials | undefined }
  | { kind: 'stop listening' }
  | { kind: 'close' };

export type FromRecorder =
  | { kind: 'opened'; endPosition: number; controlEnd: number; statisticsEnd: number }
  | { kind: 'listening'; port: number }
  | { kind: 'stopped listening' }
  /** One line for the user; the tree cannot go on. */
  | { kind: 'failed'; problem: string }
  | { kind: 'durable'; endPosition: number }
  | { kind: 'control durable'; endPosition: number }
  | { kind: 'statistics durable'; endPosition: number }
  | { kind: 'counters'; counters: DaemonCounters | null; brokenBy: string | null; logBytes: number }
  | { kind: 'closed' };

/** To the writer process; `setup` comes first, and once. */
export type ToWriter =
  | { kind: 'setup'; setup: WriterSetup }
  | { kind: 'durable'; endPosition: number }
  | { kind: 'watch'; interest: LiveInterest }
  | { kind: 'close' };

export type FromWriter =
  | { kind: 'ready' }
  | { kind: 'failed'; problem: string }
  | { kind: 'slices'; rows: SliceRows[] }
  | { kind: 'traces'; traces: LiveTraces }
  | { kind: 'deployments'; deployments: Deployment[] }
  | { kind: 'counters'; counters: WriterCounters; troubleSinceMs: number | null };

/** What the writer process needs to know. */
export interface WriterSetup {
  logFolder: string;
  endPosition: number;
  clickhouse: { url: string; username?: string; password?: string };
  retentionDays: number;
  diskMaxBytes: number;
  logLevel: string;
}

/** What the recorder thread is started with. */
export interface RecorderSetup {
  logFolder: string;
  controlFolder: string;
  statisticsFolder: string;
  logCapBytes: number;
  hosts: string[];
  port: number;
  allowedHosts: string[];
  uploadUrl: string | undefined;
  logLevel: string;
}
