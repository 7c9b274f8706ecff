/**
 * Forward-only migrations: `migrations/NNNN_*.sql` in order, each recorded once applied. A statement that creates something
 * is safe to run again, so a crash in the middle of a file is mended by the next start. Every server is migrated by itself,
 * by one process at a time, however many start at once.
 *
 * In a cluster of several shards a server also gets a second database, in which each table is that table of all shards. Where
 * shards have replicas, a new one takes its tables from another.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ClickHouseAddress, type ClickHouseClient, connect, databaseName, isRefusal } from './clickhouse.js';
import { oneAtATime } from './mutex.js';
import { hasOverallTables, makeOverallTables } from './overall-tables.js';
import { copyTables, isReplicated, replicated } from './replicas.js';

const folder = fileURLToPath(new URL('../migrations', import.meta.url));
/** The oldest of which the makers still take care, and which has every setting that the statements use. */
const leastVersion = '26.3';
/** What a server answers to a user that it does not know, or who gives the wrong password or none. */
const whoAreYouCodes = ['192', '193', '194', '516'];
const mayNotCode = '497';
const userPatienceMs = 5_000;

/** Waiting would not help; one line for the user. */
export class UnusableServer extends Error {
  override readonly name = 'UnusableServer';
}

/** Rejects with UnusableServer when it is no use to try again. */
export async function migrate(address: ClickHouseAddress, database = databaseName): Promise<void> {
  const client = connect(address, 'system');
  try {
    await checkVersion(client);
    const place = { address, database };
    if (await isCurrent(client, place)) return;
    await oneAtATime(client, `${database}-migrations`, (held) => apply(client, place, held));
  } catch (error) {
    throw isRefusal(error) ? (unusable(error, address) ?? error) : error;
  } finally {
    await client.close();
  }
}

/** For who only reads: rejects with UnusableServer when a server does not let this user in. One that is away may come back. */
export async function checkUser(address: ClickHouseAddress): Promise<void> {
  const client = connect(address);
  try {
    await client.command({ query: 'SELECT 1', abort_signal: AbortSignal.timeout(userPatienceMs) });
  } catch (error) {
    const problem = isRefusal(error) && whoAreYouCodes.includes(error.code) ? unusable(error, address) : null;
    if (problem !== null) throw problem;
  } finally {
    await client.close();
  }
}

interface Place {
  address: ClickHouseAddress;
  database: string;
}

async function apply(client: ClickHouseClient, { address, database }: Place, held: () => void): Promise<void> {
  await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic` });
  const inside = connect(address, database);
  try {
    await inside.command({
      query: 'CREATE TABLE IF NOT EXISTS migrations (number UInt32, name String) ENGINE = ReplacingMergeTree ORDER BY number',
    });
    if (isReplicated(address)) await copyTables(inside, { address, database });
    const latest = await latestIn(client, database);
    const text = isReplicated(address) ? replicated : (statement: string) => statement;
    for (const name of files()) if (numberOf(name) > latest) await applyFile(inside, name, { held, text });
    held();
    const overall = overallOf({ address, database });
    if (overall !== null) await makeOverallTables(client, overall);
  } finally {
    await inside.close();
  }
}

async function applyFile(
  client: ClickHouseClient,
  name: string,
  { held, text }: { held: () => void; text: (statement: string) => string },
): Promise<void> {
  for (const statement of statementsOf(readFileSync(`${folder}/${name}`, 'utf8'))) {
    held();
    await client.command({ query: text(statement) });
  }
  await client.insert({ table: 'migrations', values: [{ number: numberOf(name), name }], format: 'JSONEachRow' });
}

async function isCurrent(client: ClickHouseClient, place: Place): Promise<boolean> {
  const latest = await latestIn(client, place.database);
  const newest = Math.max(...files().map(numberOf));
  if (latest > newest)
    throw new UnusableServer(
      `The database has schema ${latest}, this version knows ${newest}: start the newer version, or use another data folder.`,
    );
  if (latest < newest) return false;
  const overall = overallOf(place);
  return overall === null || hasOverallTables(client, overall);
}

/** Null where one server has everything. */
function overallOf({ address: { cluster }, database }: Place): { cluster: string; database: string } | null {
  return cluster === undefined || cluster.shards.length === 1 ? null : { cluster: cluster.name, database };
}

/** 0 before the first. */
async function latestIn(client: ClickHouseClient, database: string): Promise<number> {
  const tables = await numberFrom(client, `SELECT count() FROM system.tables WHERE database = '${database}' AND name = 'migrations'`);
  return tables === 0 ? 0 : numberFrom(client, `SELECT max(number) FROM ${database}.migrations`);
}

async function numberFrom(client: ClickHouseClient, query: string): Promise<number> {
  const result = await client.query({ query, format: 'JSONCompactEachRow' });
  return Number((await result.json<[number]>())[0]?.[0] ?? 0);
}

async function checkVersion(client: ClickHouseClient): Promise<void> {
  const result = await client.query({ query: 'SELECT version()', format: 'JSONCompactEachRow' });
  const [[version] = ['']] = await result.json<[string]>();
  const problem = versionProblem(version);
  if (problem !== null) throw new UnusableServer(problem);
}

/** Null for a server that is new enough. */
export function versionProblem(version: string): string | null {
  const [year = 0, month = 0] = version.split('.').map(Number);
  const [leastYear = 0, leastMonth = 0] = leastVersion.split('.').map(Number);
  if (year > leastYear || (year === leastYear && month >= leastMonth)) return null;
  return `The ClickHouse server has version ${version}, and must have ${leastVersion} or a later one: install that.`;
}

function unusable({ code, message }: { code: string; message: string }, { url, username = 'default' }: ClickHouseAddress): Error | null {
  if (whoAreYouCodes.includes(code))
    return new UnusableServer(
      `The ClickHouse server ${url} does not let in user ${username} with this password: set FLUOROSCOPE_CLICKHOUSE_USER and FLUOROSCOPE_CLICKHOUSE_PASSWORD.`,
    );
  if (code !== mayNotCode) return null;
  const reason = message.split('\n')[0]?.trim() ?? '';
  return new UnusableServer(`User ${username} of the ClickHouse server ${url} has too few rights: ${reason}`);
}

function files(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
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
