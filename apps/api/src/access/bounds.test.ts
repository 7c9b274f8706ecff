import { describe, expect, it } from 'vitest';
import { RateLimits } from './rate-limits.js';
import { Replays } from './replays.js';

const proven = (signature: string, untilMs = 1_000) => ({ keyId: 'k', signature, untilMs, isRetryable: false });

describe('signatures that were used', () => {
  it('are refused until their date is too old', () => {
    const replays = new Replays();
    expect([0, 1, 1_000].map((nowMs) => replays.isFirst(proven('a'), nowMs))).toEqual([true, false, false]);
    expect(replays.isFirst(proven('a'), 1_001)).toBe(true);
  });

  it('may come again when they cover the invocation ID', () => {
    const replays = new Replays();
    const retry = { ...proven('a'), isRetryable: true };
    expect([replays.isFirst(retry, 0), replays.isFirst(retry, 1)]).toEqual([true, true]);
  });

  it('are forgotten oldest first beyond the limit, and counted', () => {
    const replays = new Replays(2);
    for (const signature of ['a', 'b', 'c']) replays.isFirst(proven(signature), 0);
    expect(replays.forgotten).toBe(1);
    expect(replays.isFirst(proven('c'), 1)).toBe(false);
    expect(replays.isFirst(proven('a'), 1)).toBe(true);
  });
});

describe('a limit of requests', () => {
  it('lets a burst in, and then as many as the rate, for each name apart', () => {
    const limits = new RateLimits();
    const rate = { perSecond: 2, burst: 3 };
    const takes = (nowMs: number) => Array.from({ length: 5 }, () => limits.take('a', rate, nowMs)).filter(Boolean).length;
    expect([takes(0), takes(100), takes(500), takes(60_000)]).toEqual([3, 0, 1, 3]);
    expect(limits.take('b', rate, 0)).toBe(true);
  });
});
