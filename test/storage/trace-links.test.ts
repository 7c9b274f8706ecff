/** Links between traces as the dashboard asks for them: real log, real writer, real ClickHouse, real port. */
import { GetServiceGraphCommand, GetTraceGraphCommand, type Service } from '@aws-sdk/client-xray';
import { StoredLinkReader } from '@fluoroscope/clickhouse/link-reader';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { LinkedTrace, TraceLinks } from '@fluoroscope/contract/traces';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from '../compat/api-on-disk.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const nowSeconds = Math.floor(Date.now() / 1000);
const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/111111111111/orders';

let clickhouse: TestClickHouse;
let installation: Installation;
let server: ApiOnDisk;

beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  const { log, graph, client } = installation;
  server = await startApiOnDisk({ log, graph, traces: new StoredTraceReader(client), links: new StoredLinkReader(client) });
});

afterAll(async () => {
  await server?.close();
  await installation?.remove();
  await clickhouse?.remove();
});

let traces = 0;

interface Sender {
  traceId: string;
  callId: string;
  document: SegmentDocument;
}

/** A service that sends one message, `secondsAgo`, within 0.2 s. */
function sender(secondsAgo: number, call: object = { aws: { operation: 'SendMessage', queue_url: queueUrl } }): Sender {
  const start = nowSeconds - secondsAgo;
  const ids = idsOf(start);
  const subsegment = { id: ids.id(2), name: 'SQS', namespace: 'aws', start_time: start + 0.1, end_time: start + 0.2, ...call };
  const document = {
    trace_id: ids.traceId,
    id: ids.id(1),
    name: 'shop',
    start_time: start,
    end_time: start + 0.3,
    subsegments: [subsegment],
  };
  return { traceId: ids.traceId, callId: subsegment.id, document };
}

/** A function that was called with these messages. */
function receiver(secondsAgo: number, links: readonly Pick<Sender, 'traceId' | 'callId'>[]): SegmentDocument {
  const start = nowSeconds - secondsAgo;
  const { traceId, id } = idsOf(start);
  return {
    trace_id: traceId,
    id: id(1),
    name: 'ship',
    origin: 'AWS::Lambda',
    start_time: start,
    end_time: start + 1,
    links: links.map((link) => ({ trace_id: link.traceId, id: link.callId, attributes: {} })),
  };
}

function idsOf(start: number): { traceId: string; id: (n: number) => string } {
  const number = (traces++ + 1).toString(16);
  const traceId = `1-${start.toString(16)}-${number.padStart(24, '0')}`;
  return { traceId, id: (n) => `${number.padStart(8, '0')}${String(n).padStart(8, '0')}` };
}

async function send(...documents: SegmentDocument[]): Promise<void> {
  await installation.append(documents.map((document) => JSON.stringify(document)));
  await installation.settled();
}

async function linksOf(traceId: string): Promise<TraceLinks> {
  const response = await fetch(`${server.api.url}/api/traces/${traceId}/links`);
  expect(response.status).toBe(200);
  return (await response.json()) as TraceLinks;
}

function said(links: readonly LinkedTrace[]): string[] {
  return links.map(({ ownId, traceId, id, other, ageMicros }) => {
    const part = other === null ? 'unknown' : `${other.service?.name ?? '?'} ${other.through?.name ?? other.name} ${other.outcome}`;
    return `${ownId} ${traceId} ${id} ${part} ${ageMicros}`;
  });
}

test('a batch of ten messages has ten causes, each of which has one effect', async () => {
  const senders = Array.from({ length: 10 }, (_, i) => sender(100 - i));
  const batch = receiver(80, senders);
  await send(...senders.map(({ document }) => document), batch);
  const { causedBy, caused, isCut } = await linksOf(batch.trace_id);
  expect([caused, isCut]).toEqual([[], false]);
  expect(said(causedBy)).toEqual(
    senders.map(({ traceId, callId }, i) => `${batch.id} ${traceId} ${callId} shop ${queueUrl} ok ${(20 - i) * 1e6 - 200_000}`),
  );
  for (const [i, { traceId, callId }] of senders.entries()) {
    const answer = await linksOf(traceId);
    expect(answer.causedBy).toEqual([]);
    expect(said(answer.caused)).toEqual([`${callId} ${batch.trace_id} ${batch.id} ship ship ok ${(20 - i) * 1e6 - 200_000}`]);
  }
});

test('a cause that has not arrived is named, and known when it arrives', async () => {
  const late = sender(60);
  const early = receiver(50, [late]);
  await send(early);
  expect(said((await linksOf(early.trace_id)).causedBy)).toEqual([`${early.id} ${late.traceId} ${late.callId} unknown null`]);
  expect(said((await linksOf(late.traceId)).caused)).toEqual([`${late.callId} ${early.trace_id} ${early.id} ship ship ok null`]);
  await send(late.document);
  expect(said((await linksOf(early.trace_id)).causedBy)).toEqual([
    `${early.id} ${late.traceId} ${late.callId} shop ${queueUrl} ok 9800000`,
  ]);
});

