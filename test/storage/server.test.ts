/** A ClickHouse server with users and limits, as somebody runs it, and as we ship its settings. */
import { connect, rowsOf } from '@fluoroscope/clickhouse/clickhouse';
import { StoredGraphReader } from '@fluoroscope/clickhouse/graph-reader';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouseServer, reading, startClickHouseServers, storing } from '../fixtures/clickhouse-server.js';
import { Standalone } from '../fixtures/standalone.js';

const now = Date.now() / 1000;

let server: ClickHouseServer;
let product: Standalone | null = null;

beforeAll(async () => {
  [server] = (await startClickHouseServers(1)) as [ClickHouseServer];
});
afterAll(async () => {
  await product?.remove();
  await server?.remove();
});

function settings(extra: Record<string, string> = {}): Record<string, string> {
  return {
    FLUOROSCOPE_CLICKHOUSE_URL: server.url,
    FLUOROSCOPE_CLICKHOUSE_USER: storing.username,
    FLUOROSCOPE_CLICKHOUSE_PASSWORD: storing.password,
    ...extra,
  };
}

function segment(n: number) {
  const trace_id = `1-${Math.floor(now).toString(16)}-${n.toString(16).padStart(24, '0')}`;
  return { trace_id, id: n.toString(16).padStart(16, '0'), name: 'shop', start_time: now - 1, end_time: now };
}

test('the product stores on a server with a password, and shows what it has stored', async () => {
  product = await Standalone.start({ env: settings() });
  await product.put([1, 2, 3].map((n) => JSON.stringify(segment(n))));
  const client = connect(server.address);
  const requests = async () => {
    const { graph } = await new StoredGraphReader(client).serviceGraph(now - 60, now + 60).catch(() => ({ graph: { nodes: [] } }));
    return graph.nodes[0]?.statistics.ok ?? 0;
  };
  await expect.poll(requests, { timeout: 60_000, interval: 200 }).toBe(3);
  expect((await product.health()).body.status).toBe('ok');
  await client.close();
});

test('a reader of the product reads within limits, and writes nothing', async () => {
  const client = connect({ url: server.url, ...reading });
  expect(await new StoredGraphReader(client).serviceGraph(now - 3_600, now)).toMatchObject({ from: expect.any(Number) });
  const refused = async (query: string) => String(await client.command({ query }).catch((error: unknown) => error));
  expect(await refused('INSERT INTO touched VALUES (1, 1, 1)')).toMatch(/readonly|privileges/i);
  expect(await refused('DROP TABLE documents')).toMatch(/readonly|privileges/i);
  expect(await refused("SELECT * FROM url('http://127.0.0.1:1/', LineAsString)")).toMatch(/readonly|privileges/i);
  expect(await refused('SELECT 1 SETTINGS max_memory_usage = 2000000000')).toMatch(/max_memory_usage/);
  await client.close();
});

test('a server that is away at the start is waited for: what arrives is kept, and the reason is told', async () => {
  await product?.remove();
  await server.kill();
  product = await Standalone.start({ env: settings() });
  const health = () => (product as Standalone).health();
  await expect
    .poll(async () => (await health()).body, { timeout: 20_000 })
    .toMatchObject({
      status: 'degraded',
      parts: { clickhouse: expect.stringMatching(/cannot be used at http:.*ECONNREFUSED/), log: 'ok' },
    });
  expect((await health()).status).toBe(200);
  expect(await product.put([JSON.stringify(segment(10))])).toEqual({ status: 200, unprocessed: [] });
  await server.start();
  const client = connect(server.address);
  const stored = async () =>
    (await rowsOf(client, 'document-counts', { trace_ids: [segment(10).trace_id.replaceAll('-', '').slice(1)] })).length;
  await expect.poll(stored, { timeout: 60_000 }).toBe(1);
  await expect.poll(async () => (await health()).body.status, { timeout: 20_000 }).toBe('ok');
  expect(product.output).not.toContain(storing.password);
  await client.close();
});

test.each([
  ['FLUOROSCOPE_CLICKHOUSE_PASSWORD', 'a-guess'],
  ['FLUOROSCOPE_CLICKHOUSE_USER', 'somebody'],
])('with %s=%s the start says so in one line, and ends', async (variable, value) => {
  const refused = await Standalone.launch({ env: settings({ [variable]: value }) });
  expect((await refused.ended()).code).toBe(1);
  const lines = refused.output.trim().split('\n');
  expect(lines.at(-1)).toMatch(/does not let in user .*FLUOROSCOPE_CLICKHOUSE_PASSWORD\.$/);
  expect(refused.output).not.toContain('a-guess');
  await refused.remove();
});
