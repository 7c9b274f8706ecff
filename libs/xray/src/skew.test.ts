import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { findSkew } from './skew.js';

const start = 1_800_000_000;
const idOf = (n: number) => n.toString(16).padStart(16, '0');

/** A call of one second, answered by a segment with this start and end, in seconds from the call's start. */
function trace(childStart: number, childEnd: number, members: Partial<SegmentDocument> = {}): SegmentDocument[] {
  const shared = { trace_id: '1-6b49d200-6312e05eb59a7b9055d4081a' };
  const call = { id: idOf(2), name: 'orders.internal', namespace: 'remote', start_time: start, end_time: start + 1 };
  return [
    { ...shared, id: idOf(1), name: 'api', start_time: start, end_time: start + 1, subsegments: [call] },
    { ...shared, id: idOf(3), name: 'orders', parent_id: idOf(2), start_time: start + childStart, end_time: start + childEnd, ...members },
  ];
}

test('a callee that fits into its call gives no hint, nor does one that is off by the rounding of clocks', () => {
  expect(findSkew([trace(0.1, 0.9), trace(0, 1), trace(-0.001, 0.9)])).toEqual([]);
});

test('estimates the offset of a clock that is ahead, and of one that is behind, as the median over calls', () => {
  const [ahead] = findSkew([trace(5.25, 5.75), trace(5.2, 5.8), trace(5.3, 5.8), trace(0.1, 0.2)]);
  expect(ahead).toMatchObject({ caller: { name: 'api' }, callee: { name: 'orders' }, offsetMicros: 5_000_000, misfits: 3, calls: 4 });
  expect(findSkew([trace(-2.75, -2.25)])[0]?.offsetMicros).toBe(-3_000_000);
});

test('a callee that outlives its call is only judged by a start before it', () => {
  expect(findSkew([trace(0.5, 9)])).toEqual([]);
  expect(findSkew([trace(3, 9)])).toEqual([]);
  expect(findSkew([trace(-0.5, 9)])[0]?.offsetMicros).toBe(-500_000);
});

test('a consumer that takes a message later is no disagreement, one that has it before it was sent is', () => {
  const message = (childStart: number) => {
    const [sender, consumer] = trace(childStart, childStart + 0.2);
    const call = { ...sender?.subsegments?.[0], name: 'SQS', namespace: 'aws', aws: { queue_url: 'https://sqs/orders' } };
    return [{ ...sender, subsegments: [call] }, consumer] as SegmentDocument[];
  };
  expect(findSkew([message(60)])).toEqual([]);
  expect(findSkew([message(-2)])[0]?.offsetMicros).toBe(-2_000_000);
});

test('a segment below a segment is judged by it, and work in progress by nothing', () => {
  const pair = trace(7, 7.5, { parent_id: idOf(1), name: 'function' });
  expect(findSkew([pair])[0]).toMatchObject({ callee: { name: 'function' }, offsetMicros: 6_750_000 });
  expect(findSkew([trace(7, 0, { end_time: undefined, in_progress: true })])).toEqual([]);
});
