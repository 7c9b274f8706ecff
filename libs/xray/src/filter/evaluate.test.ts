import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { describe, expect, it, test } from 'vitest';
import { documentsMatch } from './evaluate.js';
import { parseFilter } from './parse.js';

const trace_id = '1-5f84c7a1-0123456789abcdef01234567';
const start = 1_602_500_000;

/** A shop that answers in three seconds, calls a table, which fails, and the api, which faults. */
const trace: SegmentDocument[] = [
  {
    trace_id,
    id: '000000000000000a',
    name: 'shop',
    origin: 'AWS::EC2::Instance',
    start_time: start,
    end_time: start + 3,
    user: 'alice',
    resource_arn: 'arn:aws:ec2:eu-west-1:1:instance/i-1',
    http: {
      request: { method: 'POST', url: 'http://shop/api/game/1', user_agent: 'curl/8', client_ip: '10.0.0.1' },
      response: { status: 200 },
    },
    aws: { account_id: '111111111111', ec2: { instance_id: 'i-1', availability_zone: 'eu-west-1a' } },
    annotations: { age: 30, gameid: '817DL6VO', paid: false, vip: true },
    subsegments: [
      {
        id: '00000000000000a1',
        name: 'DynamoDB',
        namespace: 'aws',
        start_time: start + 0.1,
        end_time: start + 0.2,
        error: true,
        aws: { operation: 'GetItem', table_name: 'carts' },
        http: { response: { status: 400 } },
        annotations: { 'aws.local.operation': 'GET /api/orders' },
      },
      { id: '00000000000000a2', name: 'api', namespace: 'remote', start_time: start + 0.2, end_time: start + 2.9, fault: true },
    ],
  },
  {
    trace_id,
    id: '000000000000000b',
    parent_id: '00000000000000a2',
    name: 'api',
    start_time: start + 0.3,
    end_time: start + 2.8,
    fault: true,
    user: 'bob',
    http: { request: { url: 'http://api/v2/' }, response: { status: 500 } },
    annotations: { age: '29' },
    subsegments: [
      {
        id: '00000000000000b1',
        name: 'deserialize',
        start_time: start + 0.4,
        end_time: start + 2.7,
        fault: true,
        cause: { exceptions: [{ id: 'c1', type: 'AccessError', message: 'Access Denied' }] },
      },
    ],
  },
];

