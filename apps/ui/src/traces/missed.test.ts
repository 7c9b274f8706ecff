import { describe, expect, it } from 'vitest';
import { Missed } from './missed.js';

/** When storage is read, looked at twice a second. */
function readsOf(missed: Missed, untilMs: number, each: (nowMs: number) => void = () => {}): number[] {
  const reads: number[] = [];
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 500) if (missed.isDue(nowMs)) reads.push(nowMs) && each(nowMs);
  return reads;
}

describe('missed rows', () => {
  it('are read when the burst is over, and are none when they have been found', () => {
    const missed = new Missed();
    missed.add(30, 0);
    expect(readsOf(missed, 60_000, () => missed.found(30, -20_000))).toEqual([3_000]);
    expect(missed.count).toBe(0);
  });

  it('are looked for again while storage is behind, and not for ever', () => {
    const missed = new Missed();
    missed.add(5, 0);
    expect(readsOf(missed, 100_000, () => missed.found(1, null))).toEqual([3_000, 6_000, 12_000, 24_000]);
    expect(missed.count).toBe(0);
  });

  it('stay, and are said to, when storage has more than one page of them', () => {
    const missed = new Missed();
    missed.add(900, 0);
    readsOf(missed, 100_000, (nowMs) => missed.found(nowMs === 3_000 ? 500 : 0, -1_000));
    expect(missed.count).toBe(400);
    missed.add(1, 200_000);
    expect(missed.isDue(203_000)).toBe(true);
  });

  it('are read now and then while the stream does not end', () => {
    const missed = new Missed();
    const reads: number[] = [];
    for (let nowMs = 0; nowMs <= 30_000; nowMs += 500) {
      missed.add(10, nowMs);
      if (missed.isDue(nowMs)) reads.push(nowMs);
    }
    expect(reads).toEqual([10_000, 20_000, 30_000]);
    missed.found(5_000, 29_000);
    expect(missed.count).toBe(1);
  });
});
