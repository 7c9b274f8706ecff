/**
 * Telemetry records, as AWS's daemon reports them by PutTelemetryRecords: one a minute, from the first datagram on, with
 * what happened in that minute. Records that could not be reported wait in a ring, the oldest dropped.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from '@fluoroscope/runtime/logger';
import type { Credentials } from '@fluoroscope/runtime/sigv4';
import { Seldom } from './seldom.js';
import { type ConnectionErrors, postJson } from './upload.js';

const defaultIntervalMs = 60_000;
const maxWaitingRecords = 30;
const maxRecordsPerRequest = 10;

/** Totals since the start. */
export interface TelemetryTotals {
  received: number;
  sent: number;
  spilledOver: number;
  rejected: number;
  connectionErrors: ConnectionErrors;
}

export interface TelemetryIdentity {
  EC2InstanceId: string;
  Hostname: string;
  ResourceARN: string;
}

interface TelemetryRecord {
  Timestamp: number;
  SegmentsReceivedCount: number;
  SegmentsSentCount: number;
  SegmentsSpilloverCount: number;
  SegmentsRejectedCount: number;
  BackendConnectionErrors: ConnectionErrors;
}

export interface TelemetryOptions {
  url: string;
  credentials?: Credentials | undefined;
  identity: TelemetryIdentity;
  totals: () => TelemetryTotals;
  logger: Logger;
  intervalMs?: number;
}

export class Telemetry {
  readonly #options: TelemetryOptions;
  readonly #failed: Seldom;
  readonly #timer: NodeJS.Timeout;
  readonly #waiting: TelemetryRecord[] = [];
  #last: TelemetryTotals;
  #reporting: Promise<void> | null = null;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#failed = new Seldom((times, details) =>
      options.logger.warn({ times, url: options.url, ...details }, 'could not report telemetry'),
    );
    this.#last = copy(options.totals());
    this.#timer = setInterval(() => void this.report(), options.intervalMs ?? defaultIntervalMs).unref();
  }

  /** Closes the minute and reports what waits. Nothing before the first datagram. */
  async report(): Promise<void> {
    const totals = copy(this.#options.totals());
    if (totals.received === 0) return;
    this.#waiting.push(difference(totals, this.#last));
    this.#last = totals;
    if (this.#waiting.length > maxWaitingRecords) this.#waiting.shift();
    this.#reporting ??= this.#send().finally(() => {
      this.#reporting = null;
    });
    await this.#reporting;
  }

  /** Reports the last, shorter minute. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reporting;
    await this.report();
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const records = this.#waiting.splice(0, maxRecordsPerRequest);
      const body = JSON.stringify({ TelemetryRecords: records, ...this.#options.identity });
      const { url, credentials } = this.#options;
      const answer = await postJson({ url: `${url}/TelemetryRecords`, credentials, body, invocationId: randomUUID() });
      if ('unprocessed' in answer) continue;
      this.#failed.note({ problem: answer.problem });
      this.#waiting.unshift(...records);
      this.#waiting.splice(0, this.#waiting.length - maxWaitingRecords);
      return;
    }
  }
}

function difference(now: TelemetryTotals, last: TelemetryTotals): TelemetryRecord {
  const errors = { ...now.connectionErrors };
  for (const name of Object.keys(errors) as (keyof ConnectionErrors)[]) errors[name] -= last.connectionErrors[name];
  return {
    Timestamp: Date.now() / 1000,
    SegmentsReceivedCount: now.received - last.received,
    SegmentsSentCount: now.sent - last.sent,
    SegmentsSpilloverCount: now.spilledOver - last.spilledOver,
    SegmentsRejectedCount: now.rejected - last.rejected,
    BackendConnectionErrors: errors,
  };
}

function copy(totals: TelemetryTotals): TelemetryTotals {
  return { ...totals, connectionErrors: { ...totals.connectionErrors } };
}
