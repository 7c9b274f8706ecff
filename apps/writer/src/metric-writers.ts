/**
 * The writers of the metrics' partitions that this process has, each on the server of its shard, once that can be used. Those on one server
 * insert together.
 */
import { type ClickHouseServers, shardOf } from '@fluoroscope/clickhouse/servers';
import type { MetricWriterCounters } from '@fluoroscope/contract/counters';
import type { LogReader } from '@fluoroscope/log/log';
import { sumCounters } from '@fluoroscope/runtime/counters';
import type { Logger } from '@fluoroscope/runtime/logger';
import { HeldPartitions, type StartOptions } from './held-partitions.js';
import { type MetricWriter, startMetricWriter } from './metric-writer.js';
import { ServerWorks } from './server-works.js';

export interface MetricWritersOptions {
  servers: ClickHouseServers;
  logger: Logger;
  /** A writer cannot go on for another reason than the loss of its partition: the process should end. */
  onFailure: (error: unknown) => void;
}

export class MetricWriters {
  readonly #servers: ClickHouseServers;
  readonly #held: HeldPartitions<MetricWriter>;
  readonly #works = new ServerWorks();

  constructor({ servers, logger, onFailure }: MetricWritersOptions) {
    this.#servers = servers;
    this.#held = new HeldPartitions({ start: (given) => this.#start(given), logger, onFailure });
  }

  add(reader: LogReader): void {
    this.#held.add(reader);
  }

  /** The sum over the partitions that are written; null while there are none. */
  counters(): MetricWriterCounters | null {
    return sumCounters(this.#held.writers().map((writer) => writer.counters()));
  }

  troubleSinceMs(): number | null {
    return this.#held.troubleSinceMs();
  }

  /** Stores what has been read, commits, and stops. */
  async close(): Promise<void> {
    await this.#held.close();
    await this.#works.close();
  }

  #start(given: StartOptions): Promise<MetricWriter> {
    const clickhouse = shardOf(this.#servers, given.reader.partition);
    return startMetricWriter({ ...given, clickhouse, insertOn: (server) => this.#works.on(server).insertMetrics });
  }
}
