/**
 * The writer of metrics: reads one partition of their log, validates each document, fills ClickHouse.
 *
 * Order: a batch is inserted, then its position is committed, with the counters, in one write; only then does the next insert begin.
 * Meanwhile the next one is read. Bounded: with one batch in flight and a full one waiting, reading stops.
 *
 * Nothing is ever taken back, and no generation is kept as for segments: a datum's identity (metric, time, call, place in the call) and
 * all that is stored of it follow from its document alone, so whoever reads the log again, in whatever batches, writes the same rows, and
 * one that was written by a writer which has lost the partition meanwhile is no other than its successor's. The one thing that follows
 * from an earlier document, when a call was first received, is stored before the data that have their time from it.
 */
import { type ClickHouseAddress, type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import type { MetricFacts } from '@fluoroscope/clickhouse/metric-facts';
import { catchUp, isReplicated } from '@fluoroscope/clickhouse/replicas';
import type { MetricWriterCounters, Rejection } from '@fluoroscope/contract/counters';
import { type DocumentBatch, type LogReader, PartitionLost } from '@fluoroscope/log/log';
import { eachDocument } from './each-document.js';
import { nextRoundMs } from './insert-gate.js';
import { type MetricDocument, readMetricDocument } from './metric-document.js';
import { MetricStore } from './metric-store.js';
import { openStorage } from './open-storage.js';
import { Patience } from './patience.js';

/** A batch of so many data, or so long, is inserted as soon as the one before it is. */
const fullBatchData = 20_000;
const fullBatchBytes = 8 * 1024 * 1024;
const readBytes = 256 * 1024;
const waitMs = 50;
/** What is not stored then is read again by the next one. */
const closeLimitMs = 3_000;

export interface MetricWriterOptions {
  /** Of one partition of the log of metrics. */
  reader: LogReader;
  clickhouse: ClickHouseAddress;
  database?: string;
  /** Told every few seconds why ClickHouse cannot be used, while the start waits for it. */
  onWaiting?: (reason: string) => void;
  /** Of a process that writes several partitions (`SharedWork`), on the server that is used; by itself without it. */
  insertOn?: ((server: ClickHouseAddress) => (facts: MetricFacts) => Promise<void>) | undefined;
  /** Nobody waits for the start any more. */
  signal?: AbortSignal;
  /** The writer cannot go on: `PartitionLost`, or what should end the process. */
  onFailure: (error: unknown) => void;
  logger: { info(message: string): void; warn(message: string): void };
}

export interface MetricWriter {
  counters(): MetricWriterCounters;
  /** Since when ClickHouse has not taken what it was given; null while it does. */
  troubleSinceMs(): number | null;
  /** Stores what has been read, commits, and stops. */
  close(): Promise<void>;
}

/** What has become of the documents of the partition; durable with the position behind them. */
interface DecidedMetrics {
  stored: number;
  rejected: number;
  dead: number;
  lost: number;
  data: number;
}

/** What is stored together, and the position behind it. */
interface PendingMetrics {
  documents: MetricDocument[];
  counts: DecidedMetrics;
  /** That were taken for it: stored or not. */
  taken: number;
  data: number;
  bytes: number;
  position: number;
}

export async function startMetricWriter(options: MetricWriterOptions): Promise<MetricWriter> {
  const clickhouse = await openStorage(options);
  const client = connect(clickhouse, options.database);
  try {
    await catchUp(client);
    return new LogMetricWriter({ ...options, clickhouse }, client, await options.reader.committed());
  } catch (error) {
    await client.close();
    throw error;
  }
}

class LogMetricWriter implements MetricWriter {
  private decided: DecidedMetrics;
  private pending: PendingMetrics;
  private readonly patience: Patience;
  private readonly store: MetricStore;
  private readonly abort = new AbortController();
  /** Documents that were taken and are not committed. */
  private inHand = 0;
  /** On the monotonic clock; never while nothing waits. */
  private dueAtMs = Number.POSITIVE_INFINITY;
  private inFlight: Promise<void> | null = null;
  /** Of a batch that could not be stored at all. */
  private failure: { error: unknown } | null = null;
  private lastRejection: Rejection | null = null;
  private readonly loop: Promise<void>;
  private closing = false;

  constructor(
    private readonly options: MetricWriterOptions,
    private readonly client: ClickHouseClient,
    committed: { position: number; state: unknown },
  ) {
    const { reader, clickhouse, logger } = options;
    const insert = options.insertOn?.(clickhouse) ?? ((facts: MetricFacts) => facts.insert(client));
    this.decided = { ...noCounts(), ...Object(committed.state) };
    this.pending = emptyBatch(committed.position);
    const throwIfLost = () => reader.throwIfLost();
    this.patience = new Patience({ throwIfLost, hasReplicas: isReplicated(clickhouse), logger, signal: this.abort.signal });
    this.store = new MetricStore({ client, partition: reader.partition, insert, patience: this.patience, logger });
    this.loop = this.run();
    this.loop.catch((error: unknown) => {
      // What is under way need not land any more: whoever has the partition now writes it.
      if (error instanceof PartitionLost) this.abort.abort();
      if (!this.closing) options.onFailure(error);
    });
  }

  counters(): MetricWriterCounters {
    const { stored, rejected, dead, lost, data } = this.decided;
    const lag = this.inHand + this.options.reader.unread();
    return { appended: stored + rejected + dead + lost + lag, stored, rejected, dead, lost, lag, data, lastRejection: this.lastRejection };
  }

  troubleSinceMs(): number | null {
    return this.patience.troubleSinceMs;
  }

  async close(): Promise<void> {
    this.closing = true;
    const giveUp = setTimeout(() => this.abort.abort(), closeLimitMs);
    await this.loop.catch(() => {});
    await this.inFlight;
    clearTimeout(giveUp);
    await this.options.reader.close();
    await this.client.close();
  }

  private async run(): Promise<void> {
    while (!this.closing) {
      this.throwFailure();
      if (this.isFull()) await this.inFlight;
      for (const batch of await this.options.reader.next(readBytes, waitMs)) this.take(batch);
      if (this.isDue() && this.inFlight === null) this.flush();
    }
    await this.inFlight;
    if (this.hasPending()) this.flush();
    await this.inFlight;
  }

  private isFull(): boolean {
    return this.pending.data >= fullBatchData || this.pending.bytes >= fullBatchBytes;
  }

  private isDue(): boolean {
    return this.hasPending() && (this.isFull() || performance.now() >= this.dueAtMs);
  }

  /** Perhaps nothing but a position behind what is no document, which would be read again without a commit. */
  private hasPending(): boolean {
    return this.dueAtMs !== Number.POSITIVE_INFINITY;
  }

  private take(batch: DocumentBatch): void {
    const { pending } = this;
    if (!this.hasPending()) this.dueAtMs = nextRoundMs(performance.now());
    eachDocument(batch, (raw, position) => this.takeDocument(raw, position, batch.receivedAtMs));
    const taken = batch.lost + batch.ends.length;
    pending.position = batch.position + batch.ends.length;
    pending.counts.lost += batch.lost;
    pending.bytes += batch.bytes.length;
    pending.taken += taken;
    this.inHand += taken;
  }

  private takeDocument(raw: Buffer, position: number, receivedAtMs: number): void {
    const { pending } = this;
    const read = readMetricDocument(raw, { partition: this.options.reader.partition, position, receivedAtMs });
    if ('refused' in read) {
      pending.counts.rejected++;
      this.lastRejection = { reason: read.refused, at: receivedAtMs };
      return;
    }
    pending.documents.push(read);
    pending.data += read.data.length;
  }

  private flush(): void {
    this.throwFailure();
    const batch = this.pending;
    this.pending = emptyBatch(batch.position);
    this.dueAtMs = Number.POSITIVE_INFINITY;
    this.inFlight = this.persist(batch)
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => {
        this.inFlight = null;
      });
  }

  private async persist({ documents, counts, taken, position }: PendingMetrics): Promise<void> {
    const decided = sumOf(this.decided, counts, await this.store.write(documents));
    await this.patience.persist(() => this.options.reader.commit(position, decided));
    this.decided = decided;
    this.inHand -= taken;
  }

  /** A batch that could not be stored ends the writer: what follows must not be committed past it. */
  private throwFailure(): void {
    if (this.failure) throw this.failure.error;
  }
}

function noCounts(): DecidedMetrics {
  return { stored: 0, rejected: 0, dead: 0, lost: 0, data: 0 };
}

function emptyBatch(position: number): PendingMetrics {
  return { documents: [], counts: noCounts(), taken: 0, data: 0, bytes: 0, position };
}

function sumOf(...counts: Partial<DecidedMetrics>[]): DecidedMetrics {
  const sum = noCounts();
  for (const name of ['stored', 'rejected', 'dead', 'lost', 'data'] as const) for (const count of counts) sum[name] += count[name] ?? 0;
  return sum;
}
