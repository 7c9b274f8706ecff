/** What is stored, asked for over HTTP as clients do; beside each figure the bare statement over ClickHouse's own HTTP. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { queryText } from '@fluoroscope/clickhouse/clickhouse';
import { chooseHeaders } from '@fluoroscope/clickhouse/headers';
import { traceCondition } from '@fluoroscope/clickhouse/trace-condition';
import { parseFilter } from '@fluoroscope/xray/filter/parse';
import { figure, median } from './figures.mjs';
import { Product, post } from './product.mjs';
import { shapes, storeRows } from './stored-rows.mjs';

const warmUps = 3;
const times = 20;
const restLimitMs = 90_000;
const defaultRows = 5_000_000;
const ranges = [
  { name: '5 min', seconds: 300, most: 20 },
  { name: '1 h', seconds: 3600, most: 40 },
  { name: '6 h', seconds: 6 * 3600, most: 100 },
];

const listFilters = [
  { name: 'of a service', filter: `&service=${encodeURIComponent('orders-1|AWS::ECS::Container|')}` },
  { name: 'that failed', filter: '&outcome=fault' },
  { name: 'slower than 500 ms', filter: '&min=500' },
  { name: 'with a common text', filter: '&q=gateway-1' },
];

/** Most of these are met by so few traces that all of the six hours are looked through. */
const expressions = [
  { kind: 'simple', text: () => 'responsetime > 0.75 AND responsetime < 0.7501 AND fault', most: 50 },
  { kind: 'simple', text: () => 'fault', most: 50 },
  { kind: 'simple', text: () => 'http.url CONTAINS "items/123456"', most: 50 },
  { kind: 'annotation', text: ({ customer }) => `annotation.customer = "${customer}"`, most: 50 },
  { kind: 'annotation', text: () => 'annotation.customer BEGINSWITH "abcde"', most: 50 },
  { kind: 'service', text: () => 'service("stock-3") { responsetime > 0.2515 AND fault }', most: 100 },
  { kind: 'edge', text: () => 'edge("orders-1", "stock-3") { responsetime > 0.503 }', most: 100 },
  { kind: 'root cause', text: () => 'rootcause.fault.service { last AND name = "stock-3" }', most: 500 },
];

export async function measure({ say }) {
  const rows = Number(process.argv.find((word) => word.startsWith('--rows='))?.slice('--rows='.length) ?? defaultRows);
  const figures = [];
  const chosen = process.argv.includes('--wide') ? Object.keys(shapes) : ['small'];
  for (const shape of chosen) figures.push(...(await measureShape({ rows, shape, say })));
  return { figures, wrong: [] };
}

async function measureShape({ rows, shape, say }) {
  const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-bench-'));
  const beganMs = performance.now();
  const data = await storeRows(join(folder, 'clickhouse'), { rows, shape });
  const product = await Product.start({}, folder);
  const what = `${(rows / 1e6).toFixed(0)} M rows, ${shape} graph`;
  say(`${what}: stored in ${((performance.now() - beganMs) / 1000).toFixed(0)} s, ready after ${product.startMs.toFixed(0)} ms`);
  try {
    await restOf(product);
    say('measuring');
    return await measureAll(product, data, what);
  } finally {
    await product.stop();
  }
}

/** Rows that came by the million leave merges behind, which are not what a query costs. */
async function restOf(product) {
  const limitMs = performance.now() + restLimitMs;
  let quietChecks = 0;
  while (quietChecks < 3 && performance.now() < limitMs) {
    await sleep(1000);
    quietChecks = (await product.sql('SELECT count() FROM system.merges')).trim() === '0' ? quietChecks + 1 : 0;
  }
}

async function measureAll(product, data, what) {
  const figures = [];
  for (const { name, seconds, most } of ranges) {
    const pick = () => rangeOf(data, seconds);
    const floor = await time(() => bareGraph(product, pick()));
    const value = await time(() => product.rawServiceGraph(pick()));
    figures.push(figure(`GetServiceGraph ${name}, ${what}`, value, { unit: 'ms', most, floor }));
  }
  figures.push(...(await measureHistory(product, data, what)));
  let next = 0;
  const traceId = () => data.traceIds[next++ % data.traceIds.length];
  const bareTrace = await time(() => bareDocuments(product, traceId()));
  next = 0;
  const trace = await time(() => askTrace(product, traceId()));
  figures.push(figure(`BatchGetTraces, one trace, ${what}`, trace, { unit: 'ms', most: 15, floor: bareTrace }));
  const summaries = await time(() =>
    post(`${product.httpUrl}/TraceSummaries`, { StartTime: data.to - 3600 - Math.random(), EndTime: data.to }),
  );
  figures.push(figure(`GetTraceSummaries, newest page of 1 h, ${what}`, summaries, { unit: 'ms' }));
  return [...figures, ...(await measureTraceLists(product, data, what)), ...(await measureExpressions(product, data, what))];
}

