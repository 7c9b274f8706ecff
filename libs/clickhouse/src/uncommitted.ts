/**
 * Takes back what a crash has left of a batch between its insert and its commit. Its documents are read again from the log,
 * but perhaps in a larger batch: a version that was written then may now be replaced before it is ever stored, and nobody
 * would know of the facts that only it had.
 *
 * Run before the log is read on, from the committed position. Running it again changes nothing.
 */
import { type ClickHouseClient, queryText } from './clickhouse.js';

export async function withdrawUncommitted(client: ClickHouseClient, shard: number, position: number): Promise<void> {
  for (const table of ['entities', 'relations']) {
    await client.command({ query: queryText(`withdraw-${table}`), query_params: { shard, position } });
  }
}
