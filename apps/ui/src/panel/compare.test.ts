import type { StatisticsRow } from '@fluoroscope/contract/graph';
import { describe, expect, it } from 'vitest';
import { compare, longestSpanSeconds, spansAround } from './compare.js';

const row = (ok: number, fault: number, bucket: number): StatisticsRow => [ok, 0, 0, fault, 0, 0, [bucket, ok + fault]];

describe('before and after a deployment', () => {
  it('are equally long, and leave out the slice in which it happened', () => {
    const spans = spansAround(1_005, 1_047);
    expect(spans).toEqual({ spanSeconds: 30, from: 970, middle: 1_000, to: 1_040 });
    expect(spansAround(1_005, 9_000)?.spanSeconds).toBe(longestSpanSeconds);
  });

  it('wait until something has passed', () => {
    expect(spansAround(1_005, 1_015)).toBeNull();
    expect(compare([], 1_005, 1_019)).toBeNull();
  });

  it('say of how many requests, on both sides', () => {
    const points = [980, 990, 1_000, 1_010, 1_020].map((start) => [start, start < 1_000 ? row(9, 1, 10) : row(5, 5, 40)] as const);
    const result = compare(points, 1_003, 1_031);
    expect(result?.before).toMatchObject({ fromSeconds: 980, toSeconds: 1_000, requests: 20, notOk: 2, p50: 10_000, p95: 10_000 });
    expect(result?.after).toMatchObject({ fromSeconds: 1_010, toSeconds: 1_030, requests: 20, notOk: 10, p50: 40_000 });
  });
});
