/**
 * Puts one batch after the other into ClickHouse, for good. Trouble that passes (server away, memory, disk) is waited out:
 * the log holds what comes. A batch that ClickHouse refuses for its content is halved until the bad document stands
 * alone; that one is kept aside with the reason, and nothing waits behind it.
 */
import { type ClickHouseClient, refusesContent } from '@fluoroscope/clickhouse/clickhouse';
import { keepAside } from '@fluoroscope/clickhouse/dead-documents';
import type { FirstSight } from '@fluoroscope/clickhouse/deployments';
import { FactBatch } from '@fluoroscope/clickhouse/facts';
import { withdrawUncommitted } from '@fluoroscope/clickhouse/uncommitted';
import type { Decided } from './decided.js';
import { type LateOutcome, withdrawDocument, writeLateTraces } from './late-traces.js';
import { resolveLinks } from './links.js';
import type { LoggedDocument } from './logged-document.js';
import { Patience, type PatienceOptions } from './patience.js';

/** What one pass over a part of the log has decided; becomes durable with the position behind it. */
export interface PendingBatch {
  facts: FactBatch;
  /** Every document that is to be stored, the late ones included. */
  documents: LoggedDocument[];
  late: LoggedDocument[];
  /** In `facts`, but their traces are to be looked at as a whole. */
  unsure: LoggedDocument[];
  /** Traces that links which are stored may name. */
  named: Set<string>;
}

/** What is stored together, and the position behind it. */
export interface CountedBatch {
  batch: PendingBatch;
  counts: Decided;
  /** That were taken for it: stored or not. */
  documents: number;
  position: number;
  sights: FirstSight[];
}

export interface StoreOutcome extends Omit<LateOutcome, 'partial'> {
  dead: number;
  /** The dead ones. */
  refused: LoggedDocument[];
  hasLinks: boolean;
  /** Slices to compute again, with the version that they must reach. */
  touched: Map<number, number>;
}

export interface StoreOptions extends PatienceOptions {
  client: ClickHouseClient;
  /** Reads all shards. */
  everywhere: ClickHouseClient;
  shard: number;
  /** Of the writer of the shard. */
  generation: number;
  /** Of a whole batch. */
  insert: (facts: FactBatch) => Promise<void>;
  database: string;
}

export class Store {
  /** Since the start: how often a trace was too large to be looked at as a whole. */
  partialTraces = 0;
  private readonly patience: Patience;

  constructor(private readonly options: StoreOptions) {
    this.patience = new Patience(options);
  }

  /** As `Patience` says. */
  get troubleSinceMs(): number | null {
    return this.patience.troubleSinceMs;
  }

  persist<Result>(attempt: () => Promise<Result>): Promise<Result> {
    return this.patience.persist(attempt);
  }

  async write(batch: PendingBatch): Promise<StoreOutcome> {
    const { client, everywhere } = this.options;
    let late: LateOutcome | undefined;
    try {
      late = await this.persist(() => writeLateTraces(client, batch));
      await this.persist(() => resolveLinks({ own: client, everywhere }, batch));
      await this.persist(() => this.options.insert(batch.facts));
      const stored = late.stored + batch.documents.length - batch.late.length;
      const hasLinks = batch.facts.links.length > 0;
      this.partialTraces += late.partial;
      return { stored, replaced: late.replaced, dead: 0, refused: [], hasLinks, touched: batch.facts.touched };
    } catch (error) {
      if (!refusesContent(error)) throw error;
      const outcome: StoreOutcome = {
        stored: 0,
        replaced: 0,
        dead: 0,
        refused: [],
        hasLinks: batch.facts.links.length > 0,
        touched: new Map(batch.facts.touched),
      };
      await this.withdraw(batch.documents);
      await this.isolate(batch.documents, outcome);
      return outcome;
    }
  }

  /** Stores these documents in ever smaller parts. */
  private async isolate(documents: readonly LoggedDocument[], outcome: StoreOutcome): Promise<void> {
    try {
      await this.writeAlone(documents, outcome);
    } catch (error) {
      if (!refusesContent(error)) throw error;
      const [only] = documents;
      await this.withdraw(documents);
      if (documents.length === 1 && only) return this.keepAside(only, error, outcome);
      const middle = Math.ceil(documents.length / 2);
      await this.isolate(documents.slice(0, middle), outcome);
      await this.isolate(documents.slice(middle), outcome);
    }
  }

  /** What a refused insert has left of these documents and of those behind them, which are still to be stored. */
  private async withdraw([first]: readonly LoggedDocument[]): Promise<void> {
    if (first) await this.persist(() => withdrawUncommitted(this.options.client, { ...this.options, position: first.position }));
  }

  private async writeAlone(documents: readonly LoggedDocument[], outcome: StoreOutcome): Promise<void> {
    const { client, everywhere, shard } = this.options;
    const facts = new FactBatch(shard);
    const late = await this.persist(() => writeLateTraces(client, { documents, late: documents, unsure: [], facts }));
    const named = new Set(documents.map(({ traceId }) => traceId));
    await this.persist(() => resolveLinks({ own: client, everywhere }, { documents, named, facts }));
    await this.persist(() => facts.insert(client));
    this.partialTraces += late.partial;
    outcome.stored += late.stored;
    outcome.replaced += late.replaced;
    mergeTouched(outcome.touched, facts.touched);
  }

  private async keepAside(document: LoggedDocument, error: unknown, outcome: StoreOutcome): Promise<void> {
    const { client, shard, logger } = this.options;
    const raw = Buffer.from(document.raw).toString('utf8');
    const { position, receivedAtMs } = document;
    const reason = await this.persist(() => keepAside(client, { log: 'segments', partition: shard, position, receivedAtMs, raw }, error));
    const facts = new FactBatch(shard);
    await this.persist(() => withdrawDocument(client, document, facts));
    await this.persist(() => facts.insert(client));
    mergeTouched(outcome.touched, facts.touched);
    outcome.dead++;
    outcome.refused.push(document);
    logger.warn(`Document ${document.id} of trace ${document.traceId} is kept aside: ${reason}`);
  }
}

function mergeTouched(into: Map<number, number>, from: ReadonlyMap<number, number>): void {
  for (const [slice, version] of from) into.set(slice, Math.max(into.get(slice) ?? 0, version));
}
