/**
 * The writer: reads the log, parses each document once, fills ClickHouse and gives out live deltas. It alone inserts telemetry.
 *
 * Order: a batch is inserted, then its position is committed, with the counters, in one write; only then does the next insert begin.
 * Meanwhile the next one is read and folded, so storage never holds up the live view. Bounded: with one batch in flight and one of
 * `waitingFactor` full ones waiting, reading stops. Writers of one process share that.
 */
import { connect, connectToAll, databaseName, everywhere } from '@fluoroscope/clickhouse/clickhouse';
import { FactBatch } from '@fluoroscope/clickhouse/facts';
import { StoredGraphReader } from '@fluoroscope/clickhouse/graph-reader';
import { hasLinks } from '@fluoroscope/clickhouse/links';
import { catchUp, isReplicated } from '@fluoroscope/clickhouse/replicas';
import type { Rejection, WriterCounters } from '@fluoroscope/contract/counters';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import { type LiveInterest, liveHz } from '@fluoroscope/contract/live';
import { type DocumentBatch, PartitionLost } from '@fluoroscope/log/log';
import { type Begun, begin } from './begin.js';
import { addCounts, type Decided, emptyCounts } from './decided.js';
import { DeploymentWatch } from './deployments.js';
import { eachDocument } from './each-document.js';
import { nextRoundMs } from './insert-gate.js';
import { LinkWatch } from './link-watch.js';
import { LinkedTraces } from './linked-traces.js';
import type { LinkClients } from './links.js';
import { LiveFold } from './live-fold.js';
import { LiveTraceFold } from './live-traces.js';
import { loggedDocument } from './logged-document.js';
import { NodeTable } from './nodes.js';
import { openStorage } from './open-storage.js';
import { readDocument } from './read-document.js';
import { RecentEntities } from './recent-entities.js';
import { Resolver } from './resolver.js';
import { Retention } from './retention.js';
import { workAlone } from './shared-work.js';
import { SliceKeeper } from './slice-keeper.js';
import { type CountedBatch, type PendingBatch, Store } from './store.js';
import { StoredSlices } from './stored-slices.js';
import { TraceRowKeeper } from './trace-row-keeper.js';
import type { Writer, WriterOptions } from './writer-contract.js';

export type { Writer } from './writer-contract.js';

/** A batch of this size is inserted as soon as the one before it is. */
const fullBatchRows = 32_000;
const fullBatchBytes = 16 * 1024 * 1024;
/** While an insert is slow the next batch grows to this many times that, so that the live view does not wait for storage. */
const waitingFactor = 3;
/** So many full batches waiting are a backlog, and no longer the second in which one is inserted. */
const behindFactor = 1.5;
/** Parsed in one go; about 4 ms of work, so that ticks come in time. */
const readBytes = 256 * 1024;
const waitMs = 50;

export async function startWriter(options: WriterOptions): Promise<Writer> {
  const clickhouse = await openStorage(options);
  const clients = { own: connect(clickhouse, options.database), everywhere: connectToAll(clickhouse, options.database) };
  let writer: LogWriter | null = null;
  try {
    await catchUp(clients.own);
    const begun = await begin(options, clients.own);
    writer = new LogWriter({ ...options, reader: begun.reader }, clients, begun);
    await writer.start();
    return writer;
  } catch (error) {
    await writer?.release();
    await closeAll(clients);
    throw error;
  }
}

async function closeAll(clients: LinkClients): Promise<void> {
  for (const client of Object.values(clients)) await client.close();
}

