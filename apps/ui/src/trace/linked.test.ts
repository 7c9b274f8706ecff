import type { LinkedTrace } from '@fluoroscope/contract/traces';
import { expect, test } from 'vitest';
import { linkText } from './linked.js';

const link: LinkedTrace = {
  ownId: '1'.repeat(16),
  traceId: `1-${'a'.repeat(8)}-${'b'.repeat(24)}`,
  id: '2'.repeat(16),
  other: {
    name: 'SQS',
    service: { name: 'shop', type: '', accountId: '' },
    through: { name: 'https://sqs.eu-west-1.amazonaws.com/1/orders', type: 'AWS::SQS::Queue', accountId: '' },
    startMicros: 0,
    outcome: 'ok',
    inProgress: false,
  },
  ageMicros: 340_000,
};

test('names the service, the queue and the age of the message', () => {
  expect(linkText(link, 'before')).toEqual({ name: 'shop', through: 'orders', age: '340 ms before' });
});

test('names the part whose service is not known, and the trace of which nothing is', () => {
  const other = link.other && { ...link.other, service: null, through: null };
  expect(linkText({ ...link, other }, 'later')).toEqual({ name: 'SQS', through: '', age: '340 ms later' });
  expect(linkText({ ...link, other: null, ageMicros: null }, 'later')).toEqual({ name: link.traceId, through: '', age: '' });
});
