/** The graph over time, out of slices, minutes and hours of the real ClickHouse. */
import { type ClickHouseClient, queryText, rowsOf } from '@fluoroscope/clickhouse/clickhouse';
import { type Header, type HistoryRange, StoredHistoryReader } from '@fluoroscope/clickhouse/history-reader';
import { recomputeSlice } from '@fluoroscope/clickhouse/recompute';
import type { NodeKey, SliceRows, StatisticsRow } from '@fluoroscope/contract/graph';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateTraffic } from '../fixtures/traffic.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const hour = 3_600;
/** A closed hour. */
const hourStart = Math.floor(Date.now() / 1000 / hour) * hour - 2 * hour;
const wholeHour = { from: hourStart, to: hourStart + hour };

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

async function computePeriods({ client }: Installation): Promise<void> {
  for (const period of [60, hour]) {
    const params = { period, shard: 0, before: hourStart + hour, limit: 1_000 };
    for (const [start, version] of await rowsOf<[number, number]>(client, 'stale-periods', params))
      await client.command({ query: queryText('recompute-period'), query_params: { period, start, shard: 0, version } });
  }
}

/** Segments by node, over all periods: of the answer, whatever its period. */
function totals(slices: readonly SliceRows[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { nodes, edges } of slices) {
    for (const [name, type, account, , , statistics] of nodes) add(sums, `${name}|${type}|${account}`, statistics);
    for (const [caller, callee, statistics] of edges) add(sums, `${caller}>${callee}`, statistics);
  }
  return sums;
}

function add(sums: Map<string, number>, id: string, [ok, error, throttle, fault]: StatisticsRow): void {
  sums.set(id, (sums.get(id) ?? 0) + ok + error + throttle + fault);
}

test('each period gives the same totals, before and after its rows are computed, and says which are incomplete', async () => {
  const installation = await Installation.create(clickhouse);
  const history = new StoredHistoryReader(installation.client);
  const { texts } = generateTraffic(7, { nowSeconds: hourStart + 1_800, traces: 80, spanSeconds: 1_500 });
  await installation.append(texts);
  await installation.settled();
  await installation.stopWithoutLongRows();
  const read = (period: HistoryRange['period']) => history.slices({ ...wholeHour, period });
  const bySlice = await read(10);
  expect(bySlice.incomplete).toEqual([]);
  const before = await read(60);
  expect(before.incomplete).toEqual(before.slices.map(({ slice }) => slice * 10));
  expect(totals(before.slices)).toEqual(totals(bySlice.slices));

  await computePeriods(installation);
  expect(await read(60)).toEqual({ slices: before.slices, incomplete: [] });
  const byHour = await read(3_600);
  expect([byHour.slices.length, byHour.incomplete]).toEqual([1, []]);
  expect(totals(byHour.slices)).toEqual(totals(bySlice.slices));

  const late = { trace_id: `1-${hourStart.toString(16)}-${'a'.repeat(24)}`, id: 'b'.repeat(16), name: 'late' };
  const storedBefore = installation.log.endPosition();
  await installation.start();
  await installation.append([JSON.stringify({ ...late, start_time: hourStart + 900, end_time: hourStart + 901 })]);
  await installation.settled();
  await installation.stopWithoutLongRows(storedBefore);
  const afterLate = await read(60);
  expect(afterLate.incomplete).toEqual([hourStart + 900]);
  expect(totals(afterLate.slices)).toEqual(totals((await read(10)).slices));
  expect((await read(3_600)).incomplete).toEqual([hourStart]);
  await installation.remove();
});

test('the course of a node or an edge is what its rows say, period by period', async () => {
  const installation = await Installation.create(clickhouse);
  const history = new StoredHistoryReader(installation.client);
  const { texts } = generateTraffic(8, { nowSeconds: hourStart + 1_800, traces: 80, spanSeconds: 1_500 });
  await installation.append(texts);
  await installation.settled();
  await computePeriods(installation);
  const range: HistoryRange = { ...wholeHour, period: 60 };
  const { slices } = await history.slices(range);
  const node = slices.flatMap(({ nodes }) => nodes)[0];
  const edge = slices.flatMap(({ edges }) => edges)[0];
  if (!node || !edge) throw new Error('the traffic made no graph');
  const subject = { node: { name: node[0], type: node[1], accountId: node[2] } };
  const expected = slices.flatMap(({ slice, nodes }) =>
    nodes.filter((row) => row.slice(0, 3).join() === node.slice(0, 3).join()).map((row) => [slice * 10, row[5]]),
  );
  expect((await history.series(range, subject)).points).toEqual(expected);
  const ends = { caller: keyOf(edge[0]), callee: keyOf(edge[1]) };
  const course = slices.flatMap(({ slice, edges }) =>
    edges.filter(([caller, callee]) => `${caller}>${callee}` === `${edge[0]}>${edge[1]}`).map((row) => [slice * 10, row[2]]),
  );
  expect((await history.series(range, ends)).points).toEqual(course);
  expect((await history.series(range, { node: { ...subject.node, name: 'nobody' } })).points).toEqual([]);
  expect(await history.series({ ...range, from: 600, to: 660 }, subject)).toEqual({ points: [], incomplete: [] });
  await installation.remove();
});

function keyOf([name, type, accountId]: readonly [string, string, string]): NodeKey {
  return { name, type, accountId };
}

test('nothing is missing when slices are put in place again between two statements of a reader', async () => {
  const installation = await Installation.create(clickhouse);
  const { texts } = generateTraffic(9, { nowSeconds: hourStart + 300, traces: 30, spanSeconds: 60 });
  await installation.append(texts);
  await installation.settled();
  await installation.stop();
  const meeting = () => new StoredHistoryReader(withSlicesReplaced(installation));
  const history = new StoredHistoryReader(installation.client);
  const range: HistoryRange = { ...wholeHour, period: 10 };
  const whole = await history.slices(range);
  expect(whole.slices.length).toBeGreaterThan(5);
  expect(await meeting().slices(range)).toEqual(whole);
  const course = await history.course({ ...wholeHour, period: 300 }, null);
  expect(course.length).toBeGreaterThan(0);
  expect(await meeting().course({ ...wholeHour, period: 300 }, null)).toEqual(course);
  await installation.remove();
});

/** Once, between the first statement and the second: each slice again, and what it was is merged away. */
function withSlicesReplaced({ client }: Installation): ClickHouseClient {
  let statements = 0;
  const query = async (given: Parameters<ClickHouseClient['query']>[0]) => {
    if (++statements === 2) await replaceSlices(client);
    return client.query(given);
  };
  return Object.create(client, { query: { value: query } }) as ClickHouseClient;
}

async function replaceSlices(client: ClickHouseClient): Promise<void> {
  for (const [, start, , version] of await rowsOf<Header>(client, 'history-headers', { ...wholeHour, period: 10 }))
    await recomputeSlice(client, { slice: start / 10, shard: 0, version: version + 1, hasLinks: true });
  await client.command({ query: 'OPTIMIZE TABLE slices FINAL' });
}
