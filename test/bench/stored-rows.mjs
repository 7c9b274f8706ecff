/**
 * Fills the tables of an installation with hours of stored traces without sending them: the engine makes documents, entities
 * and relations of the kind that `traffic.mjs` sends, then the product's own statements compute slices and hours.
 */
import { connect, queryText, rowsOf } from '@fluoroscope/clickhouse/clickhouse';
import { startEmbedded } from '@fluoroscope/clickhouse/embedded';
import { longPeriods } from '@fluoroscope/clickhouse/headers';
import { migrate } from '@fluoroscope/clickhouse/migrate';
import { recomputeSlice, recomputeTraces } from '@fluoroscope/clickhouse/recompute';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { rowsPerSegment } from './traffic.mjs';

/** A graph of about 60 edges, and one of about 260. */
export const shapes = {
  small: { paths: 20, gateways: 4, middles: 8, leaves: 8, partners: 4, tables: 10 },
  wide: { paths: 120, gateways: 10, middles: 40, leaves: 40, partners: 10, tables: 20 },
};
/** More than six hours, so that a range of six lies within. */
const defaultSeconds = 6.25 * 3600;
const memoryBytes = 3_000_000_000;
/** One statement makes so many segments, so that memory stays bounded. */
const segmentsPerInsert = 500_000;
const slicesPerStatement = 16;
const noLogger = { info() {}, warn() {} };

/** Resolves to the first and last second of the data, some of its trace IDs, and an annotation. */
export async function storeRows(folder, { rows, shape, withGraph = true, seconds = defaultSeconds }) {
  const engine = await startEmbedded({ folder, maxMemoryBytes: memoryBytes, logger: noLogger });
  const client = connect(engine);
  try {
    await migrate(engine);
    const from = Math.floor((Date.now() / 1000 - seconds) / sliceSeconds) * sliceSeconds;
    const segments = Math.floor(rows / rowsPerSegment / 3) * 3;
    await insertFacts(client, { ...shapes[shape], from, seconds, segments });
    if (withGraph) await computeSlices(client, { from, seconds, segments });
    await computeTraceRows(client, { from, seconds, segments });
    const query = 'SELECT lower(hex(trace_id)) AS hex FROM documents ORDER BY cityHash64(trace_id) LIMIT 30';
    const sample = await (await client.query({ query, format: 'JSONEachRow' })).json();
    const customers = await client.query({
      query: 'SELECT substring(facet.value[1], 2) AS customer FROM traces LIMIT 1',
      format: 'JSONEachRow',
    });
    const [{ customer }] = await customers.json();
    return { from, to: from + seconds, customer, traceIds: sample.map(({ hex }) => `1-${hex.slice(0, 8)}-${hex.slice(8)}`) };
  } finally {
    await client.close();
    await engine.close();
  }
}

async function insertFacts(client, data) {
  for (let first = 0; first < data.segments; first += segmentsPerInsert) {
    const count = Math.min(segmentsPerInsert, data.segments - first);
    const source = segmentsSql({ ...data, first, count });
    for (const query of [documentsSql(source), entitiesSql(source), relationsSql(source, data)]) await client.command({ query });
  }
}

/** As the writer does, some slices at once. */
async function computeTraceRows(client, { from, seconds, segments }) {
  const first = from / sliceSeconds;
  const end = first + Math.ceil(seconds / sliceSeconds);
  for (let slice = first; slice < end; slice += slicesPerStatement) {
    const slices = Array.from({ length: Math.min(slicesPerStatement, end - slice) }, (_, at) => slice + at);
    await recomputeTraces(client, { slices, versions: new Map([[0, segments]]) });
    await client.command({ query: queryText('note-traced'), query_params: { slices, shard: 0, version: segments } });
  }
}

async function computeSlices(client, { from, seconds, segments }) {
  const slices = Array.from({ length: Math.ceil(seconds / sliceSeconds) }, (_, at) => from / sliceSeconds + at);
  const worker = async () => {
    for (let slice = slices.shift(); slice !== undefined; slice = slices.shift())
      await recomputeSlice(client, { slice, shard: 0, version: segments, hasLinks: false });
  };
  await Promise.all([worker(), worker()]);
  for (const period of longPeriods) {
    // As the writer does: what has ended.
    const before = Math.floor(Date.now() / 1000 / period) * period;
    for (const [start, version] of await rowsOf(client, 'stale-periods', { period, shard: 0, before, limit: 100_000 }))
      await client.command({ query: queryText('recompute-period'), query_params: { period, start, shard: 0, version } });
  }
}

