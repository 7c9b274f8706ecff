/**
 * Puts documents of metrics into ClickHouse, for good. What ClickHouse refuses for its content is halved until the bad document stands
 * alone; that one is kept aside with the reason, and nothing waits behind it.
 *
 * A call that comes again under its Id within 15 minutes has the times that it had first: those that it leaves to us are when it was
 * first received, which storage knows (`metric_calls`). So the first of them, in the order of the log, decides, however often it is read.
 */
import { type ClickHouseClient, refusesContent } from '@fluoroscope/clickhouse/clickhouse';
import { keepAside } from '@fluoroscope/clickhouse/dead-documents';
import { firstReceived, hexOf, retryWindowMs } from '@fluoroscope/clickhouse/metric-calls';
import { MetricFacts } from '@fluoroscope/clickhouse/metric-facts';
import { dataAt, type MetricDocument } from './metric-document.js';
import type { Patience } from './patience.js';
import { type SeenMetric, SeenMetrics } from './seen-metrics.js';

export interface MetricStoreOptions {
  client: ClickHouseClient;
  partition: number;
  insert: (facts: MetricFacts) => Promise<void>;
  patience: Patience;
  logger: { warn(message: string): void };
}

export interface MetricOutcome {
  stored: number;
  dead: number;
  data: number;
}

/** A document with the times that its data have for good. */
interface TimedDocument extends MetricDocument {
  /** Nobody has received the call before. */
  isFirst: boolean;
}

export class MetricStore {
  private readonly seen = new SeenMetrics();

  constructor(private readonly options: MetricStoreOptions) {}

  async write(documents: readonly MetricDocument[]): Promise<MetricOutcome> {
    const outcome = { stored: 0, dead: 0, data: 0 };
    await this.writeParts(await this.timed(documents), outcome);
    return outcome;
  }

  private async timed(documents: readonly MetricDocument[]): Promise<TimedDocument[]> {
    const untimed = documents.filter(({ isUntimed }) => isUntimed);
    const times = await this.options.patience.persist(() => firstReceived(this.options.client, untimed));
    return documents.map((document) => (document.isUntimed ? timedBy(times, document) : { ...document, isFirst: false }));
  }

  private async writeParts(documents: readonly TimedDocument[], outcome: MetricOutcome): Promise<void> {
    const [only] = documents;
    if (only === undefined) return;
    try {
      await this.writeTogether(documents, outcome);
    } catch (error) {
      if (!refusesContent(error)) throw error;
      if (documents.length === 1) return this.keepAside(only, error, outcome);
      const middle = Math.ceil(documents.length / 2);
      await this.writeParts(documents.slice(0, middle), outcome);
      await this.writeParts(documents.slice(middle), outcome);
    }
  }

  private async writeTogether(documents: readonly TimedDocument[], outcome: MetricOutcome): Promise<void> {
    const { insert, patience } = this.options;
    const facts = new MetricFacts();
    for (const { call, data, receivedAtMs, isFirst } of documents) {
      if (isFirst) facts.received(call, receivedAtMs);
      facts.call(call, data);
    }
    const untold = this.seen.untold(sightsIn(documents));
    for (const { metric, atMs } of untold.values()) facts.seen(metric, atMs);
    await patience.persist(() => insert(facts));
    this.seen.noteTold(untold);
    outcome.stored += documents.length;
    outcome.data += documents.reduce((sum, { data }) => sum + data.length, 0);
  }

  private async keepAside({ position, receivedAtMs, raw }: MetricDocument, error: unknown, outcome: MetricOutcome): Promise<void> {
    const { client, partition, patience, logger } = this.options;
    const text = Buffer.from(raw).toString('utf8');
    const document = { log: 'metrics', partition, position, receivedAtMs, raw: text } as const;
    const reason = await patience.persist(() => keepAside(client, document, error));
    outcome.dead++;
    logger.warn(`Document ${position} of the log of metrics is kept aside: ${reason}`);
  }
}

/** What it learns of a call, the next document of the batch knows. */
function timedBy(times: Map<string, number[]>, document: MetricDocument): TimedDocument {
  const { call, receivedAtMs } = document;
  const key = hexOf(call);
  const known = times.get(key) ?? [];
  const firstMs = known.find((atMs) => Math.abs(atMs - receivedAtMs) <= retryWindowMs);
  if (firstMs === undefined) times.set(key, [...known, receivedAtMs]);
  const data = firstMs === undefined || firstMs === receivedAtMs ? document.data : dataAt(document, firstMs);
  return { ...document, data, isFirst: firstMs === undefined };
}

/** When what was received: not after now, whatever the clock of who wrote it says. */
function* sightsIn(documents: readonly MetricDocument[]): Iterable<SeenMetric> {
  const nowMs = Date.now();
  for (const { data, receivedAtMs } of documents)
    for (const { metric } of data) yield { metric, atMs: Math.max(0, Math.min(receivedAtMs, nowMs)) };
}
