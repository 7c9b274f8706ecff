/** Slices, hours, limits, retention and migrations on the real ClickHouse. */
import { type ClickHouseClient, connect, queryText, rowsOf } from '@fluoroscope/clickhouse/clickhouse';
import { StoredDeadDocuments } from '@fluoroscope/clickhouse/dead-documents';
import { chooseHeaders, type Header } from '@fluoroscope/clickhouse/headers';
import { migrate, UnusableServer } from '@fluoroscope/clickhouse/migrate';
import { recomputeSlice } from '@fluoroscope/clickhouse/recompute';
import { otherName } from '@fluoroscope/contract/graph';
import { Retention } from '@fluoroscope/writer/retention';
import type { ServiceGraph } from '@fluoroscope/xray/service-graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateTraffic } from '../fixtures/traffic.js';
import { Installation, quiet, type TestClickHouse, testClickHouse } from './installation.js';

const hour = 3_600;
const day = 86_400;
/** A closed hour. */
const hourStart = Math.floor(Date.now() / 1000 / hour) * hour - 2 * hour;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

function segment(n: number, start_time: number, name = 'shop'): string {
  const trace_id = `1-${Math.floor(start_time).toString(16)}-${n.toString(16).padStart(24, '0')}`;
  return JSON.stringify({ trace_id, id: (n + 1).toString(16).padStart(16, '0'), name, start_time, end_time: start_time + 0.5 });
}

async function computeHour(installation: Installation): Promise<void> {
  const stale = await staleHours(installation);
  for (const [start, version] of stale) {
    await installation.client.command({ query: queryText('recompute-period'), query_params: { period: hour, start, shard: 0, version } });
  }
}

function staleHours({ client }: Installation): Promise<[number, number][]> {
  return rowsOf<[number, number]>(client, 'stale-periods', { period: hour, shard: 0, before: hourStart + hour, limit: 100 });
}

async function wholeHours({ client }: Installation): Promise<number[]> {
  const range = { from: hourStart, to: hourStart + hour };
  const chosen = chooseHeaders(await rowsOf<Header>(client, 'graph-headers', range), range);
  return chosen.filter(([period]) => period === hour).map(([, start]) => start);
}

function count(graph: ServiceGraph): number {
  return graph.nodes.reduce((sum, { statistics }) => sum + statistics.ok, 0);
}

test('a range is widened to whole slices, and the answer says how far', async () => {
  const installation = await Installation.create(clickhouse);
  await installation.append([segment(1, hourStart + 1), segment(2, hourStart + 19), segment(3, hourStart + 20)]);
  await installation.settled();
  const answer = await installation.graph.serviceGraph(hourStart + 5, hourStart + 11);
  expect([answer.from, answer.to, count(answer.graph)]).toEqual([hourStart, hourStart + 20, 2]);
  const exact = await installation.graph.serviceGraph(hourStart, hourStart + 10);
  expect([exact.from, exact.to, count(exact.graph)]).toEqual([hourStart, hourStart + 10, 1]);
  await installation.remove();
});

test("an hour's row is the sum of its slices, is used only while it is current, and is computed again after a late document", async () => {
  const installation = await Installation.create(clickhouse);
  const { texts } = generateTraffic(3, { nowSeconds: hourStart + 1_800, traces: 60, spanSeconds: 1_500 });
  await installation.append(texts);
  await installation.settled();
  await installation.stopWithoutLongRows();
  const bySlices = await installation.graph.serviceGraph(hourStart, hourStart + hour);
  expect(await wholeHours(installation)).toEqual([]);
  await computeHour(installation);
  expect(await wholeHours(installation)).toEqual([hourStart]);
  expect(await staleHours(installation)).toEqual([]);
  expect(await installation.graph.serviceGraph(hourStart, hourStart + hour)).toEqual(bySlices);

  const storedBefore = installation.log.endPosition();
  await installation.start();
  await installation.append([segment(9_999, hourStart + 900, 'late')]);
  await installation.settled();
  await installation.stopWithoutLongRows(storedBefore);
  expect(await wholeHours(installation)).toEqual([]);
  const withLate = await installation.graph.serviceGraph(hourStart, hourStart + hour);
  expect(withLate.graph.nodes.map(({ key }) => key.name)).toContain('late');
  await computeHour(installation);
  expect(await wholeHours(installation)).toEqual([hourStart]);
  expect(await installation.graph.serviceGraph(hourStart, hourStart + hour)).toEqual(withLate);
  await installation.remove();
});

test('a slice that is put in place twice, because its answer was lost, counts once, and once in its hour', async () => {
  const installation = await Installation.create(clickhouse);
  await installation.append([segment(1, hourStart + 1), segment(2, hourStart + 2)]);
  await installation.settled();
  const [[, , , version = 0] = []] = await rowsOf<Header>(installation.client, 'graph-headers', { from: hourStart, to: hourStart + 10 });
  await installation.client.command({ query: 'SYSTEM STOP MERGES slices' });
  for (let again = 0; again < 2; again++)
    await recomputeSlice(installation.client, { slice: hourStart / 10, shard: 0, version, hasLinks: true });
  const read = async (to: number) => count((await installation.graph.serviceGraph(hourStart, to)).graph);
  expect(await read(hourStart + 10)).toBe(2);
  await computeHour(installation);
  expect(await wholeHours(installation)).toEqual([hourStart]);
  expect(await read(hourStart + hour)).toBe(2);
  await installation.remove();
});

