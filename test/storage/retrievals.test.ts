/** Trace retrieval by the official client: begun, read page by page in both formats, drawn as a graph with links, cancelled. */
import {
  CancelTraceRetrievalCommand,
  GetRetrievedTracesGraphCommand,
  InvalidRequestException,
  ListRetrievedTracesCommand,
  type ListRetrievedTracesCommandInput,
  type RetrievedTrace,
  StartTraceRetrievalCommand,
  type XRayClient,
} from '@aws-sdk/client-xray';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from '../compat/api-on-disk.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const start = Math.floor(Date.now() / 1000) - 600;
const traces = 7;
/** Of the first trace, which has more than fit on a page. */
const manySpans = 230;
const StartTime = new Date((start - 60) * 1000);
const EndTime = new Date((start + 60) * 1000);

let clickhouse: TestClickHouse;
let installation: Installation;
let server: ApiOnDisk;
let client: XRayClient;

beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  server = await startApiOnDisk({ traces: new StoredTraceReader(installation.client) });
  client = clientOf(server.api.url);
  await installation.append(Array.from({ length: traces }, (_, n) => documentsOf(n)).flat());
  await installation.settled();
});
afterAll(async () => {
  client?.destroy();
  await server?.close();
  await installation?.remove();
  await clickhouse?.remove();
});

const traceId = (n: number) => `1-${start.toString(16)}-${n.toString(16).padStart(24, '0')}`;
const idOf = (n: number, at: number) => (n * 1_000 + at + 1).toString(16).padStart(16, '0');

/** A root, and calls that were streamed; each trace is linked to the one before it. */
function documentsOf(n: number): string[] {
  const members = { trace_id: traceId(n), start_time: start + n, end_time: start + n + 0.5 };
  const links = n === 0 ? undefined : [{ trace_id: traceId(n - 1), id: idOf(n - 1, 0) }];
  const root = { ...members, id: idOf(n, 0), name: 'consumer', links };
  const calls = Array.from({ length: n === 0 ? manySpans - 1 : 1 }, (_, at) => ({
    ...members,
    id: idOf(n, at + 1),
    parent_id: idOf(n, 0),
    type: 'subsegment',
    namespace: 'remote',
    name: 'stock',
  }));
  return [root, ...calls].map((document) => JSON.stringify(document));
}

async function begin(numbers: number[], range = { StartTime, EndTime }): Promise<string> {
  const { RetrievalToken } = await client.send(new StartTraceRetrievalCommand({ TraceIds: numbers.map(traceId), ...range }));
  return RetrievalToken ?? '';
}

async function allPages(input: ListRetrievedTracesCommandInput): Promise<RetrievedTrace[][]> {
  const pages: RetrievedTrace[][] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListRetrievedTracesCommand({ ...input, NextToken }));
    expect([page.RetrievalStatus, page.TraceFormat]).toEqual(['COMPLETE', input.TraceFormat ?? 'XRAY']);
    pages.push(page.Traces ?? []);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return pages;
}

const everyone = Array.from({ length: traces }, (_, n) => n);

