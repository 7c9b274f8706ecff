import type { MetricPeriod } from '@fluoroscope/contract/metrics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needsValues, parseStatistic, statisticOf } from './statistics.js';

type Pairs = readonly (readonly [value: number, count: number])[];

function periodOf(pairs: Pairs): MetricPeriod {
  const values = pairs.map(([value]) => value);
  const sum = (of: (pair: readonly [number, number]) => number) => pairs.reduce((total, pair) => total + of(pair), 0);
  return {
    ...{ start: 0, unit: 'None', sampleCount: sum(([, count]) => count), sum: sum(([value, count]) => value * count) },
    ...{ minimum: Math.min(...values), maximum: Math.max(...values), values: pairs },
  };
}

function told(text: string, period: MetricPeriod): number | null {
  const statistic = parseStatistic(text);
  if (statistic === null) throw new Error(`${text} is no statistic`);
  return statisticOf(statistic, period);
}

const runs = { numRuns: 150, seed: Number(process.env.FLUOROSCOPE_SEED ?? 1) };

const of = (text: string, ...values: number[]) => told(text, periodOf(values.toSorted((a, b) => a - b).map((value) => [value, 1])));
const oneToTen = Array.from({ length: 10 }, (_, i) => i + 1);
const aThousand = Array.from({ length: 1_000 }, (_, i) => i + 1);

describe('how a statistic is written', () => {
  it.each([
    ...['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum', 'IQM'],
    ...['p0', 'p5', 'p99', 'p99.9', 'p99.0123456789', 'p9.', 'p100', 'tm90', 'tc0.5', 'ts100', 'wm98'],
    ...['TM(10%:90%)', 'TM(:90%)', 'TM(10%:)', 'TC(100%:100.00%)', 'TS(0%:5.5%)', 'WM(2.5%:97.5%)', 'TM(150:1000)', 'TM(:0.5)'],
    ...['TC(0.005:)', 'TS(1e3:2E+3)', 'WM(0:1e-3)', 'PR(:300)', 'PR(100:2000)', 'PR(5:)', 'TM(50%:50%)'],
  ])('%s is one', (text) => {
    expect(parseStatistic(text)).not.toBeNull();
  });

  it.each([
    ...['', 'sum', 'Max', 'average', 'iqm', 'p', 'p101', 'p100.0', 'p-1', 'p99.12345678901', 'p1e1', 'P99', 'TM99', 'tm', 'pp99', 'p99 '],
    ...['TM()', 'TM(:)', 'TM(5)', 'TM(10%:90)', 'TM(10:90%)', 'TM(90%:10%)', 'TM(9:1)', 'TM(101%:)', 'TM(-1:5)', 'TM(1:1e999)'],
    ...['PR(10%:90%)', 'PR(:)', 'tm(1:2)', 'IQM(25%:75%)', 'TM(1:2))', 'xTM(1:2)', 'TM(1..2:3)', 'TM(%:5%)', 'toString', '__proto__'],
    `TM(${'1'.repeat(50)}:)`,
  ])('%j is none', (text) => {
    expect(parseStatistic(text)).toBeNull();
  });

  it('never throws', () => {
    const pieces = fc.constantFrom('TM', 'PR', 'p', 'tm', '(', ')', ':', '%', '.', '9', '100', 'e', '-', '+', 'IQM', 'Sum');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((list) => list.join('')),
        ),
        (text) => void parseStatistic(text),
      ),
    );
  });

  it('says whether values are needed', () => {
    const needing = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum', 'p50', 'tm90', 'IQM', 'PR(:5)'].filter((text) => {
      const statistic = parseStatistic(text);
      return statistic !== null && needsValues(statistic);
    });
    expect(needing).toEqual(['p50', 'tm90', 'IQM', 'PR(:5)']);
  });
});

describe('the basic statistics', () => {
  it('are told without values', () => {
    const period = { ...periodOf([[2, 3]]), sampleCount: 4, sum: 10, minimum: -1, maximum: 7, values: null };
    const names = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'];
    expect(names.map((name) => told(name, period))).toEqual([4, 10, 2.5, -1, 7]);
  });

  it('have no average of nothing', () => {
    expect(told('Average', { ...periodOf([[1, 1]]), sampleCount: 0, sum: 0 })).toBeNull();
  });
});