class LogWriter implements Writer {
  private decided: Decided;
  private readonly resolver: Resolver;
  private readonly fold: LiveFold;
  private readonly traces = new LiveTraceFold();
  private readonly nodes = new NodeTable();
  private readonly store: Store;
  private readonly slices: SliceKeeper;
  private readonly traceRows: TraceRowKeeper;
  private readonly retention: Retention;
  private readonly deployments: DeploymentWatch;
  private readonly linked: LinkedTraces;
  /** Null where no link leads to another partition. */
  private readonly linkWatch: LinkWatch | null;
  private readonly abort = new AbortController();
  private position: number;
  private committedPosition: number;
  /** Documents that were taken and are not committed. */
  private inHand = 0;
  private pending: PendingBatch;
  /** The batch that is being inserted. */
  private writing: PendingBatch | null = null;
  private spareFacts: FactBatch | null = null;
  private pendingCounts = emptyCounts();
  private pendingDocuments = 0;
  /** On the monotonic clock; never while nothing waits. */
  private dueAtMs = Number.POSITIVE_INFINITY;
  private pendingBytes = 0;
  private inFlight: Promise<void> = Promise.resolve();
  /** Of a batch that could not be stored at all. */
  private failure: { error: unknown } | null = null;
  private lastRejection: Rejection | null = null;
  private loop: Promise<void> | null = null;
  private ticker: NodeJS.Timeout | undefined;
  private closing = false;

  constructor(
    private readonly options: WriterOptions,
    private readonly clients: LinkClients,
    { committed, generation, isFirst }: Begun,
  ) {
    const { logger, reader, positionsPerMessage = 1, database = databaseName } = options;
    const { own: client } = clients;
    const shard = reader.partition;
    this.decided = { ...emptyCounts(), ...(committed.state as Partial<Decided> | null), generation };
    this.position = committed.position;
    this.committedPosition = this.position;
    this.pending = this.emptyBatch();
    const nowMs = Date.now();
    this.fold = new LiveFold(shard, this.nodes, Math.floor(nowMs / 1000 / sliceSeconds) - (isFirst ? 1e6 : 0));
    const coveredSinceMicros = isFirst ? 0 : nowMs * 1000;
    this.resolver = new Resolver(new RecentEntities(coveredSinceMicros, options.share), this.nodes, this.fold);
    this.linked = new LinkedTraces(coveredSinceMicros);
    const work = options.sharedWork ?? workAlone(client);
    this.store = new Store({
      client,
      everywhere: clients.everywhere,
      shard,
      generation,
      insert: (facts) => work.insert(facts),
      hasReplicas: isReplicated(options.clickhouse),
      database,
      throwIfLost: () => reader.throwIfLost(),
      logger,
      signal: this.abort.signal,
    });
    const storedSlices = new StoredSlices({
      graph: new StoredGraphReader(client),
      shard,
      isAheadOfStorage: (slice) => this.isAheadOfStorage(slice),
      publish: (rows) => options.publish({ kind: 'slices', rows }),
      logger,
    });
    const whole = everywhere(options.clickhouse, options.database);
    this.slices = new SliceKeeper({
      client,
      everywhere: whole,
      positionsPerMessage,
      shard,
      logger,
      share: options.share,
      isInHand: (slice) => this.isInHand(slice),
      onStored: (slice) => storedSlices.tell(slice),
    });
    this.traceRows = new TraceRowKeeper({
      client,
      everywhere: whole,
      positionsPerMessage,
      shard,
      logger,
      recompute: (rows, signal) => work.recomputeTraces(rows, signal),
      isInHand: (slice) => this.isInHand(slice),
      isBehind: () => this.isFull(behindFactor),
    });
    this.retention = new Retention({ client, retentionDays: options.retentionDays, diskMaxBytes: options.diskMaxBytes, logger });
    this.deployments = new DeploymentWatch(client, this.nodes);
    this.linkWatch =
      positionsPerMessage === 1
        ? null
        : new LinkWatch({
            ...clients,
            shard,
            logger,
            onChanged: (slices) => [this.slices, this.traceRows].map((keeper) => keeper.renew(slices)),
          });
  }

