/** What the dashboard reads of traces: real log, real writer, real ClickHouse, real port. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoredTraceListReader } from '@fluoroscope/clickhouse/trace-list-reader';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import type { TracePage, TraceRow } from '@fluoroscope/contract/traces';
import { listedAtMicros, traceRow } from '@fluoroscope/xray/trace-row';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from '../compat/api-on-disk.js';
import { until } from '../compat/live-client.js';
import { generateTraffic } from '../fixtures/traffic.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const seed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`dashboard traces: seed ${seed}`);
const nowSeconds = Math.floor(Date.now() / 1000);
/** Hundreds of slices, on a machine that does something else too. */
const settleMs = 240_000;
/** How long to wait for what must come. */
const patientMs = 100_000;
/** Between two counts: what is put in place meanwhile needs the machine too. */
const betweenMs = 50;

let clickhouse: TestClickHouse;
let installation: Installation;
let server: ApiOnDisk;

beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  const { log, graph, client } = installation;
  server = await startApiOnDisk({ log, graph, traces: new StoredTraceReader(client), traceList: new StoredTraceListReader(client) });
});

afterAll(async () => {
  await server?.close();
  await installation?.remove();
  await clickhouse?.remove();
});

describe('one trace', () => {
  test('is answered as lines of JSON: its winning versions as they were sent, by start', async () => {
    const traceId = traceIdOf(1);
    const open = segment(1, { trace_id: traceId, start_time: nowSeconds - 50, end_time: undefined, in_progress: true });
    const texts = [
      JSON.stringify(segment(2, { trace_id: traceId, parent_id: idOf(1), start_time: nowSeconds - 49, name: 'späť' })),
      JSON.stringify(open),
      JSON.stringify({ ...open, end_time: nowSeconds - 40, in_progress: undefined }, null, 2),
    ];
    await installation.append(texts);
    await installation.append([JSON.stringify(open)]);
    await stored();
    const response = await get(`/api/traces/${traceId.toUpperCase()}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    expect([response.headers.get('x-fluoroscope-documents'), response.headers.get('x-fluoroscope-kept')]).toEqual(['2', '2']);
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual([idOf(1), idOf(2)]);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ end_time: nowSeconds - 40 });
  });

  test('is cut at its bound, and says so', async () => {
    const traceId = traceIdOf(2);
    const metadata = { app: { padding: 'x'.repeat(60_000) } };
    for (let n = 0; n < 1_150; n += 50) {
      const part = Array.from({ length: 50 }, (_, i) =>
        segment(n + i + 1, { trace_id: traceId, start_time: nowSeconds - 60 + (n + i) / 1e4, metadata }),
      );
      await installation.append(part.map((document) => JSON.stringify(document)));
    }
    await stored();
    const response = await get(`/api/traces/${traceId}`);
    const kept = Number(response.headers.get('x-fluoroscope-kept'));
    const text = await response.text();
    expect(response.headers.get('x-fluoroscope-documents')).toBe('1150');
    expect(text.length).toBeLessThanOrEqual(64 * 1024 * 1024);
    const ids = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual(Array.from({ length: kept }, (_, n) => idOf(n + 1)));
    expect(kept).toBeGreaterThan(1_000);
  });

  test.each([
    [`/api/traces/${traceIdOf(999)}`, 404, 'unknown_trace'],
    ['/api/traces/nonsense', 400, 'invalid_request'],
    [`/api/traces/${'1'.repeat(90)}`, 400, 'invalid_request'],
    ["/api/traces/1-00000000-00000000000000000000000')", 400, 'invalid_request'],
    ['/api/nowhere', 404, 'unknown_path'],
  ])('%s is refused with %i %s', async (path, status, code) => {
    const response = await get(path, { accept: 'text/html' });
    expect([response.status, await response.json()]).toEqual([status, { message: expect.any(String), code }]);
  });
});

/** Until everything appended is stored; slices are not asked for here. */
async function stored(): Promise<void> {
  await until(() => installation.counters().lag === 0 && installation.counters().appended === installation.log.endPosition(), patientMs);
}

describe('the list of traces', () => {
  const to = nowSeconds - 100;
  const range = { from: to - 3_600, to };
  let truth: TraceRow[];
  /** Traces with a segment without a parent. */
  let roots: Set<string>;

  beforeAll(async () => {
    const options = { nowSeconds: to, spanSeconds: 3_000, traces: 400, unfinishedShare: 0.05, announcedShare: 0.2, orphanShare: 0.1 };
    const { documents } = generateTraffic(seed, options);
    const rootless = Array.from({ length: 30 }, (_, n) =>
      segment(n + 1, { trace_id: traceIdOf(500 + n), parent_id: idOf(900), start_time: to - 100 * n - 0.5, end_time: to - 100 * n }),
    );
    const all = [...documents, ...rootless, ...rootless];
    for (let i = 0; i < all.length; i += 200) await installation.append(all.slice(i, i + 200).map((document) => JSON.stringify(document)));
    await stored();
    truth = rowsOf(all, range);
    roots = new Set(
      all.filter(({ parent_id: parent, type }) => parent === undefined && type !== 'subsegment').map(({ trace_id: id }) => id),
    );
  });

  test.each([1, 37, 500])('is answered whole in pages of %i, newest first, each trace once', async (limit) => {
    const rows = await allPages({ ...range, limit }, limit === 1 ? 1 : Number.POSITIVE_INFINITY);
    expect(rows).toEqual(limit === 1 ? truth.slice(0, 1) : truth);
  });

  test(
    'counts requests where a page is not all of them: segments without a parent, of the graph and of what it does not have yet',
    async () => {
      expectWhole(await pageOf({ ...range, limit: 500 }), truth.length);
      const requests = truth.filter(({ traceId }) => roots.has(traceId));
      const newest = await pageOf({ ...range, limit: 10 });
      expect(newest).toMatchObject({ total: requests.length, totalIsAtLeast: false });
      if (newest.rows.length === 10) expect(newest.searchedTo * 1e6).toBeCloseTo(newest.rows.at(-1)?.startMicros ?? 0, 0);
      else expectWhole(newest, truth.length);
      // At every moment while slices, and rows longer than them, are put in place.
      const settled = installation.settled(settleMs).then(() => true);
      do expect((await pageOf({ ...range, limit: 10 })).total).toBe(requests.length);
      while (!(await Promise.race([settled, sleep(betweenMs)])));
      expect((await pageOf({ ...range, limit: 10 })).total).toBe(requests.length);
      const { from, to: end } = { from: range.from + 1_003.5, to: range.to - 7.25 };
      const inside = requests.filter(({ startMicros: at }) => at >= from * 1e6 && at < end * 1e6);
      expect((await pageOf({ from, to: end, limit: 10 })).total).toBe(inside.length);
      // What is in progress counts as ok.
      const faults = requests.filter(({ outcome, responseMicros }) => outcome === 'fault' && responseMicros !== null);
      expect((await pageOf({ ...range, outcome: 'fault', limit: 1 })).total).toBe(faults.length);
    },
    2 * settleMs,
  );

  test('says that there may be more, where the graph cannot count what is asked for', async () => {
    const page = await pageOf({ ...range, min: 1, limit: 10 });
    expect(page).toMatchObject({ total: page.rows.length, totalIsAtLeast: true });
  });

  test.each<[string, Record<string, string>, (row: TraceRow) => boolean]>([
    ['outcome', { outcome: 'fault' }, ({ outcome }) => outcome === 'fault'],
    ['response time', { min: '100', max: '400.5' }, ({ responseMicros: micros }) => micros !== null && micros >= 1e5 && micros <= 400_500],
    [
      'a filter expression',
      { filter: 'fault AND responsetime > 0.05' },
      ({ outcome, responseMicros: micros }) => outcome === 'fault' && micros !== null && micros > 50_000,
    ],
    ['progress', { progress: '1' }, ({ inProgress }) => inProgress],
    ['text of a URL or name', { q: 'SHOP' }, (row) => [row.url, row.entry.name].some((part) => part?.toLowerCase().includes('shop'))],
    ['text of a trace ID', { q: traceIdOf(507).slice(5) }, ({ traceId }) => traceId === traceIdOf(507)],
  ])('is narrowed by %s', async (_what, filter, matches) => {
    const rows = await allPages({ ...range, ...filter, limit: 50 });
    expect(rows).toEqual(truth.filter(matches));
    expect(rows.length).toBeGreaterThan(0);
    expectWhole(await pageOf({ ...range, ...filter, limit: 500 }), rows.length);
  });

  test('is narrowed by a service, wherever in the trace it is', async () => {
    const [wanted] = truth.flatMap(({ services }) => services.slice(1).filter(({ type }) => type !== ''));
    const isWanted = (key: NodeKey) => JSON.stringify(key) === JSON.stringify(wanted);
    const service = [wanted?.name, wanted?.type, wanted?.accountId].join('|');
    const rows = await allPages({ ...range, service, limit: 50 });
    expect(rows.filter(({ moreServices }) => moreServices === 0)).toEqual(
      truth.filter(({ services, moreServices }) => moreServices === 0 && services.some(isWanted)),
    );
    expect(rows.length).toBeGreaterThan(0);
  });

  test('neither skips nor repeats while new traces arrive', async () => {
    const first = await pageOf({ ...range, to: nowSeconds + 60, limit: 100 });
    const late = Array.from({ length: 50 }, (_, n) =>
      segment(n + 1, { trace_id: traceIdOf(700 + n), start_time: nowSeconds - n / 100, end_time: nowSeconds }),
    );
    await installation.append(late.map((document) => JSON.stringify(document)));
    await stored();
    const rest = await allPages({ ...range, to: nowSeconds + 60, limit: 100, before: first.before ?? '' });
    const ids = [...first.rows, ...rest].map(({ traceId }) => traceId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(-truth.length)).toEqual(truth.map(({ traceId }) => traceId));
  });

  test('is empty where nothing is stored', async () => {
    const none = { from: nowSeconds - 20 * 86_400, to: nowSeconds - 19 * 86_400 };
    expect(await pageOf(none)).toEqual({ rows: [], before: null, total: 0, totalIsAtLeast: false, searchedTo: none.from, ...none });
  });

  test.each([
    ['', 'from and to'],
    ['from=NaN&to=1', 'from is "NaN"'],
    ['from=Infinity&to=1', 'from is'],
    ['from=-1&to=1', 'from is'],
    ['from=1e3&to=2000', 'from is'],
    ['from=5&to=1', 'from must not be later'],
    ['from=0&to=4000000000', 'longer than'],
    ['from=1&from=2&to=3', 'from is given more than once'],
    ['from=1&to=2&limit=0', 'limit is'],
    ['from=1&to=2&limit=501', 'limit is'],
    ['from=1&to=2&limit=1.5', 'limit is'],
    ['from=1&to=2&before=abc', 'before is not'],
    [`from=1&to=2&before=${Buffer.from(`1.${'g'.repeat(32)}`).toString('base64url')}`, 'before is not'],
    ['from=1&to=2&outcome=fine', 'outcome is "fine"'],
    ['from=1&to=2&min=%27', 'min is'],
    ['from=1&to=2&filter=ok+AND', 'Invalid filter expression at character 7: expected a condition'],
    ['from=1&to=2&progress=yes', 'progress is'],
    [`from=1&to=2&q=${'x'.repeat(501)}`, 'q is longer'],
  ])('refuses %j in a sentence', async (query, sentence) => {
    const response = await get(`/api/traces?${query}`);
    expect([response.status, await response.json()]).toEqual([
      400,
      { message: expect.stringContaining(sentence), code: 'invalid_request' },
    ]);
  });
});

describe('live traces', () => {
  test('have the rows that storage has, and word comes when they are stored', async () => {
    // Ahead of this test, not of the file: what began before somebody looked is left to storage.
    const ahead = Math.floor(Date.now() / 1000) + 200;
    const startsAhead = { nowSeconds: ahead + 100, spanSeconds: 100, traces: 20 };
    const { documents } = generateTraffic(seed + 1, { ...startsAhead, unfinishedShare: 0.1, announcedShare: 0.2, orphanShare: 0.1 });
    const open = documents[0]?.trace_id ?? '';
    installation.watch({ rows: true, traces: [open] });
    for (let i = 0; i < documents.length; i += 20) {
      await installation.append(documents.slice(i, i + 20).map((document) => JSON.stringify(document)));
    }
    await stored();
    const kept20 = await allPages({ from: ahead - 1, to: ahead + 200, limit: 50 });
    expect(kept20).toHaveLength(20);
    const shown = () => [...live().values()].sort((left, right) => right.startMicros - left.startMicros);
    await expect.poll(shown, { timeout: patientMs }).toEqual(kept20);
    await until(() => told().at(-1) === 'stored', patientMs);
    expect(told()[0]).toBe('arrived');
    installation.watch({ rows: false, traces: [] });
  });

  const told = () =>
    installation.publishedTraces.flatMap(({ arrived, stored: kept }) => [...arrived.map(() => 'arrived'), ...kept.map(() => 'stored')]);
  const live = () => new Map(installation.publishedTraces.flatMap(({ rows }) => rows.map((row) => [row.traceId, row])));
});

/** On a busy machine a page may end before the range does, and says so. */
function expectWhole(page: TracePage, total: number): void {
  if (page.before !== null) expect(page.searchedTo).toBeGreaterThan(page.from);
  else expect(page).toMatchObject({ total, totalIsAtLeast: false, searchedTo: page.from });
}

async function pageOf(query: Record<string, string | number>): Promise<TracePage> {
  const response = await get(`/api/traces?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`);
  expect(response.status).toBe(200);
  return (await response.json()) as TracePage;
}

/** The first rows: a page may end before it has as many. */
async function allPages(query: Record<string, string | number>, most = Number.POSITIVE_INFINITY): Promise<TraceRow[]> {
  const rows: TraceRow[] = [];
  for (let page = await pageOf(query); ; page = await pageOf({ ...query, before: page.before ?? '' })) {
    rows.push(...page.rows);
    if (page.before === null || rows.length >= most) return rows;
  }
}

/** What the list should be, by the documents themselves. */
function rowsOf(documents: readonly SegmentDocument[], { from, to }: { from: number; to: number }): TraceRow[] {
  const traces = new Map<string, SegmentDocument[]>();
  for (const document of documents) traces.set(document.trace_id, [...(traces.get(document.trace_id) ?? []), document]);
  return [...traces.values()]
    .map((own) => ({ row: traceRow(own), at: listedAtMicros(own) }))
    .filter(({ at }) => at !== null && at >= from * 1e6 && at < to * 1e6)
    .sort((left, right) => (right.at ?? 0) - (left.at ?? 0))
    .map(({ row }) => row);
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(server.api.url + path, { headers });
}

function idOf(n: number): string {
  return n.toString(16).padStart(16, '0');
}

function traceIdOf(n: number): string {
  return `1-${nowSeconds.toString(16)}-${n.toString(16).padStart(24, 'a')}`;
}

function segment(n: number, members: Partial<SegmentDocument>): SegmentDocument {
  return { id: idOf(n), trace_id: traceIdOf(0), name: 'shop', start_time: nowSeconds - 30, end_time: nowSeconds - 29, ...members };
}
