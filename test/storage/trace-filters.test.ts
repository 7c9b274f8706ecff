/**
 * GetTraceSummaries with a filter expression, by the official client: real log, real writer, real ClickHouse. What storage
 * leaves out must be what the plain evaluator would leave out.
 */
import { GetTraceSummariesCommand, type TraceSummary, type XRayClient } from '@aws-sdk/client-xray';
import { traceCondition } from '@fluoroscope/clickhouse/trace-condition';
import { StoredTraceListReader, type TracePlace } from '@fluoroscope/clickhouse/trace-list-reader';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { matchesExpression } from '@fluoroscope/xray/filter/evaluate';
import type { Expression } from '@fluoroscope/xray/filter/expression';
import { FilteredTrace } from '@fluoroscope/xray/filter/filtered-trace';
import { parseFilter } from '@fluoroscope/xray/filter/parse';
import { printFilter } from '@fluoroscope/xray/filter/print';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from '../compat/api-on-disk.js';
import { until } from '../compat/live-client.js';
import { Chance } from '../fixtures/chance.js';
import { annotated, ExpressionMaker } from '../fixtures/expressions.js';
import { generateTraffic } from '../fixtures/traffic.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const seed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`trace filters: seed ${seed}`);
const nowSeconds = Math.floor(Date.now() / 1000);
const spanSeconds = 300;
const range = { from: nowSeconds - spanSeconds - 10, to: nowSeconds + 10 };
const traces = 150;

let clickhouse: TestClickHouse;
let installation: Installation;
let reader: StoredTraceReader;
let server: ApiOnDisk;
let client: XRayClient;
const chance = new Chance(seed);
const traffic = generateTraffic(seed, { nowSeconds, spanSeconds, traces, orphanShare: 0.1, lostShare: 0.05 });
const documents = [...annotated(traffic.documents, chance), ...longTraces()];
const maker = new ExpressionMaker(
  chance,
  traffic.graph.nodes.map(({ key }) => key),
);

beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  const { log, graph } = installation;
  reader = new StoredTraceReader(installation.client);
  server = await startApiOnDisk({ log, graph, traces: reader });
  client = clientOf(server.api.url);
  await installation.append(documents.map((document) => JSON.stringify(document)));
  await until(() => installation.counters().lag === 0 && installation.counters().appended === installation.log.endPosition(), 60_000);
});

afterAll(async () => {
  client?.destroy();
  await server?.close();
  await installation?.remove();
  await clickhouse?.remove();
});

test('storage leaves out no trace that a random expression means, while rows are missing', async () => {
  const everyone = await found(null);
  for (let i = 0; i < 15; i++) await expectNoneMissing(maker.make(), everyone);
});

describe('when every trace has its row', () => {
  beforeAll(async () => {
    await installation.traced();
    // A merge makes the Bloom filters.
    await installation.client.command({ query: 'OPTIMIZE TABLE traces FINAL' });
  });

  test('storage finds what random expressions mean, and nothing else where a row can tell', async () => {
    const everyone = await found(null);
    const untold = await tracesThatRowsCannotTell();
    let exact = 0;
    let leftOut = 0;
    for (let i = 0; i < 80; i++) {
      const expression = maker.make();
      const { candidates, meant } = await expectNoneMissing(expression, everyone);
      leftOut += everyone.length - candidates.length;
      if (!traceCondition(expression).isExact) continue;
      exact++;
      const surplus = candidates.filter((traceId) => !meant.includes(traceId) && !untold.has(traceId));
      expect({ filter: printFilter(expression), surplus }).toEqual({ filter: printFilter(expression), surplus: [] });
    }
    expect(untold.size).toBeLessThan(everyone.length / 2);
    expect(exact).toBeGreaterThan(15);
    expect(leftOut).toBeGreaterThan(everyone.length * 30);
  });

  test('in small steps finds the same as at once', async () => {
    for (const expression of [...Array.from({ length: 5 }, () => maker.make()), await meantByManyRootless()]) {
      const stepped: string[] = [];
      for (let before: TracePlace | null = null, steps = 0; steps === 0 || before !== null; steps++) {
        const { traces, next } = await reader.find({ ...range, by: 'start', limit: 7, filter: expression, before });
        stepped.push(...traces.map(({ traceId }) => traceId));
        before = next;
      }
      expect({ filter: printFilter(expression), stepped }).toEqual({ filter: printFilter(expression), stepped: await found(expression) });
    }
  });

  test('a late document changes what is found at once, and what its rows say', async () => {
    const [first] = documents.filter(({ type, parent_id: parent }) => type !== 'subsegment' && parent === undefined);
    const { trace_id, id = '', start_time = nowSeconds } = first ?? {};
    const late = {
      trace_id,
      id: 'ffffffffffffff01',
      parent_id: id,
      name: 'late-service',
      start_time: start_time + 25,
      end_time: start_time + 26,
    };
    const filter = 'service("late-service") AND annotation.late = 7 AND inferred AND duration >= 20';
    expect(await idsOf(client, filter)).toEqual([]);
    await installation.append([JSON.stringify({ ...late, annotations: { late: 7 } })]);
    await until(() => installation.counters().lag === 0 && installation.counters().appended === installation.log.endPosition(), 60_000);
    expect(await idsOf(client, filter)).toEqual([trace_id]);
    await installation.traced();
    expect(await idsOf(client, filter)).toEqual([trace_id]);
    const rows = await installation.client.query({
      query: `SELECT merged FROM traces WHERE has(facet.value, 'n7') AND has(item.node, 'late-service\\0\\0')`,
      format: 'JSONEachRow',
    });
    expect(await rows.json()).toContainEqual({ merged: 1 });
    documents.push({ ...late, annotations: { late: 7 } } as SegmentDocument);
    known.clear();
  });
});