/** Segment n is part n % 3 of trace n / 3; part 0 is the last service of the chain. */
function segmentsSql({ first, count, from, seconds: span, segments, paths, gateways, middles, leaves, partners, tables }) {
  const name = (part, path) =>
    `multiIf(${part} = 0, concat('stock-', toString((${path} * 3) % ${leaves})), ${part} = 1, concat('orders-', toString((${path} * 7) % ${middles})), concat('gateway-', toString(${path} % ${gateways})))`;
  return `SELECT
    number AS n, intDiv(n, 3) AS t, n % 3 AS part, cityHash64(t) % ${paths} AS path,
    ${from}000000 + toUInt64(n * ${(span * 1e6) / segments}) AS start_micros,
    toUInt64(2000 + 250000 * pow((cityHash64(t, 3) % 1024) / 1024, 4)) * (part + 1) AS took_micros,
    if(took_micros < 49500, toUInt16(round(took_micros / 1000)), toUInt16(50 + floor(log(took_micros / 49500) / log(1.02)))) AS bucket,
    toUInt32(intDiv(start_micros, 10000000)) AS slice,
    ${from} + intDiv(t * 3 * ${(span * 1e6) / segments}, 1000000) AS trace_seconds,
    concat(leftPad(lower(hex(toUInt32(trace_seconds))), 8, '0'), substring(lower(hex(MD5(toString(t)))), 1, 24)) AS trace_hex,
    toFixedString(unhex(trace_hex), 16) AS trace_id,
    sipHash64(n, 0) AS own_id, sipHash64(n, 1) AS call_id, sipHash64(n, 2) AS table_id, if(part = 2, 0, sipHash64(n + 1, 1)) AS parent_id,
    ${name('part', 'path')} AS service,
    if(part = 0, concat('partner-', toString(path % ${partners}), '.example.com'), ${name('(part - 1)', 'path')}) AS callee,
    concat('table-', toString(path % ${tables})) AS table_name,
    if(cityHash64(n, 4) % 16 = 0, 3, 0) AS outcome,
    9223372036854775808 + n AS version
    FROM numbers(${first}, ${count})`;
}

function documentsSql(source) {
  const hex = (id) => `leftPad(lower(hex(${id})), 16, '0')`;
  const seconds = (micros) => `toString(toDecimal64(${micros} / 1000000, 6))`;
  const text = [
    `'{"trace_id":"1-'`,
    'substring(trace_hex, 1, 8)',
    "'-'",
    'substring(trace_hex, 9)',
    `'","id":"'`,
    hex('own_id'),
    `'","name":"'`,
    'service',
    `if(part = 2, '"', concat('","parent_id":"', ${hex('parent_id')}, '"'))`,
    `',"start_time":'`,
    seconds('start_micros'),
    `',"end_time":'`,
    seconds('(start_micros + took_micros)'),
    `if(outcome = 3, ',"fault":true', '')`,
    `',"origin":"AWS::ECS::Container","http":{"request":{"method":"GET","url":"https://'`,
    'service',
    `'.example.com/api/v1/items/'`,
    'toString(n)',
    `'","user_agent":"node"},"response":{"status":'`,
    `if(outcome = 3, '500', '200')`,
    `'}},"annotations":{"customer":"'`,
    'lower(hex(MD5(toString(n, 1))))',
    `'"},"subsegments":[{"id":"'`,
    hex('call_id'),
    `'","name":"'`,
    'callee',
    `'","namespace":"remote","start_time":'`,
    seconds('start_micros'),
    `',"end_time":'`,
    seconds('(start_micros + took_micros)'),
    `'},{"id":"'`,
    hex('table_id'),
    `'","name":"DynamoDB","namespace":"aws","aws":{"operation":"GetItem","table_name":"'`,
    'table_name',
    `'","request_id":"'`,
    'lower(hex(MD5(toString(n + 7))))',
    `'"},"start_time":'`,
    seconds('start_micros'),
    `',"end_time":'`,
    seconds('(start_micros + took_micros)'),
    `'}],"metadata":{"app":{"session":"'`,
    'lower(hex(MD5(toString(n + 13))))',
    `'","note":"'`,
    `repeat('what the service was told about this request, ', 5)`,
    'lower(hex(SHA512(toString(n))))',
    `'"}}}'`,
  ];
  return `INSERT INTO documents SELECT trace_id, own_id, version, slice, 1, 0, start_micros, concat(${text.join(', ').replaceAll('toString(n, 1)', 'toString(n + 1)')}) FROM (${source})`;
}

function entitiesSql(source) {
  const http = "[concat('https://', service, '.example.com/api/v1/items/', toString(n)), 'GET', 'node', '']";
  const segment = "(own_id, 1, parent_id, service, 'AWS::ECS::Container', '', '')";
  const call = "(call_id, 2, own_id, callee, if(part = 0, 'remote', 'AWS::ECS::Container'), service, 'AWS::ECS::Container')";
  const table = "(table_id, 2, own_id, table_name, 'AWS::DynamoDB::Table', service, 'AWS::ECS::Container')";
  return `INSERT INTO entities SELECT slice, 0, trace_id, e.1, version, e.2, e.3, e.4, e.5, '', e.6, e.7, '',
    start_micros, took_micros, took_micros, if(e.2 = 1, outcome, 0), 0, 0, bucket, bucket,
    if(e.2 = 1, '', e.4), 128, if(e.2 != 1, 65535, if(outcome = 3, 500, 200)), if(e.2 = 1, ${http}, []),
    if(e.2 = 1, ['annotation.customer'], []), if(e.2 = 1, [concat('s', lower(hex(MD5(toString(n + 1)))))], [])
    FROM (SELECT *, arrayJoin([${segment}, ${call}, ${table}]) AS e FROM (${source}))`;
}

/** Written by the callee: in the slice of its caller's call, which is the next segment. */
function relationsSql(source, { from, seconds: span, segments }) {
  const callSlice = `toUInt32(intDiv(${from}000000 + toUInt64((n + 1) * ${(span * 1e6) / segments}), 10000000))`;
  return `INSERT INTO relations SELECT ${callSlice}, 0, trace_id, parent_id, own_id, version, 1, service, 'AWS::ECS::Container', '' FROM (${source}) WHERE part < 2`;
}
