/** What was put through the api comes back through it, by the official client: real log, real writer, real ClickHouse. */
import {
  BatchGetTracesCommand,
  GetServiceGraphCommand,
  type GetServiceGraphCommandInput,
  GetTraceGraphCommand,
  GetTraceSummariesCommand,
  type GetTraceSummariesCommandInput,
  PutTraceSegmentsCommand,
  type TraceSummary,
  type XRayClient,
} from '@aws-sdk/client-xray';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from '../compat/api-on-disk.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const traces = 230;
const nowSeconds = Math.floor(Date.now() / 1000);
/** One trace a second, the last of them a minute old. */
const firstStart = nowSeconds - traces - 60;
const range = { StartTime: new Date(firstStart * 1000), EndTime: new Date((firstStart + traces) * 1000) };
const absentTrace = '1-00000000-000000000000000000000000';

let clickhouse: TestClickHouse;
let installation: Installation;
let server: ApiOnDisk;
let client: XRayClient;

beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  server = await startApiOnDisk({ log: installation.log, graph: installation.graph, traces: new StoredTraceReader(installation.client) });
  client = clientOf(server.api.url);
  const documents = Array.from({ length: traces }, (_, n) => documentsOf(n)).flat();
  for (let i = 0; i < documents.length; i += 50) {
    const answer = await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: documents.slice(i, i + 50) }));
    expect(answer.UnprocessedTraceSegments).toEqual([]);
  }
  await installation.settled();
});

afterAll(async () => {
  client?.destroy();
  await server?.close();
  await installation?.remove();
  await clickhouse?.remove();
});

describe('GetTraceSummaries', () => {
  test.each(['TraceId', 'Event', 'Service'] as const)('by %s answers every trace once, newest first, in pages', async (TimeRangeType) => {
    const { summaries, pages } = await allSummaries({ ...range, EndTime: new Date((firstStart + traces + 1) * 1000), TimeRangeType });
    expect(summaries.map(({ Id }) => Id)).toEqual(Array.from({ length: traces }, (_, n) => traceId(traces - 1 - n)));
    expect(pages).toBeGreaterThan(2);
  });

  test('is half open, and shows what the root was asked', async () => {
    const { summaries } = await allSummaries({ StartTime: new Date((firstStart + 3) * 1000), EndTime: new Date((firstStart + 5) * 1000) });
    expect(summaries.map(({ Id }) => Id)).toEqual([traceId(4), traceId(3)]);
    expect(summaries[0]).toMatchObject({
      StartTime: new Date((firstStart + 4) * 1000),
      ResponseTime: 0.25,
      HasFault: false,
      Http: { HttpURL: 'http://shop/4', HttpStatus: 200 },
      EntryPoint: { Name: 'shop', Type: 'AWS::EC2::Instance' },
    });
  });

  test('refuses a token of another query, a range of more than a day, and what is no filter', async () => {
    const first = await client.send(new GetTraceSummariesCommand(range));
    const { NextToken } = first;
    expect(NextToken).toBeTypeOf('string');
    await expect(refusal({ ...range, TimeRangeType: 'Service', NextToken })).resolves.toBe('NextToken is not valid for this request');
    await expect(refusal({ ...range, StartTime: new Date((nowSeconds - 90_000) * 1000) })).resolves.toBe(
      'Time range cannot be longer than 24 hours',
    );
    await expect(refusal({ ...range, FilterExpression: 'error', NextToken })).resolves.toBe('NextToken is not valid for this request');
    await expect(refusal({ ...range, FilterExpression: 'error AND' })).resolves.toBe(
      'Invalid filter expression at character 10: expected a condition, found the end',
    );
    await expect(refusal({ ...range, FilterExpression: '' })).resolves.toContain("at 'filterExpression'");
    await expect(refusal({ StartTime: range.EndTime, EndTime: range.StartTime })).resolves.toContain('StartTime');
  });
});

describe('BatchGetTraces', () => {
  test('answers whole traces, and names those it does not have', async () => {
    const TraceIds = [traceId(7).toUpperCase().replace('1-', '1-'), absentTrace, 'nonsense', traceId(8)];
    const { Traces, UnprocessedTraceIds, NextToken } = await client.send(new BatchGetTracesCommand({ TraceIds }));
    expect(Traces?.map(({ Id, Duration, LimitExceeded }) => [Id, Duration, LimitExceeded])).toEqual([
      [traceId(7), 0.25, false],
      [traceId(8), 0.25, false],
    ]);
    expect(UnprocessedTraceIds).toEqual(['nonsense', absentTrace]);
    expect(NextToken).toBeUndefined();
    const documents = Traces?.[0]?.Segments?.map(({ Id, Document }) => ({ Id, ...JSON.parse(Document ?? '') }));
    expect(documents?.every(({ Id, id }) => Id === id)).toBe(true);
    expect(documents?.map(({ name }) => name).sort()).toEqual(['DynamoDB', 'cart', 'shop']);
    expect(documents?.find(({ name }) => name === 'DynamoDB')).toMatchObject({ inferred: true, origin: 'AWS::DynamoDB::Table' });
  });

  test('ends a page with the trace that reaches its bound', async () => {
    const TraceIds = ['a', 'b', 'c'].map((letter) => `1-0000000f-${letter.repeat(24)}`);
    for (const id of TraceIds) await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: bigDocuments(id) }));
    for (const id of TraceIds) await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: bigDocuments(id, 50) }));
    for (const id of TraceIds) await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: bigDocuments(id, 100) }));
    await installation.settled();
    const first = await client.send(new BatchGetTracesCommand({ TraceIds }));
    expect(first.Traces?.map(({ Id, Segments }) => [Id, Segments?.length])).toEqual([[TraceIds[0], 150]]);
    const second = await client.send(new BatchGetTracesCommand({ TraceIds, NextToken: first.NextToken }));
    expect(second.Traces?.map(({ Id }) => Id)).toEqual([TraceIds[1]]);
    const third = await client.send(new BatchGetTracesCommand({ TraceIds, NextToken: second.NextToken }));
    expect([third.Traces?.length, third.NextToken]).toEqual([1, undefined]);
  });
});

