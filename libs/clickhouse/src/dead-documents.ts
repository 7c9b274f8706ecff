/** Documents that ClickHouse refused for their content: kept aside with the reason, listed, and taken out to be tried again. */
import { type ClickHouseClient, rowsOf } from './clickhouse.js';

const maxReasonChars = 1_000;

/** Both logs count their positions from 0. */
export type DocumentLog = 'segments' | 'metrics';

export interface DeadDocument {
  log: DocumentLog;
  partition: number;
  /** Its position in the log. */
  position: number;
  receivedAtMs: number;
  /** What ClickHouse said. */
  reason: string;
  /** The JSON text as it was received. */
  raw: string;
}

export interface DeadDocuments {
  /** The oldest, at most `limit`; of one log, or of all. */
  list(limit: number, log?: DocumentLog): Promise<DeadDocument[]>;
  /** Forgets these; they are gone when it resolves. */
  remove(documents: readonly DeadDocument[]): Promise<void>;
}

type Row = [log: string, partition: number, position: number, receivedAtMs: number, reason: string, raw: string];

/** Resolves with the reason as it is kept. Again, it changes nothing. */
export async function keepAside(client: ClickHouseClient, document: Omit<DeadDocument, 'reason'>, error: unknown): Promise<string> {
  const { log, partition: shard, position, receivedAtMs, raw } = document;
  const reason = String(error instanceof Error ? error.message : error).slice(0, maxReasonChars);
  const row = { log: nameOf(log), shard, position, received_at: timeOf(receivedAtMs), reason, raw };
  await client.insert({ table: 'dead_documents', values: [row], format: 'JSONEachRow' });
  return reason;
}

export class StoredDeadDocuments implements DeadDocuments {
  /** `shards`: of each server that keeps some, in their order; without them the one that is read. */
  constructor(
    private readonly client: ClickHouseClient,
    private readonly shards: readonly ClickHouseClient[] = [client],
  ) {}

  async list(limit: number, log?: DocumentLog): Promise<DeadDocument[]> {
    const logs = log === undefined ? [] : [nameOf(log)];
    const rows = await rowsOf<Row>(this.client, 'dead-documents', { limit, logs });
    return rows.map(([of, partition, position, receivedAtMs, reason, raw]) => ({
      log: of === 'metrics' ? 'metrics' : 'segments',
      partition,
      position,
      receivedAtMs,
      reason,
      raw,
    }));
  }

  async remove(documents: readonly DeadDocument[]): Promise<void> {
    for (const [at, client] of this.shards.entries()) {
      const own = documents.filter(({ partition }) => partition % this.shards.length === at);
      if (own.length === 0) continue;
      const places = own.map(({ log, partition, position }) => `('${nameOf(log)}', ${Number(partition)}, ${Number(position)})`);
      await client.command({ query: `DELETE FROM dead_documents WHERE (log, shard, position) IN (${places.join(', ')})` });
    }
  }
}

/** In the table, where rows of segments were before there was another log. */
function nameOf(log: DocumentLog): string {
  return log === 'segments' ? '' : log;
}

/** As ClickHouse reads a DateTime64 in UTC. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1).replace('T', ' ');
}