test('a link that a later version of its document has not is gone both ways', async () => {
  const [kept, dropped] = [sender(70), sender(70)];
  const open = { ...receiver(40, [kept, dropped]), end_time: undefined, in_progress: true };
  await send(kept.document, dropped.document, open);
  expect((await linksOf(open.trace_id)).causedBy.map(({ traceId }) => traceId).toSorted()).toEqual(
    [kept.traceId, dropped.traceId].toSorted(),
  );
  await send({ ...open, in_progress: undefined, end_time: nowSeconds - 39, links: [{ trace_id: kept.traceId, id: kept.callId }] });
  expect((await linksOf(open.trace_id)).causedBy.map(({ traceId }) => traceId)).toEqual([kept.traceId]);
  expect((await linksOf(kept.traceId)).caused).toHaveLength(1);
  expect((await linksOf(dropped.traceId)).caused).toEqual([]);
});

test('a streamed call has the service of its parent, and a link may name no segment', async () => {
  const { document, traceId, callId } = sender(30);
  const [call] = document.subsegments ?? [];
  const streamed = { ...call, trace_id: traceId, type: 'subsegment', parent_id: document.id } as SegmentDocument;
  const whole = receiver(20, [{ traceId, callId: 'not an ID' }]);
  const exact = receiver(20, [{ traceId, callId }]);
  await send(streamed, { ...document, subsegments: [] }, whole, exact);
  expect(said((await linksOf(exact.trace_id)).causedBy)).toEqual([`${exact.id} ${traceId} ${callId} shop ${queueUrl} ok 9800000`]);
  expect(said((await linksOf(whole.trace_id)).causedBy)).toEqual([`${whole.id} ${traceId}  unknown null`]);
  expect((await linksOf(traceId)).caused).toHaveLength(2);
});

/** `queue -> service: ages in seconds`, of links alone. */
function linkEdges(services: readonly Service[]): string[] {
  const names = new Map(services.map(({ ReferenceId, Name }) => [ReferenceId, Name]));
  return services.flatMap(({ Name, Edges = [] }) =>
    Edges.filter(({ EdgeType }) => EdgeType === 'link').map((edge) => {
      const ages = (edge.ReceivedEventAgeHistogram ?? []).flatMap(({ Value = 0, Count = 0 }) =>
        Array<number>(Count).fill(Math.round(Value)),
      );
      expect([edge.ResponseTimeHistogram, edge.SummaryStatistics]).toEqual([[], {}]);
      return `${Name} -> ${names.get(edge.ReferenceId)}: ${ages.sort((a, b) => a - b).join(' ')}`;
    }),
  );
}

test('GetServiceGraph and GetTraceGraph draw links with the ages of their messages', async () => {
  const hoursAgo = 5 * 3600;
  const senders = [10, 20, 30].map((ago) => sender(hoursAgo + ago));
  const first = senders.map(({ document }) => document);
  const batch = receiver(hoursAgo, senders);
  const header = `Root=${senders[0]?.traceId};Parent=${senders[0]?.callId};Sampled=1`;
  const reader = { ...receiver(hoursAgo - 20, []), name: 'archive', links: undefined, metadata: { default: { AWSTraceHeader: header } } };
  await send(batch, ...first, reader);
  const api = clientOf(server.api.url);
  const range = { StartTime: new Date((nowSeconds - hoursAgo - 60) * 1000), EndTime: new Date((nowSeconds - hoursAgo + 60) * 1000) };
  const { Services = [] } = await api.send(new GetServiceGraphCommand(range));
  expect(linkEdges(Services)).toEqual([`${queueUrl} -> archive: 30`, `${queueUrl} -> ship: 10 20 30`]);
  // Of a window that begins when the messages are received, the queue is there without figures.
  const late = await api.send(new GetServiceGraphCommand({ ...range, StartTime: new Date((nowSeconds - hoursAgo) * 1000) }));
  expect(linkEdges(late.Services ?? [])).toContain(`${queueUrl} -> archive: 30`);
  const TraceIds = [batch.trace_id, senders[1]?.traceId ?? ''];
  const graph = await api.send(new GetTraceGraphCommand({ TraceIds }));
  expect(linkEdges(graph.Services ?? [])).toEqual([`${queueUrl} -> ship: 20`]);
});

test('who goes on in the trace of a message is linked to the queue, and the queue stays', async () => {
  const hoursAgo = 4 * 3600;
  const { document, traceId, callId } = sender(hoursAgo);
  const { id } = idsOf(nowSeconds - hoursAgo);
  const start = nowSeconds - hoursAgo + 7;
  await send(document, { trace_id: traceId, id: id(1), parent_id: callId, name: 'worker', start_time: start, end_time: start + 1 });
  const range = { StartTime: new Date((nowSeconds - hoursAgo - 60) * 1000), EndTime: new Date((nowSeconds - hoursAgo + 60) * 1000) };
  const { Services = [] } = await clientOf(server.api.url).send(new GetServiceGraphCommand(range));
  expect(linkEdges(Services)).toEqual([`${queueUrl} -> worker: 7`]);
  const [shop, queue] = ['shop', queueUrl].map((name) => Services.find(({ Name, Type }) => Name === name && Type !== 'client'));
  expect(shop?.Edges?.map(({ ReferenceId }) => ReferenceId)).toEqual([queue?.ReferenceId]);
  expect(queue?.SummaryStatistics?.TotalCount).toBe(1);
  expect(await linksOf(traceId)).toMatchObject({ causedBy: [], caused: [] });
});

test('a trace ID that is none is refused, one that is unknown has no links', async () => {
  expect((await fetch(`${server.api.url}/api/traces/1-2-3/links`)).status).toBe(400);
  const unknown = `1-${'a'.repeat(8)}-${'b'.repeat(24)}`;
  expect(await linksOf(unknown.toUpperCase())).toEqual({ causedBy: [], caused: [], isCut: false });
});
