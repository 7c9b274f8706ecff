/**
 * Replicas of a shard: the same tables, kept equal by ClickHouse itself through Keeper. They are told apart by the macros {shard}
 * and {replica} of their servers.
 */
import { type ClickHouseAddress, type ClickHouseClient, connect, isRefusal } from './clickhouse.js';

/** Long enough for a replica that was away for a day; what is longer is tried again. */
const syncSeconds = 100;

export function isReplicated({ cluster }: ClickHouseAddress): boolean {
  return cluster?.shards.some((replicas) => replicas.length > 1) ?? false;
}

/** A statement that makes a table, for servers with Keeper. */
export function replicated(statement: string): string {
  return statement.replace(/ENGINE = (\w*MergeTree)(?:\(([^)]*)\))?/, (_, engine: string, given = '') => {
    const args = ["'/fluoroscope/{shard}/{database}/{table}'", "'{replica}'", ...(given === '' ? [] : [given])];
    return `ENGINE = Replicated${engine}(${args.join(', ')})`;
  });
}

/**
 * A new replica takes the tables as another of its shard has them by now: made as they once were, they would not be the same. On a
 * server that has tables already nothing is done. Rejects when one of the others cannot be asked and none has any: it may have them.
 */
export async function copyTables(
  client: ClickHouseClient,
  { address, database }: { address: ClickHouseAddress; database: string },
): Promise<void> {
  if ((await rows(client, 'SELECT number FROM migrations LIMIT 1')).length > 0) return;
  const unreachable: unknown[] = [];
  for (const url of siblingsOf(address)) {
    const sibling = connect({ ...address, url }, 'system');
    try {
      if (await copyFrom(sibling, client, database)) return;
    } catch (error) {
      if (isRefusal(error)) throw error;
      unreachable.push(error);
    } finally {
      await sibling.close();
    }
  }
  if (unreachable.length > 0) throw unreachable[0];
}

/** False when it has none itself. */
async function copyFrom(sibling: ClickHouseClient, client: ClickHouseClient, database: string): Promise<boolean> {
  const tables = await rows(sibling, `SELECT create_table_query FROM tables WHERE database = '${database}' AND name != 'migrations'`);
  if (tables.length === 0) return false;
  const applied = await rows(sibling, `SELECT DISTINCT number, name FROM ${database}.migrations ORDER BY number`);
  if (applied.length === 0) return false;
  for (const [query] of tables) await client.command({ query: String(query).replace(/^CREATE TABLE /, 'CREATE TABLE IF NOT EXISTS ') });
  const values = applied.map(([number, name]) => ({ number, name }));
  await client.insert({ table: 'migrations', values, format: 'JSONEachRow' });
  return true;
}

/** Until this replica has all that its shard has: slices that are computed from less would be wrong for good. */
export async function catchUp(client: ClickHouseClient): Promise<void> {
  for (const [table] of await rows(client, 'SELECT table FROM system.replicas WHERE database = currentDatabase()')) {
    await client.command({ query: `SYSTEM SYNC REPLICA ${table}`, clickhouse_settings: { receive_timeout: syncSeconds } });
  }
}

/** The other replicas of its shard. */
export function siblingsOf({ url, cluster }: ClickHouseAddress): string[] {
  const replicas = cluster?.shards.find((urls) => urls.includes(url)) ?? [];
  return replicas.filter((other) => other !== url);
}

async function rows(client: ClickHouseClient, query: string): Promise<unknown[][]> {
  return (await client.query({ query, format: 'JSONCompactEachRow' })).json<unknown[]>();
}