describe('a retrieval', () => {
  it.each(['XRAY', 'OTEL'] as const)(
    'gives every document once as %s, five traces and a hundred spans of each on a page',
    async (TraceFormat) => {
      const pages = await allPages({ RetrievalToken: await begin([...everyone, 99]), TraceFormat });
      for (const page of pages) {
        expect(page.length).toBeLessThanOrEqual(5);
        for (const { Spans = [] } of page) expect(Spans.length).toBeLessThanOrEqual(100);
      }
      const ids = pages.flat().flatMap(({ Id, Spans = [] }) => Spans.map((span) => `${Id} ${span.Id}`));
      const expected = everyone.flatMap((n) => Array.from({ length: n === 0 ? manySpans : 2 }, (_, at) => `${traceId(n)} ${idOf(n, at)}`));
      expect(ids.toSorted()).toEqual(expected.toSorted());
      const [first] = pages.flat()[0]?.Spans ?? [];
      const document = JSON.parse(first?.Document ?? '');
      expect(TraceFormat === 'XRAY' ? document.id : document.spanId).toBe(first?.Id);
      expect(pages.flat()[0]?.Duration).toBeCloseTo(0.5);
    },
  );

  it('gives the traces of which something began in its range, ends included', async () => {
    const range = { StartTime: new Date((start + 2) * 1000), EndTime: new Date((start + 4) * 1000) };
    const pages = await allPages({ RetrievalToken: await begin(everyone, range) });
    expect(pages.flat().map(({ Id }) => Id)).toEqual([2, 3, 4].map(traceId));
    expect(await allPages({ RetrievalToken: await begin([]) })).toEqual([[]]);
  });

  it('is drawn as the graph of its traces, with the traces that caused them', async () => {
    const RetrievalToken = await begin([0, 1, 2]);
    const { RetrievalStatus, Services = [], NextToken } = await client.send(new GetRetrievedTracesGraphCommand({ RetrievalToken }));
    expect([RetrievalStatus, NextToken]).toEqual(['COMPLETE', undefined]);
    const consumer = Services.find(({ Service }) => Service?.Name === 'consumer' && Service.Type !== 'client');
    expect(consumer?.Service?.SummaryStatistics?.TotalCount).toBe(3);
    expect(consumer?.Links).toEqual(
      [1, 2].map((n) => ({ ReferenceType: 'parent', SourceTraceId: traceId(n), DestinationTraceIds: [traceId(n - 1)] })),
    );
  });

  it('that is cancelled has nothing more to give', async () => {
    const RetrievalToken = await begin(everyone);
    await client.send(new CancelTraceRetrievalCommand({ RetrievalToken }));
    const cancelled = { RetrievalStatus: 'CANCELLED' };
    expect(await client.send(new ListRetrievedTracesCommand({ RetrievalToken }))).toMatchObject({ ...cancelled, Traces: [] });
    expect(await client.send(new GetRetrievedTracesGraphCommand({ RetrievalToken }))).toMatchObject({ ...cancelled, Services: [] });
    await client.send(new CancelTraceRetrievalCommand({ RetrievalToken }));
  });

  it('is refused for what is no trace ID, for a range that goes backwards, and for tokens of others', async () => {
    const range = { StartTime, EndTime };
    for (const input of [
      { ...range, TraceIds: ['x'] },
      { ...range, TraceIds: Array.from({ length: 101 }, (_, n) => traceId(n)) },
      { TraceIds: [], StartTime: EndTime, EndTime: StartTime },
    ])
      await expect(client.send(new StartTraceRetrievalCommand(input))).rejects.toBeInstanceOf(InvalidRequestException);
    const notFound = { name: 'ResourceNotFoundException', ResourceName: 'unknown' };
    const unknown = { RetrievalToken: 'unknown' };
    await expect(client.send(new ListRetrievedTracesCommand(unknown))).rejects.toMatchObject(notFound);
    await expect(client.send(new GetRetrievedTracesGraphCommand(unknown))).rejects.toMatchObject(notFound);
    await expect(client.send(new CancelTraceRetrievalCommand(unknown))).rejects.toMatchObject(notFound);
    const [mine, other] = [await begin(everyone), await begin(everyone)];
    const { NextToken } = await client.send(new ListRetrievedTracesCommand({ RetrievalToken: mine }));
    const wrong = { RetrievalToken: other, NextToken };
    await expect(client.send(new ListRetrievedTracesCommand(wrong))).rejects.toThrow('NextToken is not valid');
    await expect(client.send(new ListRetrievedTracesCommand({ ...wrong, RetrievalToken: mine, TraceFormat: 'OTEL' }))).rejects.toThrow(
      'NextToken',
    );
    await expect(client.send(new GetRetrievedTracesGraphCommand(wrong))).rejects.toThrow('NextToken is not valid');
  });
});
