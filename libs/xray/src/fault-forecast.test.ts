import { describe, expect, it } from 'vitest';
import { type FaultCount, forecastFaults } from './fault-forecast.js';

const at = (minute: number, faults: number, total = 1_000): FaultCount => ({ startSeconds: minute * 60, faults, total });
const minutes = (count: number, faults: number) => Array.from({ length: count }, (_, minute) => at(minute, faults));

describe('the forecast of faults', () => {
  it('lies around what the hour before had, for the requests that there were', () => {
    expect(forecastFaults(at(60, 0), minutes(60, 100))).toEqual({ low: 71, high: 129 });
    expect(forecastFaults(at(60, 0, 10_000), minutes(60, 100))).toEqual({ low: 910, high: 1_090 });
  });

  it('leaves room for a few faults where there were none, and never for more than there were requests', () => {
    expect(forecastFaults(at(60, 9), minutes(60, 0))).toEqual({ low: 0, high: 3 });
    expect(forecastFaults(at(60, 2, 2), minutes(60, 0))).toEqual({ low: 0, high: 2 });
    expect(forecastFaults(at(60, 0, 0), minutes(60, 500))).toEqual({ low: 0, high: 0 });
  });

  it('looks at the hour before only, and says nothing without it', () => {
    expect(forecastFaults(at(200, 9), minutes(60, 900))).toBeNull();
    expect(forecastFaults(at(0, 9), minutes(60, 900))).toBeNull();
    expect(forecastFaults(at(90, 9), [...minutes(30, 900), at(80, 0)])).toEqual({ low: 0, high: 3 });
  });
});