describe('the service graph', () => {
  test('of a time has exact counts, and says how far it was widened', async () => {
    const { StartTime, EndTime, Services } = await client.send(new GetServiceGraphCommand(range));
    expect([StartTime, EndTime].map((time) => (time?.getTime() ?? 1) % 10_000)).toEqual([0, 0]);
    expect(Services?.map(({ Name, Type, State }) => [Name, Type, State]).sort()).toEqual([
      ['cart', undefined, 'active'],
      ['carts', 'AWS::DynamoDB::Table', 'unknown'],
      ['shop', 'AWS::EC2::Instance', 'active'],
      ['shop', 'client', 'unknown'],
    ]);
    const shop = Services?.find(({ Type }) => Type === 'AWS::EC2::Instance');
    const caller = Services?.find(({ Type }) => Type === 'client');
    expect(shop).toMatchObject({ Root: true, SummaryStatistics: { OkCount: traces, TotalCount: traces } });
    expect(shop?.SummaryStatistics?.TotalResponseTime).toBeCloseTo(traces * 0.25, 5);
    expect(caller?.Edges).toMatchObject([{ ReferenceId: shop?.ReferenceId, SummaryStatistics: { TotalCount: traces }, Aliases: [] }]);
  });

  test('of two traces counts those two', async () => {
    const { Services } = await client.send(new GetTraceGraphCommand({ TraceIds: [traceId(1), traceId(2), absentTrace] }));
    expect(Services?.map(({ SummaryStatistics }) => SummaryStatistics?.TotalCount).sort()).toEqual([2, 2, 2, undefined]);
  });

  test('refuses more than six hours, a range that goes backwards and a group that is not there', async () => {
    const long = { StartTime: new Date((nowSeconds - 6 * 3600 - 1) * 1000), EndTime: new Date(nowSeconds * 1000) };
    await expect(graphRefusal(long)).resolves.toBe('Time range cannot be longer than 6 hours');
    await expect(graphRefusal({ StartTime: range.EndTime, EndTime: range.StartTime })).resolves.toContain('StartTime');
    await expect(graphRefusal({ ...range, GroupName: 'nobody' })).resolves.toContain('nobody');
    await expect(graphRefusal({ ...range, GroupName: 'Default' })).resolves.toBe('');
  });
});

async function allSummaries(input: GetTraceSummariesCommandInput): Promise<{ summaries: TraceSummary[]; pages: number }> {
  const summaries: TraceSummary[] = [];
  let NextToken: string | undefined;
  let pages = 0;
  do {
    const page = await client.send(new GetTraceSummariesCommand({ ...input, ...(NextToken === undefined ? {} : { NextToken }) }));
    summaries.push(...(page.TraceSummaries ?? []));
    NextToken = page.NextToken;
    pages++;
  } while (NextToken !== undefined);
  return { summaries, pages };
}

function refusal(input: GetTraceSummariesCommandInput): Promise<string> {
  return messageOf(client.send(new GetTraceSummariesCommand(input)));
}

function graphRefusal(input: GetServiceGraphCommandInput): Promise<string> {
  return messageOf(client.send(new GetServiceGraphCommand(input)));
}

/** The message of an InvalidRequestException; nothing when there was none. */
async function messageOf(answer: Promise<unknown>): Promise<string> {
  const error = await answer.then(
    () => null,
    (reason: Error) => reason,
  );
  if (error !== null) expect(error.name).toBe('InvalidRequestException');
  return error?.message ?? '';
}

function traceId(n: number): string {
  return `1-0000000e-${n.toString(16).padStart(24, '0')}`;
}

/** The shop calls a table and the cart, which has no origin. */
function documentsOf(n: number): string[] {
  const trace_id = traceId(n);
  const start = firstStart + n;
  const id = (kind: string) => `${kind}${n.toString(16).padStart(15, '0')}`;
  const shop = {
    trace_id,
    id: id('a'),
    name: 'shop',
    origin: 'AWS::EC2::Instance',
    start_time: start,
    end_time: start + 0.25,
    http: { request: { url: `http://shop/${n}`, method: 'GET' }, response: { status: 200 } },
    subsegments: [
      {
        id: id('b'),
        name: 'DynamoDB',
        namespace: 'aws',
        start_time: start,
        end_time: start + 0.01,
        aws: { operation: 'GetItem', table_name: 'carts' },
      },
      { id: id('c'), name: 'cart', namespace: 'remote', start_time: start + 0.01, end_time: start + 0.2 },
    ],
  };
  const cart = { trace_id, id: id('d'), parent_id: id('c'), name: 'cart', start_time: start + 0.02, end_time: start + 0.1 };
  return [shop, cart].map((document) => JSON.stringify(document));
}

/** 50 segments of 60 KB. */
function bigDocuments(trace_id: string, from = 0): string[] {
  return Array.from({ length: 50 }, (_, n) =>
    JSON.stringify({
      trace_id,
      id: `e${(from + n).toString(16).padStart(15, '0')}`,
      name: 'big',
      start_time: nowSeconds - 20_000,
      end_time: nowSeconds - 19_999,
      metadata: { default: { text: 'x'.repeat(60_000) } },
    }),
  );
}
