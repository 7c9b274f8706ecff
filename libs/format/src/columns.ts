/**
 * Durations below each other: one unit and one number of decimals for the column, so that the eye compares lengths instead of
 * reading units. The median decides, because one slow row is no reason to write the others as nothing.
 */
import { roundTo, separated } from './digits.js';
import { missing } from './format.js';

export interface DurationColumn {
  /** For the column's head. */
  unit: 'us' | 'ms' | 's';
  /** The number alone, right-aligned: `1,204.50`. What would round to nothing is `<0.01`. */
  format: (micros: number | null) => string;
}

/** From which median on a column has this unit and these decimals. */
const grades = [
  { from: 60_000_000, unit: 's', micros: 1_000_000, digits: 1 },
  { from: 100_000, unit: 'ms', micros: 1_000, digits: 0 },
  { from: 10_000, unit: 'ms', micros: 1_000, digits: 1 },
  { from: 1_000, unit: 'ms', micros: 1_000, digits: 2 },
  { from: 0, unit: 'us', micros: 1, digits: 0 },
] as const;

export function durationColumn(micros: readonly number[]): DurationColumn {
  const median = medianOf(micros);
  const { unit, micros: perUnit, digits } = grades.find(({ from }) => median >= from) ?? grades[3];
  const least = 10 ** -digits;
  return {
    unit,
    format(value) {
      if (value === null || !Number.isFinite(value)) return missing;
      const rounded = roundTo(Math.max(0, value) / perUnit, digits);
      return rounded === 0 && value > 0 ? `<${least.toFixed(digits)}` : separated(rounded.toFixed(digits));
    },
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.filter((value) => value > 0).sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
