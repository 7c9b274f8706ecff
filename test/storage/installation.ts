/**
 * A log on disk, the real ClickHouse and a writer, in this process, for tests that need no daemon and no api. Each
 * installation has a database of its own; one ClickHouse serves a whole test file.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import { type EmbeddedClickHouse, startEmbedded } from '@fluoroscope/clickhouse/embedded';
import { StoredGraphReader } from '@fluoroscope/clickhouse/graph-reader';
import type { WriterCounters } from '@fluoroscope/contract/counters';
import type { Deployment } from '@fluoroscope/contract/deployments';
import type { ShardRows } from '@fluoroscope/contract/graph';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import type { LiveInterest, LiveTraces } from '@fluoroscope/contract/live';
import type { LiveMessage } from '@fluoroscope/contract/process-messages';
import { DiskLog } from '@fluoroscope/log/disk-log';
import { startWriter, type Writer } from '@fluoroscope/writer/writer';

export const quiet = { info: () => {}, warn: () => {}, error: () => {} };

export interface TestClickHouse extends EmbeddedClickHouse {
  remove(): Promise<void>;
}

export async function testClickHouse(): Promise<TestClickHouse> {
  const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-clickhouse-'));
  const embedded = await startEmbedded({ folder, maxMemoryBytes: 2_000_000_000, logger: quiet });
  const remove = async () => {
    await embedded.close();
    await rm(folder, { recursive: true, force: true });
  };
  return Object.assign(embedded, { remove });
}

/** How long to wait for what must come, on a machine that does something else too. */
const patientMs = 120_000;

let databases = 0;

export class Installation {
  readonly published: ShardRows[] = [];
  readonly publishedTraces: LiveTraces[] = [];
  readonly deployments: Deployment[] = [];
  readonly client: ClickHouseClient;
  readonly graph: StoredGraphReader;
  private writer: Writer | null = null;
  private groups: readonly GroupRecord[] = [];
  private failure: unknown = null;

  private constructor(
    private readonly clickhouse: EmbeddedClickHouse,
    /** Of the log. */
    readonly folder: string,
    readonly log: DiskLog,
    readonly database: string,
  ) {
    this.client = connect(clickhouse, database);
    this.graph = new StoredGraphReader(this.client);
  }

  /** On a log of its own; on a database of its own unless one is given. */
  static async create(clickhouse: EmbeddedClickHouse, database = `test_${process.pid}_${databases++}`): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-log-'));
    const log = await DiskLog.open({ folder, capBytes: 1e9, logger: quiet });
    const installation = new Installation(clickhouse, folder, log, database);
    await installation.start();
    return installation;
  }

  async start(): Promise<void> {
    const reader = await this.log.reader('writer');
    this.writer = await startWriter({
      reader,
      clickhouse: this.clickhouse,
      database: this.database,
      retentionDays: 30,
      diskMaxBytes: 0,
      publish: (message) => this.hear(message),
      onFailure: (error) => {
        this.failure = error;
      },
      logger: quiet,
    });
    this.writer.setGroups(this.groups);
  }

  private hear(message: LiveMessage): void {
    if (message.kind === 'slices') this.published.push(...message.rows);
    else if (message.kind === 'traces') this.publishedTraces.push(message.traces);
    else this.deployments.push(...message.deployments);
  }

  setGroups(groups: readonly GroupRecord[]): void {
    this.groups = groups;
    this.writer?.setGroups(groups);
  }

  async stop(): Promise<void> {
    await this.writer?.close();
    this.writer = null;
  }

  append(texts: readonly string[], receivedAtMs = Date.now()): Promise<void> {
    return this.log.append(
      texts.map((text) => Buffer.from(text)),
      receivedAtMs,
    );
  }

  watch(interest: LiveInterest): void {
    this.writer?.watch(interest);
  }

  counters(): WriterCounters {
    if (this.failure) throw this.failure;
    if (!this.writer) throw new Error('the writer is not running');
    return this.writer.counters();
  }

  /** Until everything appended is stored and every slice is computed; rows of minutes and hours may come at any time after that. */
  async settled(timeoutMs = patientMs): Promise<WriterCounters> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      const counters = this.counters();
      if (counters.lag === 0 && counters.appended === this.log.endPosition() && this.writer?.staleSlices() === 0) return counters;
      await sleep(50);
    }
    throw new Error(`not settled in ${timeoutMs} ms: ${JSON.stringify({ ...this.counters(), stale: this.writer?.staleSlices() })}`);
  }

  /** Until every trace has its row, which waits for the end of its slice. */
  async traced(timeoutMs = patientMs): Promise<void> {
    await this.settled(timeoutMs);
    const deadline = Date.now() + timeoutMs;
    while (this.writer?.slicesWithoutTraceRows() !== 0) {
      if (Date.now() > deadline) throw new Error(`${this.writer?.slicesWithoutTraceRows()} slices have no rows after ${timeoutMs} ms`);
      await sleep(100);
    }
  }

  /**
   * Ends the writer, and takes back the rows of minutes and hours that it has computed by itself: those behind a version, or all. When
   * it comes to them is its own affair; what follows computes them when it says so.
   */
  async stopWithoutLongRows(behindVersion = 0): Promise<void> {
    await this.stop();
    await this.client.command({
      query: 'ALTER TABLE slices DELETE WHERE period > 10 AND version > {version: UInt64} SETTINGS mutations_sync = 1',
      query_params: { version: behindVersion },
    });
  }

  async distinctDocuments(): Promise<number> {
    const result = await this.client.query({
      query: 'SELECT toUInt32(uniqExact(trace_id, id)) AS documents FROM documents',
      format: 'JSONEachRow',
    });
    return (await result.json<{ documents: number }>())[0]?.documents ?? 0;
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.log.close();
    await this.client.command({ query: `DROP DATABASE IF EXISTS ${this.database} SYNC` });
    await this.client.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