test('what is beyond the limits of a slice is folded, and no total changes', async () => {
  const installation = await Installation.create(clickhouse);
  const { texts } = generateTraffic(5, { nowSeconds: hourStart + 10, traces: 60, spanSeconds: 10, services: 8 });
  await installation.append(texts);
  await installation.settled();
  const slice = hourStart / 10;
  const whole = await installation.graph.serviceGraph(hourStart, hourStart + 10);
  await recomputeSlice(installation.client, { slice, shard: 0, version: 1_000_000, hasLinks: true, maxNodes: 4, maxEdges: 3 });
  const folded = await installation.graph.serviceGraph(hourStart, hourStart + 10);
  expect(folded.graph.nodes.filter(({ key }) => key.name !== otherName)).toHaveLength(4);
  expect(folded.graph.nodes.some(({ key }) => key.name === otherName)).toBe(true);
  expect(folded.folded).toBe(whole.graph.nodes.length - 4 + whole.graph.edges.length - 3);
  for (const part of ['nodes', 'edges'] as const) expect(totals(folded.graph[part])).toEqual(totals(whole.graph[part]));
  const types = new Set(whole.graph.nodes.map(({ key }) => key.type));
  for (const { key } of folded.graph.nodes) expect(types).toContain(key.type);
  await installation.remove();
});

function totals(rows: readonly ServiceGraph['edges'][number][] | ServiceGraph['nodes']): Record<string, number> {
  const sum = { ok: 0, error: 0, throttle: 0, fault: 0, inProgress: 0, totalMicros: 0 };
  for (const { statistics } of rows) for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += statistics[name];
  return sum;
}

describe('retention', () => {
  test('drops whole days that are too old, and never today', async () => {
    const installation = await Installation.create(clickhouse);
    const now = Math.floor(Date.now() / 1000);
    await installation.append([segment(1, now), segment(2, now - 3 * day), segment(3, now - 9 * day)]);
    await installation.settled();
    const retention = (days: number, diskMaxBytes = 0) =>
      new Retention({ client: installation.client, retentionDays: days, diskMaxBytes, logger: quiet });
    const keeps = async () => (await installation.graph.serviceGraph(now - 20 * day, now + 60)).graph.nodes[0]?.statistics.ok;
    await retention(10).check(now * 1000);
    expect(await keeps()).toBe(3);
    await retention(5).check(now * 1000);
    expect(await keeps()).toBe(2);
    expect(await installation.distinctDocuments()).toBe(2);
    await retention(5).check((now + 4 * day) * 1000);
    expect(await keeps()).toBe(1);
    await retention(30, 1).check(now * 1000);
    expect(await keeps()).toBe(1);
    await retention(30, 1).check((now + day) * 1000);
    expect(await keeps()).toBeUndefined();
    await installation.remove();
  });

  test('forgets what is kept aside when it is too old', async () => {
    const installation = await Installation.create(clickhouse);
    const now = Math.floor(Date.now() / 1000);
    const values = [1, 40].map((days, position) => ({
      shard: 0,
      position,
      received_at: (now - days * day) * 1000,
      reason: 'refused',
      raw: '{}',
    }));
    await installation.client.insert({ table: 'dead_documents', values, format: 'JSONEachRow' });
    await new Retention({ client: installation.client, retentionDays: 30, diskMaxBytes: 0, logger: quiet }).check(now * 1000);
    const kept = await new StoredDeadDocuments(installation.client).list(10);
    expect(kept.map(({ receivedAtMs }) => receivedAtMs)).toEqual([(now - day) * 1000]);
    await installation.remove();
  });

  test('drops a day of any size, and says when today alone is too much', async () => {
    const installation = await Installation.create(clickhouse);
    const now = Math.floor(Date.now() / 1000);
    await installation.append([segment(1, now), segment(2, now - 3 * day)]);
    await installation.settled();
    const warnings: string[] = [];
    const client = withSmallLargestDrop(installation.client);
    const logger = { ...quiet, warn: (line: string) => void warnings.push(line) };
    const retention = new Retention({ client, retentionDays: 30, diskMaxBytes: 1, logger });
    await retention.check(now * 1000);
    await retention.check(now * 1000);
    expect(retention.droppedDays).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('FLUOROSCOPE_DISK_MAX')]);
    await installation.remove();
  });
});

/** As a server does with more than 50 GB, here with more than a byte. */
function withSmallLargestDrop(client: ClickHouseClient): ClickHouseClient {
  const command: ClickHouseClient['command'] = (given) =>
    client.command({ ...given, clickhouse_settings: { max_partition_size_to_drop: '1', ...given.clickhouse_settings } });
  return Object.create(client, { command: { value: command } }) as ClickHouseClient;
}

describe('migrations', () => {
  test('applied again change nothing, and those of a newer version are refused', async () => {
    const database = `test_migrations_${process.pid}`;
    await migrate(clickhouse, database);
    const client = connect(clickhouse, database);
    const query = 'SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name';
    const tables = async () => (await client.query({ query, format: 'JSONEachRow' })).json();
    const before = await tables();
    await migrate(clickhouse, database);
    await client.command({ query: 'TRUNCATE TABLE migrations' });
    await migrate(clickhouse, database);
    expect(await tables()).toEqual(before);
    await client.insert({ table: 'migrations', values: [{ number: 9_999, name: '9999_future.sql' }], format: 'JSONEachRow' });
    await expect(migrate(clickhouse, database)).rejects.toBeInstanceOf(UnusableServer);
    await client.command({ query: `DROP DATABASE ${database} SYNC` });
    await client.close();
  });
});
