/**
 * Partitions of a log, each with a writer of its own, as Kafka's have: positions grow by more than one from message to message.
 * The log of each is on disk; what a shard is given depends on the partition alone. Those on one server work together, as in one process.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseAddress, type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import { DiskLog } from '@fluoroscope/log/disk-log';
import type { DocumentBatch, LogReader } from '@fluoroscope/log/log';
import { partitionOf } from '@fluoroscope/log/trace-partition';
import { type SharedWork, workTogether } from '@fluoroscope/writer/shared-work';
import { startWriter, type Writer } from '@fluoroscope/writer/writer';
import { quiet } from './installation.js';

const positionsPerMessage = 4_096;
const settledMs = 180_000;

export interface PartitionsSetup {
  count: number;
  /** The server that a partition is stored on. */
  addressOf: (partition: number) => ClickHouseAddress;
  database: string;
  groups: readonly GroupRecord[];
}

export class Partitions {
  private constructor(
    private readonly all: readonly { log: DiskLog; writer: Writer; folder: string }[],
    private readonly clients: readonly ClickHouseClient[],
  ) {}

  static async start({ count, addressOf, database, groups }: PartitionsSetup): Promise<Partitions> {
    const clients = new Map<string, ClickHouseClient>();
    const works = new Map<string, SharedWork>();
    for (let partition = 0; partition < count; partition++) {
      const address = addressOf(partition);
      const client = clients.get(address.url) ?? connect(address, database);
      clients.set(address.url, client);
      works.set(address.url, works.get(address.url) ?? workTogether(client));
    }
    const one = async (partition: number) => {
      const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-partition-'));
      const log = await DiskLog.open({ folder, capBytes: 1e9, logger: quiet });
      const writer = await startWriter({
        reader: new PartitionReader(await log.reader('writer'), partition),
        clickhouse: addressOf(partition),
        database,
        retentionDays: 30,
        diskMaxBytes: 0,
        // One partition has nothing to look for elsewhere.
        ...(count > 1 && { positionsPerMessage, share: () => 1 / count, sharedWork: works.get(addressOf(partition).url) }),
        publish: () => {},
        onFailure: (error) => {
          throw error;
        },
        logger: quiet,
      });
      writer.setGroups(groups);
      return { log, writer, folder };
    };
    const all = await Promise.all(Array.from({ length: count }, (_, partition) => one(partition)));
    return new Partitions(all, [...clients.values()]);
  }

  async append(documents: readonly SegmentDocument[]): Promise<void> {
    const texts = documents.map((document) => Buffer.from(JSON.stringify(document)));
    for (const [partition, { log }] of this.all.entries()) {
      const own = texts.filter((text) => partitionOf(text, this.all.length) === partition);
      if (own.length > 0) await log.append(own, Date.now());
    }
  }

  /** Until everything is stored, every slice is computed, and every trace has its row. */
  async settled(): Promise<void> {
    const rest = () => this.all.map(({ writer }) => [writer.counters().lag, writer.staleSlices(), writer.slicesWithoutTraceRows()]);
    for (const deadline = Date.now() + settledMs; rest().flat().some(Boolean); await sleep(100))
      if (Date.now() > deadline) throw new Error(`not settled in ${settledMs} ms: ${JSON.stringify(rest())}`);
  }

  async remove(): Promise<void> {
    for (const { log, writer, folder } of this.all) {
      await writer.close();
      await log.close();
      await rm(folder, { recursive: true, force: true });
    }
    for (const client of this.clients) await client.close();
  }
}

class PartitionReader implements LogReader {
  readonly name: string;

  constructor(
    private readonly disk: LogReader,
    readonly partition: number,
  ) {
    this.name = disk.name;
  }

  async next(maxBytes: number, waitMs: number): Promise<DocumentBatch[]> {
    const batches = await this.disk.next(maxBytes, waitMs);
    return batches.map((batch) => ({ ...batch, partition: this.partition, position: batch.position * positionsPerMessage }));
  }

  commit(position: number, state: unknown): Promise<void> {
    return this.disk.commit(Math.floor(position / positionsPerMessage) + (position % positionsPerMessage), state);
  }

  async committed(): Promise<{ position: number; state: unknown }> {
    const committed = await this.disk.committed();
    return { ...committed, position: committed.position * positionsPerMessage };
  }

  unread(): number {
    return this.disk.unread();
  }

  throwIfLost(): void {
    this.disk.throwIfLost();
  }

  close(): Promise<void> {
    return this.disk.close();
  }
}
