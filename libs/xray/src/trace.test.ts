import type { SegmentDocument, SubsegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { mergeTrace } from './trace.js';

const traceId = '1-6b49d200-6312e05eb59a7b9055d4081a';
const start = 1_800_000_000;
const idOf = (n: number) => n.toString(16).padStart(16, '0');

function segment(n: number, members: Partial<SegmentDocument> = {}): SegmentDocument {
  return { id: idOf(n), trace_id: traceId, name: `service-${n}`, start_time: start, end_time: start + 1, ...members };
}
function subsegment(n: number, members: Partial<SubsegmentDocument> = {}): SubsegmentDocument {
  return { id: idOf(n), name: `work-${n}`, start_time: start + n / 1000, end_time: start + n / 1000 + 0.5, ...members };
}
function streamed(n: number, parent: number, members: Partial<SubsegmentDocument> = {}): SegmentDocument {
  return { ...subsegment(n, members), type: 'subsegment', trace_id: traceId, parent_id: idOf(parent) } as SegmentDocument;
}
const parsed = (documents: readonly SegmentDocument[]): SegmentDocument[] =>
  mergeTrace(documents).documents.map(({ document }) => JSON.parse(document));
/** IDs as a tree: 1[2[3],4]. */
const shape = (documents: readonly { id: string; subsegments?: SubsegmentDocument[] }[]): string =>
  documents.map(({ id, subsegments }) => `${Number.parseInt(id, 16)}${subsegments ? `[${shape(subsegments)}]` : ''}`).join(',');

test('attaches streamed subsegments below segments, embedded and streamed subsegments, ordered by start', () => {
  const root = segment(1, { subsegments: [subsegment(5)] });
  const documents = [streamed(4, 3), streamed(3, 5), root, streamed(2, 1)];
  expect(shape(parsed(documents))).toBe('1[2,5[3[4]]]');
  expect(shape(parsed(documents.toReversed()))).toBe('1[2,5[3[4]]]');
});

test('every document is under its own ID', () => {
  for (const { id, document } of mergeTrace([segment(1), segment(2, { parent_id: idOf(1) }), streamed(3, 9)]).documents) {
    expect(JSON.parse(document).id).toBe(id);
  }
});

test('a subsegment that came both embedded and streamed is there once, as the later document has it', () => {
  const root = segment(1, { subsegments: [subsegment(2, { subsegments: [subsegment(3)] })] });
  const [merged] = parsed([root, streamed(2, 1, { fault: true })]);
  expect(shape(merged ? [merged] : [])).toBe('1[2[3]]');
  expect(merged?.subsegments?.[0]?.fault).toBe(true);
});

test('a complete version replaces one in progress with all that it held', () => {
  const open = segment(1, { end_time: undefined, in_progress: true, subsegments: [subsegment(2)] });
  expect(mergeTrace([open]).isPartial).toBe(true);
  const merged = mergeTrace([segment(1), open]);
  expect([shape(parsed([segment(1), open])), merged.isPartial]).toEqual(['1', false]);
});

test('orphans are entries of their own, and cycles are cut', () => {
  expect(shape(parsed([segment(1), streamed(2, 9), streamed(3, 2)]))).toBe('1,2[3]');
  expect(parsed([streamed(2, 9)])[0]).toMatchObject({ type: 'subsegment', parent_id: idOf(9), trace_id: traceId });
  expect(shape(parsed([streamed(2, 4), streamed(3, 2), streamed(4, 3), streamed(5, 3), streamed(6, 6)]))).toBe('2[3[4,5]],6');
});

test('leaves out what X-Ray does not keep', () => {
  const embedded = { ...subsegment(2), type: 'subsegment', trace_id: traceId, parent_id: idOf(1), in_progress: false, Dummy: false };
  const annotations = { good: 1, 'a.b': true, 'bad key!': 'x', list: [1], long: 'x'.repeat(1001), none: null, 'aws:api_id': 'id' };
  const text = JSON.stringify(segment(1, { subsegments: [embedded], annotations: annotations as unknown as Record<string, string> }));
  const [merged] = parsed([
    JSON.parse(text.replace('"annotations":{', '"__proto__":{"x":1},"unknown":1,"user":"","annotations":{"__proto__":"p",')),
  ]);
  expect(Object.keys(merged ?? {}).sort()).toEqual(['annotations', 'end_time', 'id', 'name', 'start_time', 'subsegments', 'trace_id']);
  expect(Object.entries(merged?.annotations ?? {})).toEqual([
    ['__proto__', 'p'],
    ['good', 1],
    ['a.b', true],
    ['aws:api_id', 'id'],
  ]);
  expect(Object.keys(merged?.subsegments?.[0] ?? {}).sort()).toEqual(['end_time', 'id', 'name', 'start_time']);
});

test('keeps causes of every form, metadata, links and the blocks as they were sent', () => {
  const members = {
    cause: { id: idOf(7), exceptions: [] },
    metadata: { default: { a: [1] } },
    links: [{ trace_id: traceId }],
    http: { request: { url: 'u' } },
    service: { version: '1' },
  };
  expect(parsed([segment(1, members)])[0]).toMatchObject(members);
  expect(parsed([segment(1, { cause: idOf(7) })])[0]?.cause).toBe(idOf(7));
});

test('an unanswered call has an inferred segment with the same ID at every read; an answered one has none', () => {
  const call = subsegment(2, {
    namespace: 'aws',
    name: 'dynamodb',
    aws: { table_name: 'orders' },
    error: true,
    http: { response: { status: 400 } },
  });
  const [root, inferred] = parsed([segment(1, { subsegments: [call] })]);
  expect(root?.subsegments?.[0]?.aws).toEqual({ table_name: 'orders', resource_names: ['orders'] });
  expect(inferred).toEqual({
    id: inferred?.id,
    trace_id: traceId,
    parent_id: idOf(2),
    name: 'DynamoDB',
    origin: 'AWS::DynamoDB::Table',
    inferred: true,
    start_time: call.start_time,
    end_time: call.end_time,
    error: true,
    http: { response: { status: 400 } },
    aws: { table_name: 'orders', resource_names: ['orders'] },
  });
  expect(inferred?.id).toMatch(/^[0-9a-f]{16}$/);
  expect(parsed([segment(1, { subsegments: [call] })])[1]?.id).toBe(inferred?.id);
  expect(parsed([segment(1, { subsegments: [call] }), segment(3, { parent_id: idOf(2) })])).toHaveLength(2);
});

test('a queue has an inferred segment beside the consumer of its message; a topic with a segment of its own has none', () => {
  const send = subsegment(2, { name: 'SQS', namespace: 'aws', aws: { queue_url: 'https://sqs/orders' } });
  const consumer = segment(3, { name: 'worker', parent_id: send.id });
  const [, , queue] = parsed([segment(1, { subsegments: [send] }), consumer]);
  expect(queue).toMatchObject({ name: 'SQS', origin: 'AWS::SQS::Queue', parent_id: send.id, inferred: true });
  const publish = subsegment(2, { name: 'SNS', namespace: 'aws' });
  const topic = segment(3, { name: 'orders', origin: 'AWS::SNS', parent_id: publish.id });
  expect(parsed([segment(1, { subsegments: [publish] }), topic])).toHaveLength(2);
});

test('what lies inside an aws call has no inferred segment of its own', () => {
  const call = subsegment(2, { namespace: 'aws', name: 'SNS', subsegments: [subsegment(3, { namespace: 'remote' })] });
  expect(parsed([segment(1, { subsegments: [call] })]).map(({ name }) => name)).toEqual(['service-1', 'SNS']);
});

test('IDs of inferred segments do not collide', () => {
  const calls = Array.from({ length: 20_000 }, (_, i) => subsegment(i + 2, { namespace: 'remote' }));
  const ids = mergeTrace([segment(1, { subsegments: calls })]).documents.map(({ id }) => id);
  expect(new Set(ids).size).toBe(20_001);
});

test('the duration is from the first start to the last end of the segments', () => {
  const documents = [segment(1), segment(2, { start_time: start + 0.25, end_time: start + 2.5 }), streamed(9, 1, { end_time: start + 9 })];
  expect(mergeTrace(documents).durationSeconds).toBe(2.5);
  expect(mergeTrace([segment(1, { end_time: undefined, in_progress: true })]).durationSeconds).toBe(0);
  expect(mergeTrace([])).toEqual({ traceId: '', documents: [], durationSeconds: 0, isPartial: false });
});

test('50,000 documents, in one chain or below one segment, are merged without a quadratic step', () => {
  const chain = Array.from({ length: 50_000 }, (_, i) => streamed(i + 2, i + 1));
  const [merged] = mergeTrace([segment(1), ...chain]).documents;
  expect(merged?.document.split('"subsegments"')).toHaveLength(50_001);
  const flat = Array.from({ length: 50_000 }, (_, i) => streamed(i + 2, 1));
  expect(mergeTrace([segment(1), ...flat]).documents).toHaveLength(1);
  const callees = Array.from({ length: 50_000 }, (_, i) => segment(i + 3, { parent_id: idOf(2) }));
  expect(mergeTrace([segment(1, { subsegments: [subsegment(2)] }), ...callees]).documents).toHaveLength(50_001);
});

test('metadata deeper than the stack is kept', () => {
  const deep = JSON.parse(`{"default":${'['.repeat(30_000)}1${']'.repeat(30_000)}}`);
  const [merged] = mergeTrace([segment(1, { metadata: deep, subsegments: [subsegment(2)] })]).documents;
  expect(merged?.document).toContain(`${'['.repeat(30_000)}1${']'.repeat(30_000)}`);
  expect(() => JSON.parse(merged?.document ?? '')).not.toThrow();
});
