/** Migrations of a real server by several processes at once, by one that dies, and by who may not. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import { migrate, UnusableServer } from '@fluoroscope/clickhouse/migrate';
import { oneAtATime } from '@fluoroscope/clickhouse/mutex';
import { catchUp, copyTables } from '@fluoroscope/clickhouse/replicas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouseServer, clusterName, reading, startClickHouseServers } from '../fixtures/clickhouse-server.js';

const files = readdirSync(fileURLToPath(new URL('../../libs/clickhouse/migrations', import.meta.url)));
const holder = fileURLToPath(new URL('../fixtures/mutex-holder.mjs', import.meta.url));

let server: ClickHouseServer;
let other: ClickHouseServer;
let client: ClickHouseClient;
beforeAll(async () => {
  [server, other] = (await startClickHouseServers(2)) as [ClickHouseServer, ClickHouseServer];
  client = connect(server.address, 'system');
});
afterAll(async () => {
  await client?.close();
  await server?.remove();
  await other?.remove();
});

async function applied(): Promise<string[]> {
  const result = await client.query({ query: 'SELECT name FROM fluoroscope.migrations ORDER BY name', format: 'JSONCompactEachRow' });
  return (await result.json<[string]>()).map(([name]) => name);
}

test('several that start at once apply each migration once', async () => {
  await client.command({ query: 'CREATE DATABASE fluoroscope' });
  await client.command({ query: 'CREATE TABLE fluoroscope.migrations (number UInt32, name String) ENGINE = MergeTree ORDER BY number' });
  await Promise.all(Array.from({ length: 6 }, () => migrate(server.address)));
  expect(await applied()).toEqual(files.toSorted());
});

test('a new replica takes the tables as the other one has them, and waits while that cannot be asked', async () => {
  const address = { ...other.address, cluster: { name: clusterName, shards: [[server.url, other.url]] } };
  const query = "SELECT name, create_table_query FROM tables WHERE database = 'fluoroscope' ORDER BY name";
  const tables = async (of: ClickHouseClient) => (await of.query({ query, format: 'JSONCompactEachRow' })).json();
  const system = connect(other.address, 'system');
  await system.command({ query: 'CREATE DATABASE fluoroscope' });
  await system.command({ query: 'CREATE TABLE fluoroscope.migrations (number UInt32, name String) ENGINE = MergeTree ORDER BY number' });
  const copy = connect(other.address);
  await client.command({ query: 'ALTER TABLE fluoroscope.touched ADD COLUMN later UInt8' });
  await server.kill('SIGKILL');
  await expect(copyTables(copy, { address, database: 'fluoroscope' })).rejects.toThrow();
  await server.start();
  await copyTables(copy, { address, database: 'fluoroscope' });
  expect(await tables(system)).toEqual(await tables(client));
  await catchUp(copy);
  for (const one of [system, copy]) await one.close();
});

test('one that is killed lets go, and one that was paused finds out', async () => {
  const child = fork(holder, [JSON.stringify(server.address)], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(child, 'message');
  let isTaken = false;
  const next = oneAtATime(client, 'a-test', async (held) => {
    isTaken = true;
    held();
    // As if this one had been cut off.
    await client.command({ query: "KILL QUERY WHERE query_id = 'a-test' SYNC" });
    await expect.poll(() => attempt(held), { timeout: 20_000 }).toBe('the connection that holds a-test was cut');
  });
  await sleep(600);
  expect(isTaken).toBe(false);
  child.kill('SIGKILL');
  await next;
  expect(isTaken).toBe(true);
});

test.each([
  [{ username: 'fluoroscope', password: 'a-guess' }, /does not let in user fluoroscope .*FLUOROSCOPE_CLICKHOUSE_PASSWORD/],
  [{ username: 'nobody', password: 'a-guess' }, /does not let in user nobody/],
  [reading, /User fluoroscope_reader .* has too few rights/],
])('%o is told in one line, without the password', async (user, words) => {
  const error: unknown = await migrate({ url: server.url, ...user }, 'fluoroscope_new').catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UnusableServer);
  const { message } = error as Error;
  expect(message).toMatch(words);
  expect(message).not.toContain(user.password);
  expect(message).not.toContain('\n');
});

function attempt(held: () => void): string {
  try {
    held();
    return 'held';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
