import type { TraceRow } from '@fluoroscope/contract/traces';
import { expect, it } from 'vitest';
import { parseFilter } from './parse.js';
import { rowVerdict } from './row-verdict.js';

const shop = { name: 'shop', type: 'AWS::ECS::Container', accountId: '' };
const row: TraceRow = {
  traceId: '1-5f000000-000000000000000000000001',
  startMicros: 0,
  responseMicros: 1_500_000,
  durationMicros: 2_000_000,
  inProgress: false,
  outcome: 'throttle',
  worst: 'fault',
  entry: shop,
  method: 'GET',
  url: 'http://shop/orders/7',
  status: 429,
  services: [shop],
  moreServices: 0,
  annotations: { tier: 'gold' },
  documents: 3,
};

it.each<[string, boolean | null, Partial<TraceRow>?]>([
  ['throttle error !ok !fault', true],
  ['responsetime > 1 AND http.status = 429', true],
  ['http.url CONTAINS "/orders/" AND http.method = "POST"', false],
  ['annotation.tier = "gold"', true],
  ['annotation.tier = "silver"', null],
  ['annotation.none', false],
  ['user = "alice"', null],
  ['user = "alice" OR throttle', true],
  ['user = "alice" AND ok', false],
  ['!(user = "alice")', null],
  ['service("shop")', true],
  ['service("cart")', false],
  ['service("cart")', null, { moreServices: 3 }],
  ['service("shop") { fault }', null],
  ['service("cart") { fault }', false],
  ['edge("shop", "cart")', false],
  ['service(id(type: "client"))', null],
  ['duration > 1', true],
  ['duration > 1.7', null],
  ['duration = 2', null],
  ['duration = 1.5', true, { durationMicros: 1_500_000 }],
  ['responsetime > 0', false, { responseMicros: null, inProgress: true }],
  ['group.name = "slow"', null],
  ['error', null, { outcome: 'fault' }],
])('%s is %j', (text, expected, members) => {
  const parsed = parseFilter(text);
  expect('expression' in parsed ? rowVerdict(parsed.expression, { ...row, ...members }) : parsed.problem).toBe(expected);
});
