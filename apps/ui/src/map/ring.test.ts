import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ringArcs, smallestArcDegrees, worstOf } from './ring.js';

const counts = fc.integer({ min: 0, max: 1e7 });
const outcomes = fc.record({ ok: counts, error: counts, throttle: counts, fault: counts });

describe('rings', () => {
  it('close exactly, and show every share above 0 with at least 6 degrees', () => {
    fc.assert(
      fc.property(outcomes, (value) => {
        const arcs = ringArcs(value);
        const gap = arcs.length > 1 ? 3 : 0;
        const sum = arcs.reduce((total, arc) => total + arc.lengthDegrees + gap, 0);
        if (arcs.length > 0) expect(sum).toBeCloseTo(360, 6);
        for (const arc of arcs) expect(arc.lengthDegrees).toBeGreaterThanOrEqual(smallestArcDegrees - 1e-9);
        expect(arcs.map(({ state }) => state)).toEqual((['fault', 'error', 'throttle', 'ok'] as const).filter((state) => value[state] > 0));
      }),
    );
  });

  it('draw nothing without requests', () => expect(ringArcs({ ok: 0, error: 0, throttle: 0, fault: 0 })).toEqual([]));

  it('name the most frequent trouble as the worst', () => {
    expect(worstOf({ ok: 90, error: 1, throttle: 5, fault: 4 })).toBe('throttle');
    expect(worstOf({ ok: 90, error: 4, throttle: 4, fault: 4 })).toBe('fault');
    expect(worstOf({ ok: 90, error: 0, throttle: 0, fault: 0 })).toBeNull();
  });
});