  async start(): Promise<void> {
    await this.deployments.load(this.clients.everywhere);
    this.linked.hasLinks = await hasLinks(this.clients.own);
    this.slices.hasLinks = this.linked.hasLinks;
    await this.slices.start(this.committedPosition);
    await this.traceRows.start(this.committedPosition);
    await this.linkWatch?.start(Math.floor(Date.now() / 1000 / sliceSeconds));
    // Of the whole database of a server, so one of its writers does it.
    if (this.options.reader.partition < (this.options.clickhouse.cluster?.shards.length ?? 1)) this.retention.start();
    this.ticker = setInterval(() => this.publishLive(), 1000 / liveHz);
    this.loop = this.run();
    this.loop.catch((error: unknown) => {
      // What is under way must not land behind what the new owner does.
      if (error instanceof PartitionLost) this.abort.abort();
      if (!this.closing) this.options.onFailure(error);
    });
  }

  counters(): WriterCounters {
    const { stored, replaced, rejected, dead, lost, negativeDurations } = this.decided;
    const lag = this.inHand + this.options.reader.unread();
    return {
      appended: stored + replaced + rejected + dead + lost + lag,
      stored,
      replaced,
      rejected,
      dead,
      lost,
      lag,
      negativeDurations,
      folded: this.fold.skipped + this.nodes.folded,
      refusedDeployments: this.deployments.refused,
      partialTraces: this.store.partialTraces,
      droppedDays: this.retention.droppedDays,
      staleSlices: this.slices.pending(),
      lastRejection: this.lastRejection,
    };
  }

  watch(interest: LiveInterest): void {
    this.traces.watch(interest);
  }

  setGroups(groups: readonly GroupRecord[]): void {
    this.traceRows.setGroups(groups);
  }

  troubleSinceMs(): number | null {
    return this.store.troubleSinceMs;
  }

  staleSlices(): number {
    return this.slices.pending();
  }

  slicesWithoutTraceRows(): number {
    return this.traceRows.pending();
  }

  async close(): Promise<void> {
    this.closing = true;
    const giveUp = setTimeout(() => this.abort.abort(), 3_000);
    await this.loop?.catch(() => {});
    await this.inFlight;
    clearTimeout(giveUp);
    this.publishLive();
    await this.release();
    await this.options.reader.close();
    await closeAll(this.clients);
  }

  /** Ends what runs by itself: also after a start that failed. */
  async release(): Promise<void> {
    clearInterval(this.ticker);
    this.retention.close();
    await this.linkWatch?.close();
    await this.slices.close();
    await this.traceRows.close();
  }

  private async run(): Promise<void> {
    while (!this.closing) {
      this.throwFailure();
      if (this.isFull(waitingFactor)) await this.inFlight;
      const batches = await this.options.reader.next(readBytes, waitMs);
      for (const batch of batches) this.take(batch);
      if (this.isDue() && this.writing === null) this.flush();
    }
    await this.inFlight;
    if (this.hasPending()) this.flush();
    await this.inFlight;
  }

  private isFull(factor = 1): boolean {
    const full = Math.min(factor, waitingFactor * (this.options.share?.() ?? 1));
    return this.pending.facts.entities.rows >= full * fullBatchRows || this.pendingBytes >= full * fullBatchBytes;
  }

  private isDue(): boolean {
    return this.hasPending() && (this.isFull() || performance.now() >= this.dueAtMs);
  }

  private hasPending(): boolean {
    return this.dueAtMs !== Number.POSITIVE_INFINITY;
  }

  private take(batch: DocumentBatch): void {
    if (!this.hasPending()) this.dueAtMs = nextRoundMs(performance.now());
    eachDocument(batch, (raw, position) => this.takeDocument(raw, position, batch.receivedAtMs));
    this.position = batch.position + batch.ends.length;
    this.pendingCounts.lost += batch.lost;
    this.inHand += batch.lost + batch.ends.length;
    this.pendingDocuments += batch.lost + batch.ends.length;
    this.pendingBytes += batch.bytes.byteLength;
  }