describe('what is told from values', () => {
  it.each([
    ['p0', oneToTen, 1],
    ['p10', oneToTen, 1],
    ['p10.1', oneToTen, 2],
    ['p50', oneToTen, 5],
    ['p70', oneToTen, 7],
    ['p7', oneToTen.concat(oneToTen), 1],
    ['p99', aThousand, 990],
    ['p99.9', aThousand, 999],
    ['p100', aThousand, 1_000],
    ['p50', [7], 7],
    ['tm90', oneToTen, 5],
    ['tc90', oneToTen, 9],
    ['ts90', oneToTen, 45],
    ['wm90', oneToTen, (45 + 9) / 10],
    ['TM(10%:90%)', oneToTen, 5.5],
    ['TC(10%:)', oneToTen, 9],
    ['TS(10%:90%)', oneToTen, 44],
    ['WM(10%:90%)', oneToTen, (2 + 44 + 9) / 10],
    ['TC(:25%)', oneToTen, 2.5],
    ['TS(:25%)', oneToTen, 1 + 2 + 1.5],
    ['TM(25%:)', [1, 2], (0.5 + 2) / 1.5],
    ['IQM', [1, 2, 3, 4], 2.5],
    ['IQM', [5, 8, 4, 38, 8, 6, 9, 7, 7, 3, 1, 6], 6.5],
    ['tm0', oneToTen, null],
    ['tc0', oneToTen, 0],
    ['ts0', oneToTen, 0],
    ['wm0', oneToTen, 1],
    ['TM(100%:)', oneToTen, null],
    ['WM(100%:)', oneToTen, 10],
    ['tm100', oneToTen, 5.5],
    ['TM(2:4)', oneToTen, 3.5],
    ['TC(2:4)', oneToTen, 2],
    ['TS(2:4)', oneToTen, 7],
    ['TM(:2)', oneToTen, 1.5],
    ['TM(8:)', oneToTen, 9.5],
    ['TM(4:4)', oneToTen, null],
    ['TC(11:)', oneToTen, 0],
    ['WM(2:4)', oneToTen, (2 + 2 + 3 + 7 * 4) / 10],
    ['WM(20:)', oneToTen, 20],
    ['PR(2:4)', oneToTen, 20],
    ['PR(:4)', oneToTen, 40],
    ['PR(4:)', oneToTen, 60],
    ['PR(10:)', oneToTen, 0],
  ])('%s', (text, values, expected) => {
    const value = of(text, ...values);
    if (expected === null) expect(value).toBeNull();
    else expect(value).toBeCloseTo(expected, 9);
  });

  it('reaches a rank that the sum of its counts only reaches within rounding', () => {
    const pairs: Pairs = Array.from({ length: 10 }, (_, i) => [i + 1, 0.1]);
    expect(told('p30', periodOf(pairs))).toBe(3);
    expect(told('p60', periodOf(pairs))).toBe(6);
    expect(told('TM(10%:30%)', periodOf(pairs))).toBeCloseTo(2.5, 9);
  });

  it('has a rare value as p100 and in sums, however rare it is', () => {
    const period = periodOf([
      [1, 1e15],
      [1e30, 1],
    ]);
    expect(told('p100', period)).toBe(1e30);
    expect(told('TS(0%:100%)', period)).toBe(1e15 + 1e30);
  });

  it('is not told of a period with a negative value, with nothing, or without values', () => {
    for (const text of ['p50', 'p0', 'tm90', 'tc90', 'IQM', 'TM(1:2)', 'WM(1:2)', 'PR(:5)']) {
      expect(of(text, -1, 2, 3)).toBeNull();
      expect(told(text, { ...periodOf([[1, 1]]), values: null })).toBeNull();
      expect(told(text, { ...periodOf([[1, 1]]), values: [] })).toBeNull();
    }
  });

  it('is finite or nothing', () => {
    const period = { ...periodOf([[1, 1]]), sampleCount: 1e-300, sum: 1e100 };
    expect(told('Average', period)).toBeNull();
  });
});