test('random expressions find what the evaluator finds, newest first', async () => {
  const everyone = await found(null);
  for (let i = 0; i < 6; i++) {
    const expression = maker.make();
    const filter = printFilter(expression);
    const meant = everyone.filter((traceId) => matches(expression, traceId));
    expect({ filter, ids: await idsOf(client, filter) }).toEqual({ filter, ids: meant });
  }
});

test('traces of more documents than are read together are all found', async () => {
  const ids = Array.from({ length: 3 }, (_, n) => `1-${(nowSeconds - 100 - n).toString(16)}-${n.toString(16).padStart(24, '8')}`);
  const large = ids.flatMap((trace_id, n) => {
    const [start_time, end_time] = [nowSeconds - 100 - n, nowSeconds - 99 - n];
    const root = { trace_id, id: 'ffffffffffffffff', name: 'large', start_time, end_time };
    const part = (id: string) => ({
      ...root,
      id,
      type: 'subsegment',
      parent_id: root.id,
      start_time: start_time + 0.1,
      name: `step ${id}`,
    });
    return [root, ...Array.from({ length: 600 }, (_, at) => part((at + 1).toString(16).padStart(16, '0')))];
  });
  await installation.append(large.map((document) => JSON.stringify(document)));
  await until(() => installation.counters().lag === 0 && installation.counters().appended === installation.log.endPosition(), 60_000);
  const filter = 'service("large") AND duration > 0.5';
  expect(await idsOf(client, filter)).toEqual(ids);
  const query = { ...range, filter: { outcomes: [], inProgress: false }, expression: expressionOf(filter) };
  const { rows } = await new StoredTraceListReader(installation.client).page(query, 10, null);
  expect(rows.map(({ traceId, documents: count }) => [traceId, count])).toEqual(ids.map((traceId) => [traceId, 601]));
});

describe('a filter expression', () => {
  test('leaves traces out before they are read, where storage can tell', async () => {
    const faulty = traffic.graph.nodes.find(({ inferred, statistics }) => !inferred && statistics.fault > 0)?.key.name;
    const pages = await pagesOf(client, `service("${faulty}") { fault }`);
    const processed = pages.reduce((sum, page) => sum + (page.TracesProcessedCount ?? 0), 0);
    expect(processed).toBeGreaterThan(0);
    expect(processed).toBeLessThan(traces / 2);
  });

  test.each(['Event', 'Service'] as const)('holds for %s too', async (TimeRangeType) => {
    const filter = 'annotation.n >= 3 AND user = "alice"';
    const all = await summariesOf(client, undefined, TimeRangeType);
    const matching = all.filter(({ Annotations, Users }) => {
      const isThree = Annotations?.n?.some(({ AnnotationValue }) => (AnnotationValue?.NumberValue ?? 0) >= 3);
      return isThree && Users?.some(({ UserName }) => UserName === 'alice');
    });
    expect(await summariesOf(client, filter, TimeRangeType)).toEqual(matching);
    expect(matching.length).toBeGreaterThan(0);
  });

  test('gives summaries that agree with it', async () => {
    const faulty = await summariesOf(client, 'fault');
    expect(faulty.length).toBeGreaterThan(0);
    for (const summary of faulty) {
      expect(summary).toMatchObject({ HasFault: true, FaultRootCauses: [{ ClientImpacting: true }] });
      expect(summary.FaultRootCauses?.[0]?.Services?.[0]?.Name).toBe(summary.EntryPoint?.Name);
    }
    const slow = await summariesOf(client, 'responsetime > 0.5');
    for (const { ResponseTime } of slow) expect(ResponseTime).toBeGreaterThan(0.5);
    const json = JSON.stringify([
      { ClientImpacting: true, Services: faulty[0]?.FaultRootCauses?.[0]?.Services?.map(({ Name }) => ({ Name })) },
    ]);
    expect((await idsOf(client, `fault AND rootcause.json = #${json}`)).length).toBeGreaterThan(0);
  });

  test('that nothing meets is answered with a count and no trace', async () => {
    const pages = await pagesOf(client, 'service("nobody was here")');
    expect(pages.map(({ TraceSummaries, NextToken }) => [TraceSummaries, NextToken])).toEqual([[[], undefined]]);
    const looked = await pagesOf(client, 'annotation.nothing = "at all"');
    expect(looked.flatMap(({ TraceSummaries }) => TraceSummaries)).toEqual([]);
    expect(looked.reduce((sum, page) => sum + (page.TracesProcessedCount ?? 0), 0)).toBeLessThan(traces / 10);
  });

  test('belongs to its pages: a token of another is refused', async () => {
    const first = await client.send(new GetTraceSummariesCommand({ ...times(), FilterExpression: 'ok OR !ok' }));
    expect(first.TraceSummaries?.length).toBe(first.TracesProcessedCount);
    expect(first.TraceSummaries?.length).toBeLessThanOrEqual(100);
    expect(first.NextToken).toBeTypeOf('string');
    expect(first.ApproximateTime?.getTime()).toBeGreaterThan(range.from * 1000);
    const other = { ...times(), FilterExpression: 'ok', NextToken: first.NextToken };
    await expect(client.send(new GetTraceSummariesCommand(other))).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });
});

