/** What is stored, asked for over HTTP as clients do; beside each figure the bare statement over ClickHouse's own HTTP. */
import { queryText } from '@fluoroscope/clickhouse/clickhouse';
import { chooseHeaders } from '@fluoroscope/clickhouse/headers';
import { figure } from './figures.mjs';
import { post } from './product.mjs';
import { onStoredRows, rangeOf, time, wantedRows } from './stored-product.mjs';
import { shapes } from './stored-rows.mjs';

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

export async function measure({ say }) {
  const figures = [];
  const chosen = process.argv.includes('--wide') ? Object.keys(shapes) : ['small'];
  for (const shape of chosen) figures.push(...(await onStoredRows({ rows: wantedRows(), shape, say }, measureAll)));
  return { figures, wrong: [] };
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
  return [...figures, ...(await measureTraceLists(product, data, what))];
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
  const answer = await product.sql(`${queryText('trace-documents')} FORMAT JSONCompactEachRow`, { trace_ids: `['${hex}']`, limit: 1_000 });
  if (answer.split('\n').length !== 3) throw new Error(`the bare statement found no trace: ${answer.slice(0, 500)}`);
}

async function askTrace(product, traceId) {
  const { Traces } = await post(`${product.httpUrl}/Traces`, { TraceIds: [traceId] });
  // Inferred segments come with it.
  if (!(Traces[0]?.Segments.length >= 3)) throw new Error(`trace ${traceId} was not answered whole`);
}
