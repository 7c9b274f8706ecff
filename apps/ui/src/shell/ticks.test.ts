import { describe, expect, it } from 'vitest';
import { ticksOf } from './ticks.js';

const midnight = Date.parse('2026-11-21T00:00:00Z') / 1_000;

describe('ticks of a time axis', () => {
  it('stand at full minutes and as close as there is room', () => {
    const ticks = ticksOf({ from: midnight + 100, to: midnight + 3_700 }, { width: 800, zoneOffsetSeconds: 0 });
    expect(ticks.map((at) => (at - midnight) / 60)).toEqual([10, 20, 30, 40, 50]);
  });

  it('stand at the midnights of the reader', () => {
    const ticks = ticksOf({ from: midnight, to: midnight + 7 * 86_400 }, { width: 800, zoneOffsetSeconds: 3_600 });
    expect(ticks.every((at) => (at + 3_600) % 86_400 === 0)).toBe(true);
    expect(ticks.length).toBeGreaterThan(4);
  });

  it('are none where there is no room', () => {
    expect(ticksOf({ from: 0, to: 3_600 }, { width: 60, zoneOffsetSeconds: 0 })).toEqual([]);
    expect(ticksOf({ from: 0, to: 3_600 }, { width: 0, zoneOffsetSeconds: 0 })).toEqual([]);
  });
});