/** Traces that lie in several slices: work that goes on behind the answer, a root that came twice, a clock that is behind. */
function longTraces(): SegmentDocument[] {
  return Array.from({ length: 12 }, (_, n) => {
    const trace_id = `1-${(nowSeconds - 200).toString(16)}-${n.toString(16).padStart(24, '7')}`;
    const start = nowSeconds - 200 + n;
    const later = start + (n % 3 === 2 ? -15 : 15);
    const root = { trace_id, id: '00000000000000a1', name: 'shop', start_time: start, end_time: start + 1 };
    const work = { trace_id, id: '00000000000000a3', name: 'worker', start_time: later, end_time: later + 12.5 };
    const call = { id: '00000000000000a2', name: 'worker', namespace: 'remote', start_time: start + 0.5, end_time: start + 0.6 };
    return [
      { ...root, fault: n % 2 === 0, user: 'carol', subsegments: [call] },
      { ...work, annotations: { n, text: 'red' }, ...(n % 3 === 1 ? {} : { parent_id: call.id }) },
    ];
  }).flat();
}

async function expectNoneMissing(expression: Expression, everyone: readonly string[]): Promise<{ candidates: string[]; meant: string[] }> {
  const candidates = await found(expression);
  const meant = everyone.filter((traceId) => matches(expression, traceId));
  const filter = printFilter(expression);
  expect({ filter, missing: meant.filter((traceId) => !candidates.includes(traceId)) }).toEqual({ filter, missing: [] });
  return { candidates, meant };
}

async function tracesThatRowsCannotTell(): Promise<Set<string>> {
  const query =
    "SELECT concat('1-', substring(lower(hex(trace_id)), 1, 8), '-', substring(lower(hex(trace_id)), 9)) AS id FROM traces WHERE undecided OR rootless OR merged";
  const result = await installation.client.query({ query, format: 'JSONEachRow' });
  return new Set((await result.json<{ id: string }>()).map(({ id }) => id));
}

/** A condition that rows without a root cannot answer: each of them is a candidate, unless a row of the whole trace says no. */
async function meantByManyRootless(): Promise<Expression> {
  const rows = await installation.client.query({
    query: 'SELECT toUInt32(countIf(rootless)) AS rootless FROM traces',
    format: 'JSONEachRow',
  });
  const [{ rootless } = { rootless: 0 }] = await rows.json<{ rootless: number }>();
  expect(rootless).toBeGreaterThan(14);
  return expressionOf('http.url CONTAINS "e" AND duration >= 0');
}

function expressionOf(filter: string): Expression {
  const parsed = parseFilter(filter);
  if ('problem' in parsed) throw new Error(parsed.problem.message);
  return parsed.expression;
}

const known = new Map<string, FilteredTrace>();

function matches(expression: Expression, traceId: string): boolean {
  const trace = known.get(traceId) ?? new FilteredTrace(documents.filter(({ trace_id }) => trace_id === traceId));
  known.set(traceId, trace);
  return matchesExpression(expression, trace);
}

async function found(filter: Expression | null): Promise<string[]> {
  return (await reader.find({ ...range, by: 'start', limit: 5_000, filter })).traces.map(({ traceId }) => traceId);
}

function times() {
  return { StartTime: new Date(range.from * 1000), EndTime: new Date(range.to * 1000) };
}

type TimeRange = 'TraceId' | 'Event' | 'Service';

async function pagesOf(reading: XRayClient, FilterExpression: string | undefined, TimeRangeType: TimeRange = 'TraceId') {
  const pages = [];
  let NextToken: string | undefined;
  do {
    const query = { ...times(), TimeRangeType, FilterExpression, NextToken };
    const page = await reading.send(new GetTraceSummariesCommand(query));
    pages.push(page);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return pages;
}

async function summariesOf(reading: XRayClient, filter: string | undefined, by?: TimeRange): Promise<TraceSummary[]> {
  return (await pagesOf(reading, filter, by)).flatMap(({ TraceSummaries }) => TraceSummaries ?? []);
}

async function idsOf(reading: XRayClient, filter: string | undefined, by?: TimeRange): Promise<string[]> {
  return (await summariesOf(reading, filter, by)).map(({ Id }) => Id ?? '');
}
