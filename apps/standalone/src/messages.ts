/** What the processes and threads of one tree say to each other. */
import type { ClickHouseAddress } from '@fluoroscope/clickhouse/clickhouse';
import type { DaemonCounters, MetricWriterCounters, WriterCounters } from '@fluoroscope/contract/counters';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import type { LiveInterest } from '@fluoroscope/contract/live';
import type { LiveMessage } from '@fluoroscope/contract/process-messages';
import type { UploadTarget } from '@fluoroscope/daemon/daemon';
import type { DiskLogCounters } from '@fluoroscope/log/disk-log';
import type { Credentials } from '@fluoroscope/runtime/sigv4';

/** How often counters travel. */
export const countersMs = 250;

/** The disk logs whose documents the writer stores. */
export type StoredLog = 'segments' | 'metrics';

/** The disk logs of one tree: of the segments and the metrics that arrive, of what people edit, and of what samplers report. */
export type LogName = StoredLog | 'control' | 'sampling';

export interface LogReport {
  counters: DiskLogCounters;
  /** Why it takes nothing any more; null while it works. */
  brokenBy: string | null;
  /** Why it took nothing when it was last asked; null when it did. */
  fullBecause: string | null;
}

export function perLog<Value>(make: (name: LogName) => Value): Record<LogName, Value> {
  return { ...perStoredLog(make), control: make('control'), sampling: make('sampling') };
}

export function perStoredLog<Value>(make: (name: StoredLog) => Value): Record<StoredLog, Value> {
  return { segments: make('segments'), metrics: make('metrics') };
}

/**
 * To the recorder thread. `listen` comes once the api answers, because TCP requests go on to it; `stop listening` before the
 * api closes, because the last telemetry goes there; `close` when nobody appends any more.
 */
export type ToRecorder =
  | { kind: 'listen'; apiUrl: string; credentials: Credentials | undefined }
  | { kind: 'stop listening' }
  | { kind: 'close' };

export type FromRecorder =
  | { kind: 'opened'; ends: Record<LogName, number> }
  | { kind: 'listening'; port: number }
  | { kind: 'stopped listening' }
  /** One line for the user; the tree cannot go on. */
  | { kind: 'failed'; problem: string }
  | { kind: 'durable'; log: LogName; endPosition: number }
  | { kind: 'counters'; daemon: DaemonCounters | null; logs: Record<LogName, LogReport> }
  | { kind: 'closed' };

/** To the writer process; `setup` comes first, and once. */
export type ToWriter =
  | { kind: 'setup'; setup: WriterSetup }
  | { kind: 'durable'; log: StoredLog; endPosition: number }
  | { kind: 'watch'; interest: LiveInterest }
  | { kind: 'groups'; groups: GroupRecord[] }
  | { kind: 'close' };

export type FromWriter =
  | { kind: 'ready' }
  | { kind: 'failed'; problem: string }
  /** For ClickHouse, with the reason, until it is ready. */
  | { kind: 'waiting'; reason: string }
  | LiveMessage
  | { kind: 'counters'; segments: WriterCounters; metrics: MetricWriterCounters; troubleSinceMs: number | null };

/** What the writer process needs to know. */
export interface WriterSetup {
  logs: Record<StoredLog, { folder: string; endPosition: number }>;
  clickhouse: ClickHouseAddress;
  retentionDays: number;
  diskMaxBytes: number;
  logLevel: string;
}

/** What the recorder thread is started with. */
export interface RecorderSetup {
  folders: Record<LogName, string>;
  /** The others have bounds of their own. */
  capBytes: Record<StoredLog, number>;
  hosts: string[];
  port: number;
  allowedHosts: string[];
  upload: UploadTarget | undefined;
  logLevel: string;
}
