/**
 * Filter expressions over six hours of stored traces. For each: the first page of GetTraceSummaries as a client gets it, made of
 * the documents, and the condition alone, asked of all rows of the six hours at once. The floor of the latter is to count these rows
 * by one narrow column.
 *
 * Most are met by so few traces that all of the six hours are looked through; numbers differ from ask to ask, so that nothing is
 * answered out of a cache of conditions.
 */
import { traceCondition } from '@fluoroscope/clickhouse/trace-condition';
import { parseFilter } from '@fluoroscope/xray/filter/parse';
import { figure } from './figures.mjs';
import { post } from './product.mjs';
import { keptFolder, onStoredRows, rangeOf, time, wantedRows } from './stored-product.mjs';

const rangeSeconds = 6 * 3600;

const expressions = [
  { kind: 'simple', most: 50, text: ({ n }) => `responsetime > 0.75${n} AND responsetime < 0.75${n}1 AND fault` },
  { kind: 'simple', most: 50, text: () => 'fault' },
  { kind: 'simple', most: 50, text: ({ n }) => `http.url CONTAINS "items/1234${n}"` },
  { kind: 'annotation', most: 50, text: ({ customer }) => `annotation.customer = "${customer}"` },
  { kind: 'annotation', most: 50, text: ({ n }) => `annotation.customer BEGINSWITH "abcd${n}"` },
  { kind: 'service', most: 100, text: () => 'service("stock-3")' },
  { kind: 'service', most: 100, text: ({ n }) => `service("stock-3") { responsetime > 0.251${n} AND fault }` },
  { kind: 'edge', most: 100, text: ({ n }) => `edge("orders-1", "stock-3") { responsetime > 0.503${n} }` },
  { kind: 'root cause', most: 500, text: ({ n }) => `rootcause.fault.service { last AND name = "stock-3" } AND responsetime > 0.75${n}` },
];

export async function measure({ say }) {
  const figures = await onStoredRows({ rows: wantedRows(), shape: 'small', withGraph: false, folder: keptFolder(), say }, measureAll);
  return { figures, wrong: [] };
}

async function measureAll(product, data, what) {
  const floor = await time(() => countRows(product, rangeOf(data, rangeSeconds)));
  const figures = [figure(`6 h, floor: rows counted by one narrow column, ${what}`, floor, { unit: 'ms' })];
  for (const { kind, text, most } of expressions) {
    const name = `6 h, ${kind}: ${text({ ...data, n: '' }).slice(0, 60)}`;
    const bare = await time((n) => askRows(product, rangeOf(data, rangeSeconds), text({ ...data, n })));
    const page = await time((n) => askPage(product, rangeOf(data, rangeSeconds), text({ ...data, n })));
    figures.push(figure(name, page, { unit: 'ms', most }), figure('  the condition alone', bare, { unit: 'ms', most, floor }));
  }
  return figures;
}

async function askPage(product, { from, to }, FilterExpression) {
  const answer = await post(`${product.httpUrl}/TraceSummaries`, { StartTime: from, EndTime: to, FilterExpression });
  if (!Array.isArray(answer.TraceSummaries)) throw new Error(`the filter was answered with ${JSON.stringify(answer).slice(0, 300)}`);
}

const within = 'slice >= {from: UInt32} AND slice <= {to: UInt32}';
/** As the product's statement, which has no newest rows to look out for while it reads. */
const settings = 'SETTINGS use_query_condition_cache = 0, use_top_k_dynamic_filtering = 0, precise_float_parsing = 1';

async function askRows(product, range, filter) {
  const { sql, params } = traceCondition(parseFilter(filter).expression);
  const query = `SELECT start_micros, hex(trace_id) FROM traces WHERE ${within} AND NOT rootless AND (undecided OR (${sql})) ORDER BY start_micros DESC LIMIT 100 ${settings} FORMAT JSONCompactEachRow`;
  await product.sql(query, { ...params, ...slicesOf(range) });
}

async function countRows(product, range) {
  await product.sql(`SELECT countIf(root_status = 1) FROM traces WHERE ${within} ${settings}`, slicesOf(range));
}

function slicesOf({ from, to }) {
  return { from: Math.floor(from / 10), to: Math.floor(to / 10) };
}
