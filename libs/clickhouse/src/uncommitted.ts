/**
 * Takes back what a batch has left that was not committed: after a crash between its insert and its commit, and after
 * ClickHouse has refused a part of it. Its documents are written again, but perhaps in a larger batch or without the one that
 * was refused: a version that was written then may now be replaced before it is ever stored, and nobody would know of the
 * facts that only it had.
 *
 * Of all documents from a position on, so everything from there on must be written again. Running it again changes nothing. One such
 * statement of a shard and table runs on a server at a time: one that is still there, of a writer that was killed or has lost
 * its partition, is ended first, because it would take back what is written after this. One that comes only then, of a writer that
 * stood still meanwhile, does nothing: it bears the generation of its writer, and a later one has begun.
 */
import { type ClickHouseClient, queryText, rowsOf } from './clickhouse.js';

const tables = ['entities', 'relations', 'links', 'links-by-cause'];
/** Until the statement before has ended. */
const endLimitMs = 30_000;

export interface Withdrawal {
  database: string;
  shard: number;
  position: number;
  /** Of whoever asks for it. */
  generation: number;
  /** Asked before each statement; throws where somebody else writes the shard by now. */
  throwIfLost: () => void;
}

export async function withdrawUncommitted(client: ClickHouseClient, withdrawal: Withdrawal): Promise<void> {
  const { database, shard, position, generation, throwIfLost } = withdrawal;
  for (const table of tables) {
    throwIfLost();
    await client.command({
      query: queryText(`withdraw-${table}`),
      query_params: { shard, position, generation },
      query_id: `withdraw-${database}-${shard}-${table}`,
      clickhouse_settings: { replace_running_query: 1, replace_running_query_max_wait_ms: endLimitMs },
    });
  }
}

/** Of the facts of a shard; 0 where it has none. */
export async function newestVersion(client: ClickHouseClient, shard: number): Promise<number> {
  const [row] = await rowsOf<[number]>(client, 'newest-version', { shard });
  return row?.[0] ?? 0;
}

/** Of the writers that have begun; 0 before the first. */
export async function newestGeneration(client: ClickHouseClient, shard: number): Promise<number> {
  const [row] = await rowsOf<[number]>(client, 'newest-generation', { shard });
  return row?.[0] ?? 0;
}

/** From here on no writer of an earlier generation takes anything back. */
export async function beginGeneration(client: ClickHouseClient, shard: number, generation: number): Promise<void> {
  await client.insert({ table: 'owners', values: [{ shard, generation }], format: 'JSONEachRow' });
}
