/** The embedded ClickHouse: real, closed to others, bounded, and there again after it was killed. */
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, connect, refusesContent } from '@fluoroscope/clickhouse/clickhouse';
import { type EmbeddedClickHouse, startEmbedded } from '@fluoroscope/clickhouse/embedded';
import { migrate } from '@fluoroscope/clickhouse/migrate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quiet } from './installation.js';

const database = 'embedded_test';
const maxMemoryBytes = 700_000_000;

let folder: string;
let server: EmbeddedClickHouse;
let client: ClickHouseClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fluoroscope-embedded-'));
  server = await startEmbedded({ folder, maxMemoryBytes, logger: quiet });
  await migrate(server, database);
  client = connect(server, database);
});

afterAll(async () => {
  await client?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function numbers(query: string): Promise<number> {
  const result = await client.query({ query, format: 'JSONCompactEachRow' });
  return Number((await result.json<[number]>())[0]?.[0]);
}

/** What an unauthenticated local user is answered. */
async function askAs(user: string, password: string, query: string): Promise<{ status: number; text: string }> {
  const headers = { 'x-clickhouse-user': user, 'x-clickhouse-key': password, connection: 'close' };
  const response = await fetch(`${server.url}/?query=${encodeURIComponent(query)}`, { headers });
  return { status: response.status, text: await response.text() };
}

test.each([
  ['default', '', "SELECT * FROM file('/etc/passwd', LineAsString)", 'QUOTA_EXCEEDED'],
  ['default', '', `SELECT count() FROM ${database}.documents`, 'ACCESS_DENIED'],
  ['app', 'guessed', 'SELECT 1', 'AUTHENTICATION_FAILED'],
  ['nobody', '', 'SELECT 1', 'AUTHENTICATION_FAILED'],
])('%s with password "%s" is refused %s', async (user, password, query, code) => {
  const { status, text } = await askAs(user, password, query);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(text).toContain(code);
});

test.each([
  "SELECT * FROM file('/etc/passwd', LineAsString)",
  "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
  "SELECT * FROM remote('127.0.0.1:1', system.one)",
])('even our own user may not %s', async (query) => {
  await expect(client.query({ query })).rejects.toMatchObject({ type: 'ACCESS_DENIED' });
});

test('its password is in files that only the owner reads', () => {
  for (const name of ['config.xml', 'users.xml']) expect(statSync(join(folder, 'run', name)).mode & 0o077).toBe(0);
});

test('memory beyond the limit is refused as trouble, not as content', async () => {
  const query =
    "INSERT INTO dead_documents (shard, position, received_at, reason, raw) SELECT 0, number, now64(3), '', repeat('x', 1000000) FROM numbers(2000) ORDER BY rand() SETTINGS max_block_size = 2000";
  const error: unknown = await client.command({ query }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ type: 'MEMORY_LIMIT_EXCEEDED' });
  expect(refusesContent(error)).toBe(false);
});

test('killed, it starts again on the same port with the same password, and has every acknowledged row', async () => {
  const before = server.pid();
  for (let kill = 1; kill <= 2; kill++) {
    await client.insert({ table: 'dead_documents', values: [{ shard: 0, position: kill, reason: '', raw: '' }], format: 'JSONEachRow' });
    const pid = server.pid();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    // The next child is started by a timer, which comes behind this.
    while (server.pid() === pid) await new Promise(setImmediate);
    expect(server.pid()).toBeUndefined();
    await expect.poll(() => numbers('SELECT count() FROM dead_documents').catch(() => -1), { timeout: 20_000 }).toBe(kill);
  }
  expect(server.restarts()).toBe(2);
  expect(server.pid()).not.toBe(before);
});

test('a second process on the same folder is told so in one line', async () => {
  await expect(startEmbedded({ folder, maxMemoryBytes, logger: quiet, lockPatienceMs: 1_000 })).rejects.toThrow(
    /Another process uses the database in .*FLUOROSCOPE_DATA_DIR/,
  );
});

test('closed, it is gone within seconds, and opens again', async () => {
  await client.close();
  const pid = server.pid() ?? 0;
  await server.close();
  await sleep(50);
  expect(() => process.kill(pid, 0)).toThrow();
  server = await startEmbedded({ folder, maxMemoryBytes, logger: quiet });
  client = connect(server, database);
  expect(await numbers('SELECT count() FROM dead_documents')).toBe(2);
});
