import type { SegmentDocument, SubsegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { summarizeTrace } from './summary.js';

const traceId = '1-6b49d200-6312e05eb59a7b9055d4081a';
const start = 1_800_000_000;
const idOf = (n: number) => n.toString(16).padStart(16, '0');
const segment = (n: number, members: Partial<SegmentDocument> = {}): SegmentDocument => ({
  id: idOf(n),
  trace_id: traceId,
  name: `service-${n}`,
  start_time: start,
  end_time: start + 1,
  ...members,
});
const subsegment = (n: number, members: Partial<SubsegmentDocument> = {}): SubsegmentDocument => ({
  id: idOf(n),
  name: `work-${n}`,
  start_time: start,
  end_time: start + 0.5,
  ...members,
});

test('summarises a plain request', () => {
  const http = {
    request: { url: 'http://shop/orders?x=1', method: 'GET', user_agent: 'curl', client_ip: '203.0.113.9' },
    response: { status: 200 },
  };
  expect(summarizeTrace([segment(1, { origin: 'AWS::EC2::Instance', http })])).toEqual({
    Id: traceId,
    StartTime: start,
    Duration: 1,
    ResponseTime: 1,
    HasFault: false,
    HasError: false,
    HasThrottle: false,
    IsPartial: false,
    Http: { HttpURL: 'http://shop/orders?x=1', HttpMethod: 'GET', UserAgent: 'curl', ClientIp: '203.0.113.9', HttpStatus: 200 },
    Annotations: {},
    Users: [],
    ServiceIds: [{ Name: 'service-1', Names: ['service-1'], Type: 'AWS::EC2::Instance' }],
    ResourceARNs: [],
    InstanceIds: [],
    AvailabilityZones: [],
    EntryPoint: { Name: 'service-1', Names: ['service-1'], Type: 'AWS::EC2::Instance' },
    FaultRootCauses: [],
    ErrorRootCauses: [],
    ResponseTimeRootCauses: [
      {
        ClientImpacting: true,
        Services: [
          {
            Name: 'service-1',
            Names: ['service-1'],
            Type: 'AWS::EC2::Instance',
            Inferred: false,
            EntityPath: [{ Name: 'service-1', Remote: false, Coverage: 1 }],
          },
        ],
      },
    ],
    Revision: 1,
  });
});

test("error and fault are the root's, throttle is anyone's", () => {
  const call = subsegment(2, { namespace: 'remote' });
  const callee = segment(3, { parent_id: idOf(2), fault: true, throttle: true });
  expect(summarizeTrace([segment(1, { subsegments: [call] }), callee])).toMatchObject({
    HasFault: false,
    HasError: false,
    HasThrottle: true,
  });
  expect(summarizeTrace([segment(1, { fault: true })])).toMatchObject({ HasFault: true, HasError: false, HasThrottle: false });
  expect(summarizeTrace([segment(1, { fault: true, error: true })])).toMatchObject({ HasFault: true, HasError: true });
  expect(summarizeTrace([segment(1, { http: { response: { status: 429 } } })])).toMatchObject({ HasError: true, HasThrottle: true });
});

test('the duration lasts until the last work anywhere has ended, the response only until the root has', () => {
  const late = {
    ...subsegment(4, { start_time: start + 3, end_time: start + 3.25 }),
    type: 'subsegment' as const,
    trace_id: traceId,
    parent_id: idOf(1),
  };
  expect(summarizeTrace([late, segment(1, { start_time: start + 0.5, end_time: start + 0.75 })])).toMatchObject({
    StartTime: start + 0.5,
    Duration: 2.75,
    ResponseTime: 0.25,
    Revision: 2,
  });
});

test('annotations keep their type, one entry for each distinct value, with the services that have it', () => {
  const inner = subsegment(2, { annotations: { age: 29, vip: true } });
  const documents = [
    segment(1, { annotations: { age: '29' }, subsegments: [inner] }),
    segment(3, { parent_id: idOf(2), annotations: { age: 29 } }),
  ];
  const { Annotations } = summarizeTrace(documents);
  expect(Annotations.age?.map(({ AnnotationValue, ServiceIds }) => [AnnotationValue, ServiceIds.map(({ Name }) => Name)])).toEqual([
    [{ StringValue: '29' }, ['service-1']],
    [{ NumberValue: 29 }, ['service-1', 'service-3']],
  ]);
  expect(Annotations.vip?.[0]?.AnnotationValue).toEqual({ BooleanValue: true });
});

test('collects users, resources, instances, zones and every node, inferred ones included', () => {
  const call = subsegment(2, { namespace: 'aws', name: 'SQS', aws: { queue_url: 'q' } });
  const answered = subsegment(3, { namespace: 'remote', name: 'orders.internal' });
  const documents = [
    segment(1, {
      user: 'alice',
      resource_arn: 'arn:1',
      aws: { ec2: { instance_id: 'i-1', availability_zone: 'eu-west-1a' } },
      subsegments: [call, answered],
    }),
    segment(4, { user: 'alice', parent_id: idOf(3), aws: { account_id: '1'.repeat(12), ecs: { availability_zone: 'eu-west-1b' } } }),
  ];
  const summary = summarizeTrace(documents);
  expect(summary).toMatchObject({
    ResourceARNs: [{ ARN: 'arn:1' }],
    InstanceIds: [{ Id: 'i-1' }],
    AvailabilityZones: [{ Name: 'eu-west-1a' }, { Name: 'eu-west-1b' }],
  });
  expect(summary.Users.map(({ UserName, ServiceIds }) => [UserName, ServiceIds.length])).toEqual([['alice', 2]]);
  expect(summary.ServiceIds.map(({ Name, AccountId }) => [Name, AccountId])).toEqual([
    ['service-1', undefined],
    ['q', undefined],
    ['service-4', '1'.repeat(12)],
  ]);
});

test('without a root the earliest segment whose parent is missing stands for it', () => {
  const orphans = [segment(2, { parent_id: idOf(9), start_time: start + 1 }), segment(3, { parent_id: idOf(8) })];
  expect(summarizeTrace(orphans).EntryPoint?.Name).toBe('service-3');
  expect(summarizeTrace([])).toMatchObject({ Id: '', Duration: 0, Http: {} });
});

test('work in progress makes a trace partial', () => {
  expect(summarizeTrace([segment(1, { subsegments: [subsegment(2, { end_time: undefined, in_progress: true })] })]).IsPartial).toBe(true);
});
