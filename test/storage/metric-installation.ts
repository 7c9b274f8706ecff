/** A log of metrics on disk, the real ClickHouse and a writer of metrics, in this process. Each installation has a database of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseAddress, type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import { MetricReader } from '@fluoroscope/clickhouse/metric-reader';
import type { MetricWriterCounters } from '@fluoroscope/contract/counters';
import type { Metric, MetricDataDocument, MetricDatum } from '@fluoroscope/contract/metrics';
import { DiskLog } from '@fluoroscope/log/disk-log';
import type { LogReader } from '@fluoroscope/log/log';
import { type MetricWriter, type MetricWriterOptions, startMetricWriter } from '@fluoroscope/writer/metric-writer';
import { workTogether } from '@fluoroscope/writer/shared-work';
import { quiet } from './installation.js';

const patientMs = 60_000;
const day = 86_400;
let databases = 0;

export class MetricInstallation {
  readonly client: ClickHouseClient;
  readonly metrics: MetricReader;
  private writer: MetricWriter | null = null;
  failure: unknown = null;

  private constructor(
    private readonly clickhouse: ClickHouseAddress,
    private readonly folder: string,
    readonly log: DiskLog,
    readonly database: string,
  ) {
    this.client = connect(clickhouse, database);
    this.metrics = new MetricReader(this.client);
  }

  static async create(clickhouse: ClickHouseAddress, database = `test_metrics_${process.pid}_${databases++}`): Promise<MetricInstallation> {
    const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-metrics-'));
    const log = await DiskLog.open({ folder, capBytes: 1e9, logger: quiet });
    const installation = new MetricInstallation(clickhouse, folder, log, database);
    await installation.start();
    return installation;
  }

  /** Another name begins at the beginning of the log. */
  async start(
    shape: (reader: LogReader) => LogReader = (reader) => reader,
    name = 'metric-writer',
    // In a cluster, as in a process that writes several partitions.
    insertOn: MetricWriterOptions['insertOn'] = this.clickhouse.cluster && (() => workTogether(this.client).insertMetrics),
  ): Promise<void> {
    this.failure = null;
    this.writer = await startMetricWriter({
      reader: shape(await this.log.reader(name)),
      clickhouse: this.clickhouse,
      database: this.database,
      insertOn,
      onFailure: (error) => {
        this.failure = error;
      },
      logger: quiet,
    });
  }

  async stop(): Promise<void> {
    await this.writer?.close();
    this.writer = null;
  }

  append(documents: readonly (MetricDataDocument | string)[], receivedAtMs = Date.now()): Promise<void> {
    const texts = documents.map((document) => (typeof document === 'string' ? document : JSON.stringify(document)));
    return this.log.append(
      texts.map((text) => Buffer.from(text)),
      receivedAtMs,
    );
  }

  counters(): MetricWriterCounters {
    if (this.failure) throw this.failure;
    if (!this.writer) throw new Error('the writer is not running');
    return this.writer.counters();
  }

  /** Until everything appended is decided. */
  async settled(): Promise<MetricWriterCounters> {
    for (const deadline = Date.now() + patientMs; Date.now() < deadline; await sleep(50)) {
      const counters = this.counters();
      if (counters.lag === 0 && counters.appended === this.log.endPosition()) return counters;
    }
    throw new Error(`not settled in ${patientMs} ms: ${JSON.stringify(this.counters())}`);
  }

  /** Of a day around now, by its minutes. */
  minutesOf(metric: Metric, withValues = false) {
    const now = Math.floor(Date.now() / 60_000) * 60;
    return this.metrics.periods({ metric, from: now - day, to: now + day, period: 60, withValues });
  }

  async count(query: string): Promise<number> {
    const result = await this.client.query({ query: `SELECT toUInt32(count()) FROM ${query}`, format: 'JSONCompactEachRow' });
    return (await result.json<[number]>())[0]?.[0] ?? -1;
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.log.close();
    await this.client.command({ query: `DROP DATABASE IF EXISTS ${this.database} SYNC` });
    await this.client.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function metricOf(name: string, dimensions: Record<string, string> = {}, namespace = 'Shop'): Metric {
  const pairs = Object.entries(dimensions).map(([key, value]) => ({ name: key, value }));
  return { namespace, name, dimensions: pairs.sort((one, other) => (one.name < other.name ? -1 : 1)) };
}

/** A call with one datum of a metric. */
export function callOf(metric: Metric, datum: Omit<MetricDatum, 'MetricName' | 'Dimensions'>, id?: string): MetricDataDocument {
  const Dimensions = metric.dimensions.map(({ name: Name, value: Value }) => ({ Name, Value }));
  const MetricData = [{ MetricName: metric.name, Dimensions, ...datum }];
  return { ...(id !== undefined && { Id: id }), Namespace: metric.namespace, MetricData };
}