  private takeDocument(raw: Buffer, position: number, receivedAtMs: number): void {
    const read = readDocument(raw.toString('utf8'), receivedAtMs);
    if ('refused' in read) {
      this.pendingCounts.rejected++;
      this.lastRejection = { reason: read.refused, at: receivedAtMs };
      if (read.isDefect) this.options.logger.warn(`Document ${position} of the log was refused: ${read.refused}`);
      return;
    }
    const { text, flat, links } = read;
    this.pendingCounts.negativeDurations += flat.negativeDurations;
    const document = { flat, links, raw, position, receivedAtMs };
    const verdict = this.resolver.add(document, this.pending.facts);
    this.deployments.see(flat, read.document);
    if (verdict === 'copy' || verdict === 'outdated') {
      this.pendingCounts.replaced++;
      return;
    }
    const logged = loggedDocument(document);
    this.pending.documents.push(logged);
    if (verdict === 'late') this.pending.late.push(logged);
    if (verdict === 'unsure') this.pending.unsure.push(logged);
    if (this.linked.note(document)) this.pending.named.add(flat.traceId);
    if (this.traces.isWatched) this.traces.add({ text, flat, nowMs: Date.now() });
  }

  private flush(): void {
    this.throwFailure();
    const { pending: batch, pendingCounts: counts, pendingDocuments: documents, position } = this;
    this.pending = this.emptyBatch();
    this.pendingCounts = emptyCounts();
    this.pendingDocuments = 0;
    this.dueAtMs = Number.POSITIVE_INFINITY;
    this.pendingBytes = 0;
    this.writing = batch;
    this.inFlight = this.persist({ batch, counts, documents, position, sights: this.deployments.takeUnstored() })
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => {
        this.writing = null;
      });
  }

  /** A batch that could not be stored ends the writer: what follows must not be committed past it. */
  private throwFailure(): void {
    if (this.failure !== null) throw this.failure.error;
  }

  private async persist({ batch, counts, documents, position, sights }: CountedBatch): Promise<void> {
    await this.store.persist(() => this.deployments.write(sights));
    const outcome = await this.store.write(batch);
    for (const document of outcome.refused) this.resolver.forget(document);
    addCounts(counts, outcome);
    const decided = addCounts({ ...this.decided }, counts);
    await this.store.persist(() => this.options.reader.commit(position, decided));
    this.decided = decided;
    this.inHand -= documents;
    this.committedPosition = position;
    this.traces.noteStored(batch.documents);
    this.slices.hasLinks ||= outcome.hasLinks;
    this.linkWatch?.add(batch.facts.links);
    this.slices.touch(outcome.touched, position);
    this.traceRows.touch(outcome.touched, position);
    batch.facts.clear();
    this.spareFacts = batch.facts;
  }

  /** In the memory of the batch before the last one, if that is done. */
  private emptyBatch(): PendingBatch {
    const facts = this.spareFacts ?? new FactBatch(this.options.reader.partition);
    this.spareFacts = null;
    return { facts, documents: [], late: [], unsure: [], named: new Set() };
  }

  private publishLive(): void {
    const rows = this.fold.drain(Date.now());
    const { publish } = this.options;
    if (rows.length > 0) publish({ kind: 'slices', rows });
    const traces = this.traces.drain(Date.now());
    if (traces !== null) publish({ kind: 'traces', traces });
    const deployments = this.deployments.takeUntold();
    if (deployments.length > 0) publish({ kind: 'deployments', deployments });
  }

  /**
   * The live rows know documents that the stored ones do not have yet: put in their place, those would take back what has
   * been shown. The slice will be computed again when these documents are stored.
   */
  private isAheadOfStorage(slice: number): boolean {
    if (!this.fold.isOpen(slice, Date.now())) return false;
    return this.isInHand(slice) || this.slices.isStale(slice);
  }

  private isInHand(slice: number): boolean {
    return [this.pending, this.writing].some((batch) => batch?.facts.touched.has(slice));
  }
}
