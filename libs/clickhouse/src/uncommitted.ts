/**
 * Takes back what a batch has left that was not committed: after a crash between its insert and its commit, and after
 * ClickHouse has refused a part of it. Its documents are written again, but perhaps in a larger batch or without the one that
 * was refused: a version that was written then may now be replaced before it is ever stored, and nobody would know of the
 * facts that only it had.
 *
 * Of all documents from a position on, so everything from there on must be written again. Running it again changes nothing.
 */
import { type ClickHouseClient, queryText } from './clickhouse.js';

export async function withdrawUncommitted(client: ClickHouseClient, shard: number, position: number): Promise<void> {
  for (const table of ['entities', 'relations', 'links', 'links-by-cause']) {
    await client.command({ query: queryText(`withdraw-${table}`), query_params: { shard, position } });
  }
}
