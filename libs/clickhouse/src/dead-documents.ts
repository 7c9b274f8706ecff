/** Documents that ClickHouse refused for their content: kept aside with the reason, listed, and taken out to be tried again. */
import { type ClickHouseClient, rowsOf } from './clickhouse.js';

export interface DeadDocument {
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
  /** The oldest, at most `limit`. */
  list(limit: number): Promise<DeadDocument[]>;
  /** Forgets these; they are gone when it resolves. */
  remove(documents: readonly DeadDocument[]): Promise<void>;
}

type Row = [partition: number, position: number, receivedAtMs: number, reason: string, raw: string];

export class StoredDeadDocuments implements DeadDocuments {
  /** `shards`: of each server that keeps some, in their order; without them the one that is read. */
  constructor(
    private readonly client: ClickHouseClient,
    private readonly shards: readonly ClickHouseClient[] = [client],
  ) {}

  async list(limit: number): Promise<DeadDocument[]> {
    const rows = await rowsOf<Row>(this.client, 'dead-documents', { limit });
    return rows.map(([partition, position, receivedAtMs, reason, raw]) => ({ partition, position, receivedAtMs, reason, raw }));
  }

  async remove(documents: readonly DeadDocument[]): Promise<void> {
    for (const [at, client] of this.shards.entries()) {
      const own = documents.filter(({ partition }) => partition % this.shards.length === at);
      if (own.length === 0) continue;
      const places = own.map(({ partition, position }) => `(${Number(partition)}, ${Number(position)})`);
      await client.command({ query: `DELETE FROM dead_documents WHERE (shard, position) IN (${places.join(', ')})` });
    }
  }
}
