/**
 * The second database of a server in a sharded cluster: for each table of the first, one of the same name that reads it on all
 * shards. Whoever reads everything connects to it, and every statement stays as it is. Nothing is kept in it.
 */
import { type ClickHouseClient, overallName } from './clickhouse.js';

interface Overall {
  cluster: string;
  database: string;
}

/** Only of this server. */
const ownTables = ['migrations', 'owners'];

/** Whether each is there, with the columns that its table has. */
export async function hasOverallTables(client: ClickHouseClient, of: Overall): Promise<boolean> {
  return (await missing(client, of)).length === 0;
}

export async function makeOverallTables(client: ClickHouseClient, of: Overall): Promise<void> {
  const { cluster, database } = of;
  const overall = overallName(database);
  await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${overall} ENGINE = Atomic` });
  for (const table of await missing(client, of)) {
    const engine = `Distributed('${cluster}', '${database}', '${table}')`;
    await client.command({ query: `CREATE OR REPLACE TABLE ${overall}.${table} AS ${database}.${table} ENGINE = ${engine}` });
  }
}

/** Absent, of another cluster, or with other columns. */
async function missing(client: ClickHouseClient, { cluster, database }: Overall): Promise<string[]> {
  const query = `
    SELECT table
    FROM
    (
        SELECT database, table, groupArray((name, type)) AS columns
        FROM (SELECT * FROM system.columns WHERE database IN ({database: String}, {overall: String}) ORDER BY position)
        GROUP BY database, table
    )
    WHERE table NOT IN {own: Array(String)}
        AND (database = {database: String} OR table IN (SELECT name FROM system.tables WHERE database = {overall: String} AND startsWith(engine_full, {engine: String})))
    GROUP BY table
    HAVING count() < 2 OR uniqExact(columns) > 1
    ORDER BY table`;
  const params = { database, overall: overallName(database), own: ownTables, engine: `Distributed('${cluster}', '${database}', ` };
  const result = await client.query({ query, query_params: params, format: 'JSONCompactEachRow' });
  return (await result.json<[string]>()).map(([table]) => table);
}
