import type { SliceRows } from '@fluoroscope/contract/graph';
import { describe, expect, it } from 'vitest';
import { quietRanges, seenInSliceMs } from './quiet.js';
import { alignedRange, periodFor, type StoredAnswer, type StoredRange, StoredSlices } from './stored-slices.js';

/** Long ago, on the border of a chunk. */
const base = 1_700_001_000 - (1_700_001_000 % 300);

function storage() {
  const asked: StoredRange[] = [];
  const clock = { ms: (base + 1_000_000) * 1_000 };
  const answer = async (range: StoredRange): Promise<StoredAnswer> => {
    asked.push({ ...range });
    const slices: SliceRows[] = [];
    for (let at = range.from; at < range.to; at += range.period) slices.push({ slice: at / 10, stored: true, nodes: [], edges: [] });
    return { slices: slices.reverse(), containsOldGroupVersions: range.from === base };
  };
  return { asked, clock, slices: new StoredSlices(answer, () => clock.ms) };
}

const times = (slices: readonly SliceRows[]) => slices.map(({ slice }) => slice * 10 - base);

describe('stored slices', () => {
  it('come in order and within the range, whatever the chunks are', async () => {
    const { slices } = storage();
    expect(times(await slices.range({ from: base + 280, to: base + 320, period: 10 }))).toEqual([280, 290, 300, 310]);
  });

  it('say of a range whether a part of it has members by an older filter', async () => {
    const { slices } = storage();
    const [older, newer] = [base, base + 300].map((from) => ({ from, to: from + 300, period: 10 as const }));
    for (const range of [older, newer]) if (range) await slices.range(range);
    expect([older, newer].map((range) => range && slices.containsOldGroupVersions(range))).toEqual([true, false]);
  });

  it('are asked for once, chunks in a row together', async () => {
    const { slices, asked } = storage();
    await slices.range({ from: base, to: base + 600, period: 10 });
    await slices.range({ from: base + 100, to: base + 500, period: 10 });
    await slices.range({ from: base + 300, to: base + 900, period: 10 });
    expect(asked).toEqual([
      { from: base, to: base + 600, period: 10 },
      { from: base + 600, to: base + 900, period: 10 },
    ]);
    expect(slices.known({ from: base + 300, to: base + 310, period: 10 })).toHaveLength(1);
    expect(slices.known({ from: base + 300, to: base + 310, period: 60 })).toBeNull();
  });

  it('are not asked for again while they are on their way', async () => {
    const { slices, asked } = storage();
    const range = { from: base, to: base + 100, period: 10 } as const;
    const both = await Promise.all([slices.range(range), slices.range(range)]);
    expect(both.map((rows) => rows.length)).toEqual([10, 10]);
    expect(asked).toHaveLength(1);
  });

  it('are asked for again when they had not settled', async () => {
    const { slices, asked, clock } = storage();
    clock.ms = (base + 310) * 1_000;
    const range = { from: base, to: base + 300, period: 10 } as const;
    await slices.range(range);
    clock.ms += 1_000;
    expect(slices.known(range)).not.toBeNull();
    clock.ms += 10_000;
    expect(slices.known(range)).toBeNull();
    await slices.range(range);
    expect(asked).toHaveLength(2);
  });

  it('give way to others, the longest unused first', async () => {
    const { slices } = storage();
    for (let at = 0; at < 100; at++) {
      await slices.range({ from: base + at * 300, to: base + at * 300 + 10, period: 10 });
      expect(slices.known({ from: base, to: base + 10, period: 10 })).not.toBeNull();
    }
    expect(slices.known({ from: base + 300, to: base + 310, period: 10 })).toBeNull();
  });

  it('tell everybody who waits when the answer is a failure, and try again the next time', async () => {
    let failing = true;
    const slices = new StoredSlices(async () => {
      if (failing) throw new Error('away');
      return { slices: [], containsOldGroupVersions: false };
    });
    await expect(slices.range({ from: base, to: base + 10, period: 10 })).rejects.toThrow('away');
    failing = false;
    await expect(slices.range({ from: base, to: base + 10, period: 10 })).resolves.toEqual([]);
  });

  it('are as fine as the range allows', () => {
    expect([300, 1_800, 3_600, 86_400, 604_800].map(periodFor)).toEqual([10, 10, 60, 60, 3_600]);
    expect(alignedRange({ from: 61, to: 119 }, 60)).toEqual({ from: 60, to: 120, period: 60 });
  });
});

describe('what is quiet', () => {
  // On the border of an hour.
  const now = 1_700_002_800 + 1_234;
  const [hours, minutes] = quietRanges(now);
  const ago = (slice: number, range: typeof hours) => now - seenInSliceMs(slice / 10, range) / 1_000;

  it('was last seen in its last minute with requests', () => {
    expect(ago(now - (now % 60) - 540, minutes)).toBe((now % 60) + 480);
  });

  it('was not seen since the stream tells of every request, though its minute or hour goes on', () => {
    expect(ago(now - 310, minutes)).toBe(300);
    expect(ago(now - 1_234, hours)).toBeGreaterThanOrEqual(3_600);
  });

  it('was seen in an hour of the day that no minutes tell of', () => {
    expect(ago(now - 1_234 - 7_200, hours)).toBe(1_234 + 3_600);
    expect(hours.from).toBe(now - 86_400);
  });

  it('is not looked for where finer rows tell of it', () => {
    expect([hours.to, minutes.to]).toEqual([minutes.from, now - 300]);
  });
});
