/**
 * Forward-only migrations: `migrations/NNNN_*.sql` in order, each recorded once applied. A statement that creates something
 * is safe to run again, so a crash in the middle of a file is mended by the next start.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ClickHouseAddress, type ClickHouseClient, connect, databaseName } from './clickhouse.js';

const folder = fileURLToPath(new URL('../migrations', import.meta.url));

/** The database was written by a newer version of this program. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema';
}

export async function migrate(address: ClickHouseAddress, database = databaseName): Promise<void> {
  const system = connect(address, 'default');
  await system.command({ query: `CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic` });
  await system.close();
  const client = connect(address, database);
  try {
    await applyAll(client);
  } finally {
    await client.close();
  }
}

async function applyAll(client: ClickHouseClient): Promise<void> {
  await client.command({
    query: 'CREATE TABLE IF NOT EXISTS migrations (number UInt32, name String) ENGINE = ReplacingMergeTree ORDER BY number',
  });
  const result = await client.query({ query: 'SELECT max(number) AS latest FROM migrations', format: 'JSONEachRow' });
  const latest = Number((await result.json<{ latest: number }>())[0]?.latest ?? 0);
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  const newest = files.reduce((most, name) => Math.max(most, numberOf(name)), 0);
  if (latest > newest)
    throw new NewerSchema(
      `The database has schema ${latest}, this version knows ${newest}: start the newer version, or use another data folder.`,
    );
  for (const name of files.sort()) {
    if (numberOf(name) > latest) await apply(client, name);
  }
}

async function apply(client: ClickHouseClient, name: string): Promise<void> {
  for (const query of statementsOf(readFileSync(`${folder}/${name}`, 'utf8'))) await client.command({ query });
  await client.insert({ table: 'migrations', values: [{ number: numberOf(name), name }], format: 'JSONEachRow' });
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}

/** Statements end with `;` at the end of a line; comments are whole lines. */
function statementsOf(text: string): string[] {
  const code = text.replace(/^\s*--.*$/gm, '');
  return code
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
