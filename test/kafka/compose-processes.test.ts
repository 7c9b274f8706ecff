/**
 * An installation as docker-compose.yml and the README have it when it is open to others: the environments of the file with the
 * addresses of this machine put in, keys made by `infra/add-key.mjs`, and the users that the server's files have.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatchGetTracesCommand, XRayClient } from '@aws-sdk/client-xray';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouseServer, reading, startClickHouseServers, storing } from '../fixtures/clickhouse-server.js';
import { type ProcessKind, ProcessUnderTest } from '../fixtures/processes.js';
import { temporaryFolder } from '../fixtures/standalone.js';
import { readCompose } from '../tidy/compose.js';
import { sharedBroker } from './shared-broker.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const prefix = `test-${randomUUID()}.`;
const patience = { timeout: 60_000, interval: 250 };
const started: ProcessUnderTest[] = [];
let folder = '';
let server: ClickHouseServer;

beforeAll(async () => {
  folder = await temporaryFolder();
  [server] = (await startClickHouseServers(1)) as [ClickHouseServer];
});
afterAll(async () => {
  await Promise.all(started.map((one) => one.stop()));
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Prints the key as a person sees it. */
function addKey(name: string, policy: string): { id: string; secret: string } {
  const { stdout } = spawnSync('node', ['infra/add-key.mjs', join(folder, 'keys.json'), name, policy], { cwd: root, encoding: 'utf8' });
  const [, id = '', secret = ''] = /^ID\s+(\S+)\nSecret\s+(\S+)/.exec(stdout) ?? [];
  return { id, secret };
}

interface Opened {
  daemon: { id: string; secret: string };
  apiUrl?: string;
}

/** Of the service of that name, but where things are. */
function environmentOf(name: string, { daemon, apiUrl }: Opened): Record<string, string> {
  const variables = {
    FLUOROSCOPE_HOST: '127.0.0.1',
    FLUOROSCOPE_AUTH: 'sigv4',
    FLUOROSCOPE_KEYS_FILE: join(folder, 'keys.json'),
    FLUOROSCOPE_API_KEY_ID: daemon.id,
    FLUOROSCOPE_API_SECRET: daemon.secret,
    FLUOROSCOPE_CLICKHOUSE_URL: server.url,
    FLUOROSCOPE_CLICKHOUSE_PASSWORD: storing.password,
    FLUOROSCOPE_CLICKHOUSE_READER_PASSWORD: reading.password,
  };
  const ports = { FLUOROSCOPE_XRAY_PORT: '0', FLUOROSCOPE_HTTP_PORT: '0' };
  const places = { FLUOROSCOPE_KAFKA_BROKERS: sharedBroker().brokers, FLUOROSCOPE_KAFKA_TOPIC_PREFIX: prefix, ...ports };
  const own = readCompose(variables).services[name]?.environment ?? {};
  return { ...own, ...places, ...(apiUrl === undefined ? {} : { FLUOROSCOPE_API_URL: apiUrl }) };
}

async function start(kind: ProcessKind, opened: Opened): Promise<ProcessUnderTest> {
  const one = new ProcessUnderTest(kind, environmentOf(kind, opened));
  started.push(one);
  return one.started();
}

async function isHealthy({ httpUrl }: ProcessUnderTest): Promise<boolean> {
  const env = { ...process.env, FLUOROSCOPE_HTTP_PORT: new URL(httpUrl).port };
  const [code] = await once(spawn('node', ['infra/healthy.mjs'], { cwd: root, env, stdio: 'ignore' }), 'exit');
  return code === 0;
}

test('docker-compose.yml, with two keys and open to others, stores what a daemon receives, and shows it to who signs', async () => {
  const [daemonKey, alice] = [addKey('daemon', 'write-only'), addKey('alice', 'full')];
  const opened: Opened = { daemon: daemonKey };
  const prepared = spawnSync('node', ['apps/writer/dist/prepare.js'], {
    cwd: root,
    env: { PATH: process.env.PATH, ...environmentOf('prepare', opened) },
    encoding: 'utf8',
  });
  expect(prepared.status, prepared.stderr).toBe(0);
  const [api] = await Promise.all([start('api', opened), start('writer', opened)]);
  const daemon = await start('daemon', { ...opened, apiUrl: api.httpUrl });
  await Promise.all(started.map((one) => expect.poll(() => isHealthy(one), patience).toBe(true)));

  const rules = await fetch(`http://127.0.0.1:${daemon.xrayPort}/GetSamplingRules`, { method: 'POST' });
  expect(rules.status).toBe(200);

  const now = Date.now() / 1000;
  const traceId = `1-${Math.floor(now).toString(16)}-0123456789abcdef01234567`;
  await daemon.send([JSON.stringify({ trace_id: traceId, id: '70de5b6f19ff9a0a', name: 'shop', start_time: now - 1, end_time: now })]);
  expect((await api.post('/Traces', { TraceIds: [traceId] })).status).toBe(403);
  const credentials = { accessKeyId: alice.id, secretAccessKey: alice.secret };
  const client = new XRayClient({ endpoint: api.httpUrl, region: 'us-east-1', credentials });
  const stored = async () => (await client.send(new BatchGetTracesCommand({ TraceIds: [traceId] }))).Traces?.length;
  await expect.poll(stored, patience).toBe(1);
  client.destroy();

  expect(await api.post('/api/session', alice)).toMatchObject({ status: 200, body: { key: { id: 'alice', policy: 'full' } } });
  const page = await fetch(api.httpUrl, { headers: { accept: 'text/html' } });
  expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
}, 150_000);