describe('any values', () => {
  const pairs = fc
    .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 7 })), {
      selector: ([value]) => value,
      minLength: 1,
      maxLength: 12,
    })
    .map((list) => list.sort(([a], [b]) => a - b));
  /** In tenths of a percent, so that the reference can reckon in whole numbers. */
  const bounds = fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1_000 })).map((two) => two.sort((a, b) => a - b));

  it('have the statistics that the samples have when they are written out one by one', () => {
    fc.assert(
      fc.property(pairs, bounds, (list, [from = 0, to = 0]) => {
        const samples = list.flatMap(([value, count]) => Array.from({ length: count }, () => value));
        const period = periodOf(list);
        const range = `(${from / 10}%:${to / 10}%)`;
        const inside = samples.map((value, i) => [value, overlap(i, samples.length, { from, to })] as const);
        expectSame(to === 1_000 ? told('p100', period) : told(`p${to / 10}`, period), nearestRank(samples, to));
        expectSame(
          told(`TC${range}`, period),
          total(inside, () => 1),
        );
        expectSame(
          told(`TS${range}`, period),
          total(inside, (value) => value),
        );
        expectSame(told(`TM${range}`, period), from === to ? null : total(inside, (value) => value) / total(inside, () => 1));
        if (from < to) expectSame(told(`WM${range}`, period), winsorized(samples, from, to));
      }),
      runs,
    );
  });

  it('have the statistics of absolute ranges that the samples have', () => {
    fc.assert(
      fc.property(pairs, bounds, (list, [from = 0, to = 0]) => {
        const samples = list.flatMap(([value, count]) => Array.from({ length: count }, () => value));
        const period = periodOf(list);
        const [least, most] = [Math.floor(from / 20), Math.floor(to / 20)];
        const inside = samples.filter((value) => value > least && value <= most);
        const sum = inside.reduce((all, value) => all + value, 0);
        const range = `(${least}:${most})`;
        expectSame(told(`TC${range}`, period), inside.length);
        expectSame(told(`TS${range}`, period), sum);
        expectSame(told(`TM${range}`, period), inside.length === 0 ? null : sum / inside.length);
        expectSame(told(`PR${range}`, period), (100 * inside.length) / samples.length);
        const moved = samples.map((value) => Math.max(least, Math.min(value, most)));
        expectSame(told(`WM${range}`, period), moved.reduce((all, value) => all + value, 0) / samples.length);
      }),
      runs,
    );
  });

  it('do not change a statistic when all counts are multiplied, but for counts and sums', () => {
    fc.assert(
      fc.property(pairs, fc.double({ min: 0.01, max: 1e6, noNaN: true }), (list, factor) => {
        const scaled = periodOf(list.map(([value, count]) => [value, count * factor]));
        for (const text of ['p50', 'p99.9', 'tm90', 'IQM', 'WM(10%:90%)', 'PR(3:20)', 'TM(3:20)']) {
          expectSame(told(text, scaled), told(text, periodOf(list)));
        }
      }),
      runs,
    );
  });
});

function nearestRank(samples: number[], tenths: number): number | undefined {
  return samples[Math.max(1, Math.ceil((tenths * samples.length) / 1_000)) - 1];
}

/** Of sample i, which lies from i to i + 1, the part between the bounds. */
function overlap(i: number, length: number, { from, to }: { from: number; to: number }): number {
  const inside = Math.min((i + 1) * 1_000, to * length) - Math.max(i * 1_000, from * length);
  return Math.max(0, inside) / 1_000;
}

function total(inside: Pairs, of: (value: number) => number): number {
  return inside.reduce((sum, [value, part]) => sum + of(value) * part, 0);
}

/** By steps: each sample is cut into a thousand, and each piece outside takes the value of the nearest one inside. */
function winsorized(samples: number[], from: number, to: number): number {
  const pieces = samples.flatMap((value) => Array.from({ length: 1_000 }, () => value));
  const [first, last] = [from * samples.length, to * samples.length - 1];
  const moved = pieces.map((_, i) => pieces[Math.min(Math.max(i, first), last)] ?? Number.NaN);
  return moved.reduce((sum, value) => sum + value, 0) / pieces.length;
}

function expectSame(actual: number | null, expected: number | null | undefined): void {
  if (actual === null || typeof expected !== 'number') expect(actual).toBe(expected);
  else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
}
