/** A ClickHouse server with users and limits, as somebody runs it, and as we ship its settings. */
import { connect } from '@fluoroscope/clickhouse/clickhouse';
import { StoredGraphReader } from '@fluoroscope/clickhouse/graph-reader';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouseServer, reading, startClickHouseServers, storing } from '../fixtures/clickhouse-server.js';
import { Standalone } from '../fixtures/standalone.js';

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

test('the product stores on a server with a password, and shows what it has stored', async () => {
  product = await Standalone.start({ env: settings() });
  const now = Date.now() / 1000;
  const document = (n: number) => ({
    trace_id: `1-${Math.floor(now).toString(16)}-${n.toString(16).padStart(24, '0')}`,
    id: n.toString(16).padStart(16, '0'),
    name: 'shop',
    start_time: now - 1,
    end_time: now,
  });
  await product.put([1, 2, 3].map((n) => JSON.stringify(document(n))));
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
  const now = Math.floor(Date.now() / 1000);
  expect(await new StoredGraphReader(client).serviceGraph(now - 3_600, now)).toMatchObject({ from: expect.any(Number) });
  const refused = async (query: string) => String(await client.command({ query }).catch((error: unknown) => error));
  expect(await refused('INSERT INTO touched VALUES (1, 1, 1)')).toMatch(/readonly|privileges/i);
  expect(await refused('DROP TABLE documents')).toMatch(/readonly|privileges/i);
  expect(await refused("SELECT * FROM url('http://127.0.0.1:1/', LineAsString)")).toMatch(/readonly|privileges/i);
  expect(await refused('SELECT 1 SETTINGS max_memory_usage = 2000000000')).toMatch(/max_memory_usage/);
  await client.close();
});