/** Newest pages, as the list of traces asks for them. */
async function measureTraceLists(product, data, what) {
  const figures = [];
  const add = async ({ name, seconds, filter = '', most = 40 }) => {
    const page = await time(() => askPage(product, rangeOf(data, seconds), filter));
    figures.push(figure(`a page of 100 traces of ${name}, ${what}`, page, { unit: 'ms', most }));
  };
  for (const range of ranges) await add({ ...range, most: 40 });
  for (const { name, filter } of listFilters) await add({ name: `6 h, ${name}`, seconds: 6 * 3600, filter });
  return figures;
}

/** GetTraceSummaries over six hours: the first page, made of the documents; beside it, what the statement alone takes. */
async function measureExpressions(product, data, what) {
  const figures = [];
  for (const { kind, text, most } of expressions) {
    const filter = text(data);
    const floor = await time(() => bareFilter(product, rangeOf(data, 6 * 3600), filter));
    const value = await time(() => askFilter(product, rangeOf(data, 6 * 3600), filter));
    figures.push(figure(`6 h, ${kind}: ${filter.slice(0, 50)}, ${what}`, value, { unit: 'ms', most, floor }));
  }
  return figures;
}

async function askFilter(product, { from, to }, FilterExpression) {
  const answer = await post(`${product.httpUrl}/TraceSummaries`, { StartTime: from, EndTime: to, FilterExpression });
  if (!Array.isArray(answer.TraceSummaries)) throw new Error(`the filter was answered with ${JSON.stringify(answer).slice(0, 300)}`);
}

async function bareFilter(product, { from, to }, filter) {
  const { sql, params } = traceCondition(parseFilter(filter).expression);
  const query = `SELECT start_micros, hex(trace_id) FROM traces WHERE slice >= {from: UInt32} AND slice <= {to: UInt32} AND (${sql}) ORDER BY start_micros DESC LIMIT 200 FORMAT JSONCompactEachRow`;
  await product.sql(query, { ...params, from: Math.floor(from / 10), to: Math.floor(to / 10) });
}

async function askPage(product, { from, to }, filter) {
  const { rows } = await (await fetch(`${product.httpUrl}/api/traces?from=${from}&to=${to}&limit=100${filter}`)).json();
  if (rows?.length !== 100) throw new Error(`the page of traces is not full: ${rows?.length}`);
}

/** What charts and the time machine ask. */
async function measureHistory(product, data, what) {
  const ask = async (path, { from, to }) => {
    const response = await fetch(`${product.httpUrl}/api/graph/${path}&from=${from}&to=${to}`);
    const answer = await response.json();
    if (!((answer.points ?? answer.slices)?.length >= 50)) throw new Error(`${path} answered ${JSON.stringify(answer).slice(0, 300)}`);
  };
  const node = encodeURIComponent('orders-1|AWS::ECS::Container');
  const series = await time(() => ask(`series?period=60&node=${node}`, rangeOf(data, 6 * 3600)));
  const slices = await time(() => ask('slices?period=60', rangeOf(data, 3600)));
  return [
    figure(`one node over 6 h by minute, ${what}`, series, { unit: 'ms', most: 50 }),
    figure(`the graph of 1 h by minute, ${what}`, slices, { unit: 'ms' }),
  ];
}

/** Ends somewhere in the last minutes, never on a whole hour. */
function rangeOf({ to }, seconds) {
  const end = Math.floor(to - 30 - Math.random() * 600) + 3;
  return { from: end - seconds, to: end };
}

async function bareGraph(product, { from, to }) {
  const range = { from: Math.floor(from / 10) * 10, to: Math.ceil(to / 10) * 10 };
  const lines = (await product.sql(`${queryText('graph-headers')} FORMAT JSONCompactEachRow`, range)).trim().split('\n');
  const headers = chooseHeaders(
    lines.map((line) => JSON.parse(line)),
    range,
  ).map((header) => `(${header})`);
  const answer = await product.sql(`${queryText('service-graph')} FORMAT JSONCompactEachRow`, { headers: `[${headers}]` });
  if (answer.split('\n').length < 20) throw new Error(`the bare statement found no graph: ${answer.slice(0, 500)}`);
}

async function bareDocuments(product, traceId) {
  const hex = traceId.slice(2, 10) + traceId.slice(11);
  const answer = await product.sql(`${queryText('trace-documents')} FORMAT JSONCompactEachRow`, { trace_ids: `['${hex}']` });
  if (answer.split('\n').length !== 3) throw new Error(`the bare statement found no trace: ${answer.slice(0, 500)}`);
}

async function askTrace(product, traceId) {
  const { Traces } = await post(`${product.httpUrl}/Traces`, { TraceIds: [traceId] });
  // Inferred segments come with it.
  if (!(Traces[0]?.Segments.length >= 3)) throw new Error(`trace ${traceId} was not answered whole`);
}

/** Milliseconds, the median. */
async function time(ask) {
  const spent = [];
  for (let at = -warmUps; at < times; at++) {
    const beganMs = performance.now();
    await ask();
    if (at >= 0) spent.push(performance.now() - beganMs);
  }
  return median(spent);
}
