import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { flattenDocument } from './entities.js';
import { isDelivery, linksIn } from './links.js';

const traceId = '1-6b00e034-e068f50b2ad7b6576bc51a3a';
const cause = '1-6b00e030-06c9395cfe0e97ebcd6b3280';
const other = '1-6b00e031-06c9395cfe0e97ebcd6b3281';
const segment: SegmentDocument = { trace_id: traceId, id: '7fc70bdcdd8e02e5', name: 'ship', start_time: 1.5, end_time: 2 };

function linksOf(members: object): string[] {
  const document = { ...segment, ...members } as SegmentDocument;
  return linksIn(JSON.stringify(document), document).map((link) => `${link.id} ${link.startMicros} ${link.causeTraceId} ${link.causeId}`);
}

test('reads every link of a batch once, in lower case, with or without the ID of a segment', () => {
  const links = [
    { trace_id: cause, id: 'D31C8A8E02817AF6', attributes: { kind: 'sqs' } },
    { trace_id: cause.toUpperCase(), id: 'd31c8a8e02817af6' },
    { trace_id: other },
  ];
  expect(linksOf({ links })).toEqual([`${segment.id} 1500000 ${cause} d31c8a8e02817af6`, `${segment.id} 1500000 ${other} `]);
});

test('reads the trace headers of messages, wherever a document keeps them', () => {
  const header = (parent: string) => `Root=${cause};Parent=${parent};Sampled=1`;
  const found = linksOf({
    aws: { messages: [{ attributes: { AWSTraceHeader: header('aaaaaaaaaaaaaaaa') } }] },
    annotations: { AWSTraceHeader: header('bbbbbbbbbbbbbbbb') },
    metadata: { default: { AWSTraceHeader: { StringValue: header('cccccccccccccccc'), DataType: 'String' } } },
    subsegments: [
      { id: '1111111111111111', name: 'one', start_time: 3, end_time: 4, metadata: { AWSTraceHeader: header('dddddddddddddddd') } },
    ],
  });
  expect(found.toSorted()).toEqual([
    `1111111111111111 3000000 ${cause} dddddddddddddddd`,
    ...['a', 'b', 'c'].map((digit) => `${segment.id} 1500000 ${cause} ${digit.repeat(16)}`),
  ]);
});

test('leaves out what is no link, what was not sampled, and what the parent says already', () => {
  expect(linksOf({ links: [7, null, { trace_id: 'javascript:0' }, { id: 'x' }, []] })).toEqual([]);
  expect(linksOf({ links: 'x' })).toEqual([]);
  expect(linksOf({ annotations: { AWSTraceHeader: `Root=${cause};Parent=d31c8a8e02817af6;Sampled=0` } })).toEqual([]);
  expect(linksOf({ annotations: { AWSTraceHeader: 'Self=1' } })).toEqual([]);
  expect(linksOf({ parent_id: 'd31c8a8e02817af6', links: [{ trace_id: traceId, id: 'd31c8a8e02817af6' }] })).toEqual([]);
});

test('a message is delivered by a queue, a topic or a stream, and to none of these', () => {
  const call = (name: string, namespace: string) => {
    const subsegment = { id: '1111111111111111', name, namespace, start_time: 1.5, end_time: 1.6 };
    return flattenDocument({ ...segment, subsegments: [subsegment] }).entities[1];
  };
  const worker = { name: 'worker', type: '', accountId: '' };
  for (const name of ['SQS', 'sqs', 'SNS', 'Kinesis', 'kinesis', 'Events', 'EventBridge'])
    expect(isDelivery(call(name, 'aws'), worker)).toBe(true);
  expect(isDelivery(call('DynamoDB', 'aws'), worker)).toBe(false);
  expect(isDelivery(call('sqs.internal', 'remote'), worker)).toBe(false);
  expect(isDelivery(call('SNS', 'aws'), { name: 'topic', type: 'AWS::SNS', accountId: '' })).toBe(false);
  expect(isDelivery(undefined, worker)).toBe(false);
});
