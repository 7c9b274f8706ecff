/**
 * GetTraceSummaries with a filter expression, by the official client: real log, real writer, real ClickHouse. What storage
 * leaves out must be what the plain evaluator would leave out.
 */
import { GetTraceSummariesCommand, type TraceSummary, type XRayClient } from '@aws-sdk/client-xray';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { matchesExpression } from '@fluoroscope/xray/filter/evaluate';
import type { Expression } from '@fluoroscope/xray/filter/expression';
import { FilteredTrace } from '@fluoroscope/xray/filter/filtered-trace';
import { traitsOf } from '@fluoroscope/xray/filter/narrow';
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
const documents = annotated(traffic.documents, chance);
const nodes = traffic.graph.nodes.map(({ key }) => key);

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

test('storage leaves out no trace that a random expression means, and some that it does not', async () => {
  const maker = new ExpressionMaker(chance, nodes);
  const everyone = await found(null);
  let leftOut = 0;
  for (let i = 0; i < 40; i++) {
    const expression = maker.make();
    if (traitsOf(expression).length === 0) continue;
    const candidates = await found(expression);
    const meant = everyone.filter((traceId) => matches(expression, traceId));
    const filter = printFilter(expression);
    expect({ filter, missing: meant.filter((traceId) => !candidates.includes(traceId)) }).toEqual({ filter, missing: [] });
    leftOut += everyone.length - candidates.length;
  }
  expect(leftOut).toBeGreaterThan(100);
});

test('random expressions find what the evaluator finds, newest first', async () => {
  const maker = new ExpressionMaker(chance, nodes);
  const everyone = await found(null);
  for (let i = 0; i < 6; i++) {
    const expression = maker.make();
    const filter = printFilter(expression);
    const meant = everyone.filter((traceId) => matches(expression, traceId));
    expect({ filter, ids: await idsOf(client, filter) }).toEqual({ filter, ids: meant });
  }
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
    expect(looked.reduce((sum, page) => sum + (page.TracesProcessedCount ?? 0), 0)).toBeGreaterThan(traces * 0.9);
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
