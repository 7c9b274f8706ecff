import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowOf } from './row-fixture.js';
import { bucketsOf, decadesOf, durationSpan, isSelected, nearestRow, selectionOf, xOf, yOf } from './scatter.js';

const time = { fromMicros: 1_000_000_000, toMicros: 1_060_000_000 };
const startsIn = (micros: number) => ({ startMicros: time.fromMicros + micros });

describe('the scatter', () => {
  it('shows whole decades, and never fewer than before', () => {
    expect(durationSpan([])).toEqual({ lowDecade: 3, highDecade: 6 });
    const wide = durationSpan([rowOf(1, { responseMicros: 40 }), rowOf(2, { responseMicros: 12_000_000 })]);
    expect(wide).toEqual({ lowDecade: 1, highDecade: 8 });
    expect(durationSpan([], wide)).toEqual(wide);
  });

  it('labels the decades in round numbers, and fewer of them where there are many', () => {
    const labels = (lowDecade: number, highDecade: number) => decadesOf({ lowDecade, highDecade }).map(({ label }) => label);
    expect(labels(3, 6)).toEqual(['1 ms', '10 ms', '100 ms', '1 s']);
    expect(labels(0, 8)).toEqual(['1 us', '100 us', '10 ms', '1 s', '100 s']);
  });

  it('keeps every duration inside the box, absurd ones too', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (micros) => {
        const y = yOf(micros, durationSpan([rowOf(1, { responseMicros: micros })]));
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('turns a box into times and durations, whichever corner it was drawn from', () => {
    const durations = { lowDecade: 3, highDecade: 6 };
    const down = selectionOf({ x0: 0.5, x1: 0.25, y0: 2 / 3, y1: 1 / 3 }, time, durations);
    expect(down).toEqual({ fromMicros: 1_015_000_000, toMicros: 1_030_000_000, minMicros: 10_000, maxMicros: 100_000 });
    expect(selectionOf({ x0: 0, x1: 1, y0: 0, y1: 1 }, time, durations)).toMatchObject({
      minMicros: 0,
      maxMicros: Number.POSITIVE_INFINITY,
    });
  });

  it('selects what lies in the box', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (x, y) => {
        const durations = { lowDecade: 3, highDecade: 6 };
        const row = rowOf(1, { ...startsIn(x * 60_000_000), responseMicros: 10 ** (3 + 3 * y) });
        const margin = 0.05;
        const around = { x0: x - margin, x1: x + margin, y0: y - margin, y1: y + margin };
        expect(isSelected(row, selectionOf(around, time, durations))).toBe(true);
        expect([xOf(row.startMicros, time), yOf(row.responseMicros ?? 0, durations)]).toEqual([expect.closeTo(x, 5), expect.closeTo(y, 5)]);
      }),
    );
  });

  it('counts by outcome and time, and leaves out what lies outside the window', () => {
    const rows = [
      rowOf(1, { ...startsIn(0), outcome: 'fault', responseMicros: 10 }),
      rowOf(2, { ...startsIn(19_999_999), responseMicros: 30 }),
      rowOf(3, { ...startsIn(20_000_000), inProgress: true, responseMicros: null }),
      rowOf(4, startsIn(60_000_000)),
      rowOf(5, startsIn(-1)),
    ];
    const [first, second, third] = bucketsOf(rows, time, 3);
    expect(first).toMatchObject({ fault: 1, ok: 1, progress: 0, medianMicros: 10, maxMicros: 30 });
    expect(second).toMatchObject({ ok: 0, progress: 1, medianMicros: null });
    expect(third).toMatchObject({ ok: 0, error: 0, throttle: 0, fault: 0, progress: 0 });
  });

  it('finds the point under the pointer, and nothing where there is none', () => {
    const rows = [rowOf(1), rowOf(2), rowOf(3)];
    const far = new Map(rows.map((row, index) => [row, [9, 3, 5][index] ?? 0]));
    expect(nearestRow(rows, (row) => far.get(row) ?? 0, 6)).toBe(rows[1]);
    expect(nearestRow(rows, (row) => far.get(row) ?? 0, 2)).toBeUndefined();
  });
});
