/**
 * Response-time histograms: which bucket a time falls into, and sums, differences and percentiles of histograms.
 *
 * Below 50 ms a bucket is a whole millisecond (so a value is within 0.5 ms), above it a bucket is 2 % wide (so a value is
 * within 1 %). A histogram is flat: bucket, count, bucket, count, in ascending order of bucket, no count of 0.
 * Bucket numbers are stored: they never change their meaning.
 */

const firstWideBucket = 50;
/** Where rounding to the millisecond ends: 49.5 ms would round to 50. */
const firstWideMicros = 49_500;
const growth = 1.02;
/** Holds everything from 38 hours on, so that a bucket fits 16 bits and a table stays small. */
export const lastBucket = 800;

/** lowerBounds[i] is the least whole microsecond of bucket firstWideBucket + i. */
const lowerBounds = Float64Array.from({ length: lastBucket - firstWideBucket + 1 }, (_, i) => Math.ceil(firstWideMicros * growth ** i));
const logGrowth = Math.log(growth);

/** The bucket of a time in whole microseconds; what is negative or not a number counts as 0. */
export function bucketOf(micros: number): number {
  if (!(micros >= 0)) return 0;
  if (micros < firstWideMicros) return Math.round(micros / 1000);
  const guess = Math.min(Math.floor(Math.log(micros / firstWideMicros) / logGrowth), lowerBounds.length - 1);
  return firstWideBucket + settle(guess, micros);
}

/** The logarithm can be one off at a bound; the table decides. */
function settle(guess: number, micros: number): number {
  if (micros < bound(guess)) return guess - 1;
  return guess + 1 < lowerBounds.length && micros >= bound(guess + 1) ? guess + 1 : guess;
}

function bound(index: number): number {
  return lowerBounds[index] ?? Number.POSITIVE_INFINITY;
}

/** The time that stands for a bucket: the millisecond itself, or the geometric middle; of the last bucket its lower bound. */
export function bucketMicros(bucket: number): number {
  if (bucket < firstWideBucket) return bucket * 1000;
  if (bucket >= lastBucket) return bound(lastBucket - firstWideBucket);
  return Math.round(firstWideMicros * growth ** (bucket - firstWideBucket + 0.5));
}

export function countOf(histogram: readonly number[]): number {
  let count = 0;
  for (let i = 1; i < histogram.length; i += 2) count += histogram[i] ?? 0;
  return count;
}

/** The time in microseconds that `percent` (0 to 100) of the counted times do not exceed, by nearest rank; 0 when nothing is counted. */
export function percentile(histogram: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * countOf(histogram)));
  let seen = 0;
  for (let i = 0; i < histogram.length; i += 2) {
    seen += histogram[i + 1] ?? 0;
    if (seen >= rank) return bucketMicros(histogram[i] ?? 0);
  }
  return 0;
}

/** Counts `count` more (or, below 0, fewer) times of one bucket, in place. */
export function recordBucket(histogram: number[], bucket: number, count = 1): void {
  const at = findBucket(histogram, bucket);
  if (histogram[at] !== bucket) {
    if (count !== 0) histogram.splice(at, 0, bucket, count);
    return;
  }
  const sum = (histogram[at + 1] ?? 0) + count;
  if (sum === 0) histogram.splice(at, 2);
  else histogram[at + 1] = sum;
}

/** The sum of two histograms, as a new one. */
export function addHistogram(left: readonly number[], right: readonly number[]): number[] {
  return combine(left, right, 1);
}

/** `left` without what `right` counts, as a new one. */
export function subtractHistogram(left: readonly number[], right: readonly number[]): number[] {
  return combine(left, right, -1);
}

/** Bounded by the number of buckets. */
function combine(left: readonly number[], right: readonly number[], sign: 1 | -1): number[] {
  const sum: number[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const leftBucket = left[l] ?? Number.POSITIVE_INFINITY;
    const rightBucket = right[r] ?? Number.POSITIVE_INFINITY;
    const bucket = Math.min(leftBucket, rightBucket);
    let count = 0;
    if (leftBucket === bucket) {
      count += left[l + 1] ?? 0;
      l += 2;
    }
    if (rightBucket === bucket) {
      count += sign * (right[r + 1] ?? 0);
      r += 2;
    }
    if (count !== 0) sum.push(bucket, count);
  }
  return sum;
}

/** Index of the pair of `bucket`, or of where it belongs. */
function findBucket(histogram: readonly number[], bucket: number): number {
  let low = 0;
  let high = histogram.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((histogram[2 * middle] ?? 0) < bucket) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}
