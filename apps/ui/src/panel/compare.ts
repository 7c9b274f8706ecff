/** Before and after a deployment: equal spans on both sides, in whole slices, without the slice in which it happened. */
import { type StatisticsRow, sliceSeconds } from '@fluoroscope/contract/graph';
import { addHistogram, percentile } from '@fluoroscope/xray/histogram';
import { type CoursePoint, requestsOf } from './course.js';

/** Longer spans compare other hours of the day rather than versions. */
export const longestSpanSeconds = 900;

export interface Side {
  fromSeconds: number;
  toSeconds: number;
  requests: number;
  notOk: number;
  /** Microseconds; null without requests. */
  p50: number | null;
  p95: number | null;
}

export interface Comparison {
  spanSeconds: number;
  before: Side;
  after: Side;
}

/** Null until one whole slice has passed since. */
export function spansAround(
  atSeconds: number,
  nowSeconds: number,
): { spanSeconds: number; from: number; middle: number; to: number } | null {
  const middle = Math.floor(atSeconds / sliceSeconds) * sliceSeconds;
  const start = middle + sliceSeconds;
  const passed = Math.floor((nowSeconds - start) / sliceSeconds) * sliceSeconds;
  const spanSeconds = Math.min(longestSpanSeconds, passed);
  return spanSeconds < sliceSeconds ? null : { spanSeconds, from: middle - spanSeconds, middle, to: start + spanSeconds };
}

export function compare(points: readonly CoursePoint[], atSeconds: number, nowSeconds: number): Comparison | null {
  const spans = spansAround(atSeconds, nowSeconds);
  if (!spans) return null;
  const { spanSeconds, from, middle, to } = spans;
  return { spanSeconds, before: sideOf(points, from, middle), after: sideOf(points, middle + sliceSeconds, to) };
}

function sideOf(points: readonly CoursePoint[], fromSeconds: number, toSeconds: number): Side {
  const rows = points.filter(([start]) => start >= fromSeconds && start < toSeconds).map(([, row]) => row);
  const histogram = rows.reduce<readonly number[]>((sum, row) => addHistogram(sum, row[6]), []);
  const at = (percent: number) => (histogram.length === 0 ? null : percentile(histogram, percent));
  const sum = (count: (row: StatisticsRow) => number) => rows.reduce((total, row) => total + count(row), 0);
  return { fromSeconds, toSeconds, requests: sum(requestsOf), notOk: sum((row) => requestsOf(row) - row[0]), p50: at(50), p95: at(95) };
}
