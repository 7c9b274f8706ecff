/** Of two shards one is away: the other stores and is asked in its place, links to it wait, and it is prepared when it is back. */
import { AnyServer } from '@fluoroscope/clickhouse/any-server';
import { connect, rowsOf } from '@fluoroscope/clickhouse/clickhouse';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouseServer, clusterName, startClickHouseServers } from '../fixtures/clickhouse-server.js';
import { Partitions } from './partitions.js';

const nowSeconds = Math.floor(Date.now() / 1000);
const epoch = nowSeconds.toString(16);

let servers: ClickHouseServer[] = [];
let partitions: Partitions | null = null;
beforeAll(async () => {
  servers = await startClickHouseServers(2);
});
afterAll(async () => {
  await partitions?.remove();
  for (const server of servers) await server.remove();
});

function segment(n: number, extra: Partial<SegmentDocument> = {}): SegmentDocument {
  const trace_id = `1-${epoch}-${n.toString(16).padStart(24, '0')}`;
  return { trace_id, id: n.toString(16).padStart(16, '0'), name: 'shop', start_time: nowSeconds - 1, end_time: nowSeconds, ...extra };
}

test('a shard that is away keeps no other from storing, links to it or not', async () => {
  const [here, away] = servers as [ClickHouseServer, ClickHouseServer];
  await away.kill();
  const cluster = { name: clusterName, shards: servers.map(({ url }) => [url]) };
  const database = 'fluoroscope';
  partitions = await Partitions.start({ count: 1, addressOf: () => ({ ...here.address, cluster }), database, groups: [] });
  const elsewhere = segment(99);
  const links = [{ trace_id: elsewhere.trace_id, id: elsewhere.id }];
  await partitions.append([segment(1), segment(2, { links })]);
  const ids = [1, 2].map((n) => segment(n).trace_id?.replaceAll('-', '').slice(1));
  const client = connect(here.address);
  await expect.poll(async () => (await rowsOf(client, 'document-counts', { trace_ids: ids })).length, { timeout: 60_000 }).toBe(2);
  await client.close();

  const reading = new AnyServer({ ...away.address, cluster });
  const said = async () => (await reading.client.query({ query: 'SELECT 7', format: 'TabSeparated' })).text();
  await expect(said()).rejects.toThrow();
  // A busy server may answer later than is waited for.
  await expect.poll(() => reading.answers()).toBe(true);
  expect(await said()).toBe('7\n');
  await here.kill('SIGSTOP');
  expect(await reading.answers()).toBe(false);
  await here.kill('SIGCONT');
  await expect.poll(() => reading.answers()).toBe(true);
  await reading.close();

  await away.start();
  const other = connect(away.address);
  const isReady = () => rowsOf(other, 'document-counts', { trace_ids: ids }).then(String, () => 'not prepared');
  await expect.poll(isReady, { timeout: 60_000 }).toBe('');
  await other.close();
});
