import type { SegmentDocument, SubsegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { entityKinds, flattenDocument, outcomes } from './entities.js';

const traceId = '1-6b49d200-6312e05eb59a7b9055d4081a';
const segment = (members: Partial<SegmentDocument> = {}): SegmentDocument => ({
  id: '1'.repeat(16),
  trace_id: traceId,
  name: 'api',
  start_time: 1_800_000_000,
  end_time: 1_800_000_001,
  ...members,
});
const subsegment = (digit: string, members: Partial<SubsegmentDocument> = {}): SubsegmentDocument => ({
  id: digit.repeat(16),
  name: `work-${digit}`,
  start_time: 1_800_000_000.1,
  end_time: 1_800_000_000.3,
  ...members,
});
const first = (document: SegmentDocument) => flattenDocument(document).entities[0];
/** The inferred node of a call with these members. */
const reached = (members: Partial<SubsegmentDocument>) =>
  first(segment({ type: 'subsegment', parent_id: '9'.repeat(16), ...members }))?.node;

test('a segment is a node with its origin and account', () => {
  const entity = first(segment({ origin: 'AWS::EC2::Instance', aws: { account_id: '123456789012' } }));
  expect(entity).toMatchObject({
    kind: entityKinds.segment,
    parentId: '',
    node: { name: 'api', type: 'AWS::EC2::Instance', accountId: '123456789012' },
  });
  expect(first(segment())?.node).toEqual({ name: 'api', type: '', accountId: '' });
});

test('embedded subsegments come parents first, with their owner; only aws and remote ones are calls', () => {
  const inner = subsegment('3', { namespace: 'remote', name: 'example.com' });
  const document = segment({
    subsegments: [subsegment('2', { namespace: 'local', subsegments: [inner] }), subsegment('4', { namespace: '' })],
  });
  const { entities } = flattenDocument(document);
  expect(entities.map(({ id, parentId, kind }) => [id[0], parentId[0] ?? '', kind])).toEqual([
    ['1', '', entityKinds.segment],
    ['2', '1', entityKinds.step],
    ['3', '2', entityKinds.call],
    ['4', '1', entityKinds.step],
  ]);
  expect(entities.map((entity) => entity.owner?.name ?? null)).toEqual([null, 'api', 'api', 'api']);
});

test('what lies inside an aws call is a step of that call', () => {
  const wire = subsegment('4', { namespace: 'remote' });
  const attempt = subsegment('3', { subsegments: [wire] });
  const call = subsegment('2', { namespace: 'aws', name: 'SQS', subsegments: [attempt] });
  const { entities } = flattenDocument(segment({ subsegments: [call] }));
  expect(entities.slice(1).map(({ kind, callId }) => [kind, callId[0]])).toEqual([
    [entityKinds.call, '2'],
    [entityKinds.step, '2'],
    [entityKinds.step, '2'],
  ]);
  const streamed = flattenDocument({ ...segment({ type: 'subsegment', parent_id: '1'.repeat(16) }), ...call, subsegments: [attempt] });
  expect(streamed.entities.map(({ callId, owner }) => [callId[0], owner])).toEqual([
    ['2', null],
    ['2', null],
    ['2', null],
  ]);
});

test.each<[Partial<SubsegmentDocument>, string, string]>([
  [{ namespace: 'aws', name: 'DynamoDB', aws: { table_name: 'orders' } }, 'orders', 'AWS::DynamoDB::Table'],
  [{ namespace: 'aws', name: 'dynamodb', aws: { table_names: ['orders'] } }, 'orders', 'AWS::DynamoDB::Table'],
  [{ namespace: 'aws', name: 'dynamodb', aws: { table_names: ['a', 'b'] } }, 'DynamoDB', 'AWS::DynamoDB'],
  [{ namespace: 'aws', name: 'sqs', aws: { queue_url: 'http://sqs/q' } }, 'http://sqs/q', 'AWS::SQS::Queue'],
  [{ namespace: 'aws', name: 'SNS', aws: { topic_arn: 'arn' } }, 'SNS', 'AWS::SNS'],
  [{ namespace: 'aws', name: 's3', aws: { bucket_name: 'b' } }, 'S3', 'AWS::S3'],
  [{ namespace: 'aws', name: 'Lambda', aws: { function_name: 'resize' } }, 'resize', 'AWS::Lambda'],
  [
    { namespace: 'aws', name: 'Lambda', aws: { function_name: 'arn:aws:lambda:eu-west-1:1:function:resize:live' } },
    'resize',
    'AWS::Lambda',
  ],
  [{ namespace: 'aws', name: 'SimpleSystemsManagement' }, 'SimpleSystemsManagement', 'AWS::SimpleSystemsManagement'],
  [{ namespace: 'aws', name: 'ssm' }, 'ssm', 'AWS::ssm'],
  [{ namespace: 'remote', name: 'shop@db.internal', sql: {} }, 'shop@db.internal', 'Database::SQL'],
  [{ namespace: 'remote', name: 'example.com' }, 'example.com', 'remote'],
])('names the inferred node of %j', (members, name, type) => {
  expect(reached(members)).toEqual({ name, type, accountId: '' });
});

test("a call's account is the resource's, and does not become its owner's", () => {
  const call = subsegment('2', { namespace: 'aws', name: 'sqs', aws: { queue_url: 'q', account_id: '222222222222' } });
  const { entities } = flattenDocument(segment({ subsegments: [call] }));
  expect(entities[1]).toMatchObject({ node: { accountId: '222222222222' }, owner: { accountId: '' } });
});

test('names that X-Ray does not restrict are made storable', () => {
  expect(reached({ namespace: 'aws', name: 'sqs', aws: { queue_url: 'a\u0000b\ud800c' } })?.name).toBe('ab\ufffdc');
  expect(reached({ namespace: 'aws', name: 'sqs', aws: { queue_url: 'x'.repeat(1000) } })?.name).toHaveLength(250);
});

test.each<[Partial<SegmentDocument>, number]>([
  [{}, outcomes.ok],
  [{ error: false, fault: false, throttle: false }, outcomes.ok],
  [{ error: true }, outcomes.error],
  [{ error: true, throttle: true }, outcomes.throttle],
  [{ error: true, throttle: true, fault: true }, outcomes.fault],
  [{ http: { response: { status: 200 } } }, outcomes.ok],
  [{ http: { response: { status: 404 } } }, outcomes.error],
  [{ http: { response: { status: 429 } } }, outcomes.throttle],
  [{ http: { response: { status: 503 } } }, outcomes.fault],
  [{ error: true, http: { response: { status: 503 } } }, outcomes.error],
])('the outcome of %j', (members, outcome) => {
  expect(first(segment(members))?.outcome).toBe(outcome);
});

test('times are whole microseconds, and a duration lasts until the last work ended', () => {
  const late = subsegment('3', { start_time: 1_800_000_000.5, end_time: 1_800_000_002.25 });
  const entity = first(segment({ subsegments: [subsegment('2', { subsegments: [late] })] }));
  expect(entity).toMatchObject({ startMicros: 1_800_000_000_000_000, responseMicros: 1_000_000, durationMicros: 2_250_000 });
});

test('a negative duration counts as 0 and is counted', () => {
  const flattened = flattenDocument(segment({ end_time: 1_799_999_999, subsegments: [subsegment('2', { end_time: 1_800_000_000 })] }));
  expect(flattened.negativeDurations).toBe(2);
  expect(flattened.entities.map((entity) => entity.responseMicros)).toEqual([0, 0]);
});

test('a document is complete when it has an end, whatever its subsegments have', () => {
  const open = subsegment('2', { end_time: undefined, in_progress: true });
  const flattened = flattenDocument(segment({ in_progress: false, subsegments: [open] }));
  expect(flattened).toMatchObject({ traceId, id: '1'.repeat(16), complete: true, entities: [{ inProgress: false }, { inProgress: true }] });
  expect(flattenDocument(segment({ end_time: undefined, in_progress: true })).complete).toBe(false);
});

test('free-form blocks of the wrong type do no harm', () => {
  const odd = JSON.parse('{"aws":"x","http":7,"sql":null,"namespace":"aws","name":"dynamodb"}') as Partial<SubsegmentDocument>;
  expect(reached(odd)).toEqual({ name: 'DynamoDB', type: 'AWS::DynamoDB', accountId: '' });
  expect(first(segment({ origin: null as unknown as string, aws: null as unknown as Record<string, unknown> }))?.node?.type).toBe('');
});

test('does not overflow the stack however deep a document is', () => {
  let inner = subsegment('2');
  for (let level = 0; level < 20_000; level++) inner = subsegment('2', { subsegments: [inner] });
  expect(flattenDocument(segment({ subsegments: [inner] })).entities).toHaveLength(20_002);
});
