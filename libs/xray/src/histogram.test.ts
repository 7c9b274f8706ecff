import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addHistogram, bucketMicros, bucketOf, countOf, lastBucket, percentile, recordBucket, subtractHistogram } from './histogram.js';

const dayMicros = 86_400_000_000;

function histogramOf(times: readonly number[]): number[] {
  const histogram: number[] = [];
  for (const micros of times) recordBucket(histogram, bucketOf(micros));
  return histogram;
}

test('rounds to the millisecond below 50 ms', () => {
  expect([0, 499, 500, 1_499, 49_499].map(bucketOf)).toEqual([0, 0, 1, 1, 49]);
  expect(bucketOf(49_500)).toBe(50);
});

test('counts what is negative or not a number as 0 and puts the longest times into the last bucket', () => {
  expect([-1, Number.NaN].map(bucketOf)).toEqual([0, 0]);
  expect([1e15, Number.POSITIVE_INFINITY].map(bucketOf)).toEqual([lastBucket, lastBucket]);
});

test('is within 0.5 ms below 50 ms and within 1 % up to a day', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: dayMicros }), (micros) => {
      const error = Math.abs(bucketMicros(bucketOf(micros)) - micros);
      expect(error).toBeLessThanOrEqual(micros < 49_500 ? 500 : micros * 0.01);
    }),
    { numRuns: 2_000 },
  );
});

test('is monotone, also at every bound', () => {
  for (let bucket = 51; bucket < lastBucket; bucket++) {
    const middle = bucketMicros(bucket);
    expect(bucketOf(middle)).toBe(bucket);
    expect(bucketOf(middle / 1.00995 - 2)).toBeLessThanOrEqual(bucket);
    expect(bucketOf(middle * 1.011)).toBe(bucket + 1);
  }
});

test('a percentile is within 1 % or 0.5 ms of the exact one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1 }), fc.integer({ min: 0, max: 100 }), (times, percent) => {
      const sorted = [...times].sort((a, b) => a - b);
      const exact = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
      expect(Math.abs(percentile(histogramOf(times), percent) - exact)).toBeLessThanOrEqual(Math.max(500, exact * 0.01));
    }),
  );
});

test('the percentile of nothing is 0', () => {
  expect(percentile([], 99)).toBe(0);
});

test('a sum counts both, a difference undoes it, and order stays ascending', () => {
  const times = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 50 });
  fc.assert(
    fc.property(times, times, (left, right) => {
      const sum = addHistogram(histogramOf(left), histogramOf(right));
      expect(sum).toEqual(histogramOf([...left, ...right]));
      expect(countOf(sum)).toBe(left.length + right.length);
      expect(subtractHistogram(sum, histogramOf(right))).toEqual(histogramOf(left));
    }),
  );
});