describe('a trace', () => {
  test.each([
    // What the root says.
    ['ok', true],
    ['!ok', false],
    ['ok = false', false],
    ['ok != false', true],
    ['fault', false],
    ['error OR throttle', false],
    ['responsetime > 2', true],
    ['responsetime >= 3 AND responsetime <= 3', true],
    ['responsetime < 3', false],
    ['duration > 2.9', true],
    ['duration >= 5 AND duration <= 8', false],
    ['http.status = 200', true],
    ['http.status != 200', false],
    ['http.url CONTAINS "/api/game/"', true],
    ['http.url BEGINSWITH "http://shop" AND http.url ENDSWITH "1"', true],
    ['http.url CONTAINS "/v2/"', false],
    ['http.url CONTAINS "/API/"', false],
    ['http.method = POST', true],
    ['http.useragent = "curl/8" AND http.clientip = "10.0.0.1"', true],
    // What any segment says.
    ['user = "bob"', true],
    ['user CONTAINS ""', true],
    ['!user', false],
    ['availabilityzone = "eu-west-1a" AND instance.id = "i-1"', true],
    ['resource.arn BEGINSWITH "arn:aws:ec2"', true],
    ['account.id = "111111111111"', true],
    ['inferred', true],
    ['partial', false],
    // Annotations.
    ['annotation.age', true],
    ['!annotation.nothing', true],
    ['annotation.age > 29', true],
    ['annotation.age = 29', false],
    ['annotation.age = "29"', true],
    ['annotation.age CONTAINS 2', false],
    ['annotation.gameid = "817DL6VO"', true],
    ['annotation.gameid != 5', false],
    ['annotation.Gameid', false],
    ['annotation.paid', false],
    ['annotation.paid = false', true],
    ['annotation.vip', true],
    ['annotation[aws.local.operation]="GET /api/orders"', true],
    // Services.
    ['service("api")', true],
    ['!service("nobody")', true],
    ['service("api") { fault }', true],
    ['service("shop") { fault }', false],
    ['service() { fault }', true],
    ['service("carts") { error AND inferred }', true],
    ['service(id(name: "carts", type: "AWS::DynamoDB::Table")) { http.status = 400 }', true],
    ['service(id(type: "AWS::DynamoDB"))', false],
    ['service(id(name: "api", type: "")) { fault }', true],
    ['service(id(name: "shop", type: ""))', false],
    ['service(id(account.id: "111111111111")) { ok }', true],
    ['service("shop") { root = true and fault = true }', false],
    ['service("shop") { root AND responsetime > 2.5 }', true],
    ['service("api") { root }', false],
    ['service("api") { responsetime > 2.4 AND responsetime < 2.6 }', true],
    ['service("api") { ok OR responsetime > 100 }', false],
    ['service() { name = "api" AND user = "bob" }', true],
    ['service(id(name: "shop", type: "client")) { ok }', true],
    ['service() { type = "client" }', false],
    // Edges: the caller's view.
    ['edge("shop", "api")', true],
    ['edge("api", "shop")', false],
    ['edge("shop", "api") { fault AND responsetime > 2.6 }', true],
    ['edge("shop", "carts") { error }', true],
    ['edge("shop", "carts") { inferred }', true],
    ['edge("shop", "api") { inferred }', false],
    ['edge("shop", "shop")', false],
    ['edge(id(type: "client"), "shop") { ok }', true],
    // Groups.
    ['group.name = "slow" AND user = "alice"', true],
    ['group.name = "other"', false],
    ['group.name != "other"', true],
    ['group.arn = "arn:slow"', true],
    // Root causes.
    ['rootcause.fault.service { last and name = "api" }', true],
    ['rootcause.fault.service { first and name = "shop" and index = 0 }', true],
    ['rootcause.fault.service { index > 5 }', false],
    ['rootcause.fault.service { inferred }', false],
    ['rootcause.fault.entity { last and name = "deserialize" }', true],
    ['rootcause.fault.entity { remote and name = "api" }', true],
    ['rootcause.fault.exception { last and message = "Access Denied" }', true],
    ['rootcause.fault.exception { name = "Other" }', false],
    ['rootcause.error.service { last and inferred and type = "AWS::DynamoDB::Table" }', true],
    ['rootcause.responsetime.entity { remote and coverage > 0.7 and name = "api" }', true],
    ['rootcause.responsetime.exception', false],
    ['rootcause.json = #[{"Services": [{"Name": "shop"}, {"Name": "api", "EntityPath": [{"Name": "api"}, {}]}]}]', true],
    ['rootcause.json = #[{"Services": [{"Name": "shop"}]}]', false],
    ['json = #[{"Services": [{}]}, {"ClientImpacting": false}]', true],
    ['json = #[{"Nonsense": 1}]', false],
  ])('meets %s: %s', (text, isMet) => {
    expect(matches(text, trace)).toBe(isMet);
  });
});

it('is partial, and has no response time, while its root is in progress', () => {
  const open: SegmentDocument[] = [{ trace_id, id: '000000000000000a', name: 'shop', start_time: start, in_progress: true }];
  expect(matches('partial AND ok', open)).toBe(true);
  expect(matches('responsetime < 1 OR responsetime >= 0', open)).toBe(false);
  expect(matches('!http.status AND http.status != 200', open)).toBe(false);
});

it('without a segment meets what its subsegments say', () => {
  const lost: SegmentDocument[] = [
    {
      trace_id,
      id: '00000000000000a1',
      type: 'subsegment',
      parent_id: '000000000000000a',
      name: 'work',
      start_time: start,
      end_time: start + 1,
      annotations: { a: 1 },
    },
  ];
  expect(matches('annotation.a = 1 AND !ok AND !service() AND !duration', lost)).toBe(true);
});

it('takes both flags of a failed AWS call, and the status where no flag is set', () => {
  const both: SegmentDocument[] = [
    { trace_id, id: '000000000000000a', name: 'a', start_time: start, end_time: start + 1, error: true, fault: true },
  ];
  const throttled: SegmentDocument[] = [
    { trace_id, id: '000000000000000a', name: 'a', start_time: start, end_time: start + 1, http: { response: { status: 429 } } },
  ];
  expect(matches('error AND fault AND !throttle AND !ok', both)).toBe(true);
  expect(matches('error AND throttle AND !fault', throttled)).toBe(true);
});

function matches(text: string, documents: readonly SegmentDocument[]): boolean {
  const result = parseFilter(text);
  if ('problem' in result) throw new Error(result.problem.message);
  return documentsMatch(result.expression, documents, [{ name: 'slow', arn: 'arn:slow' }]);
}
