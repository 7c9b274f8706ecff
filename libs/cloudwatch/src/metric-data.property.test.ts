/** What holds for any call at all. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Datum, parseMetricData, readMetricData } from './metric-data.js';

const now = 1_800_000_000;
const seed = Number(process.env.FLUOROSCOPE_SEED ?? 1);
const runs = { numRuns: 500, seed };

/** Numbers of every size, and what is none. */
const number = fc.oneof(
  fc.integer({ min: -10, max: 10 }),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  fc.double(),
  fc.double().map(String),
  fc.constantFrom(2 ** 360, -(2 ** 360), 5e-324, 'NaN', 'Infinity', null, {}, []),
);
const text = fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 8 }), fc.jsonValue());
const dimension = fc.record({ Name: text, Value: text }, { requiredKeys: [] });
const values = fc.array(number, { maxLength: 3 });
const set = fc.record({ SampleCount: number, Sum: number, Minimum: number, Maximum: number });
/** One of the three ways, and nothing else that could be refused. */
const measured = fc.oneof(
  fc.record({ Value: number }),
  fc.record({ Values: values, Counts: values }, { requiredKeys: ['Values'] }),
  fc.record({ StatisticValues: set }),
);
/** Much of it is nearly right, so that much of it is accepted. */
const datum = fc.record(
  {
    MetricName: fc.oneof({ weight: 4, arbitrary: fc.constant('Latency') }, text),
    Dimensions: fc.oneof(fc.array(dimension, { maxLength: 3 }), fc.jsonValue()),
    Timestamp: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(now, now - 60.5, '2027-01-15T08:00:00Z') }, number, text),
    Unit: fc.constantFrom('Seconds', 'None', 'x', 1),
    StorageResolution: fc.constantFrom(1, 60, 5),
    Value: number,
    Values: fc.oneof(values, fc.jsonValue()),
    Counts: fc.oneof(values, fc.jsonValue()),
    StatisticValues: fc.oneof(set, fc.jsonValue()),
  },
  { requiredKeys: ['MetricName'] },
);
const call = fc.record(
  {
    Id: text,
    Namespace: fc.oneof({ weight: 4, arbitrary: fc.constant('Shop') }, text),
    MetricData: fc.oneof({ weight: 9, arbitrary: fc.array(datum, { maxLength: 3 }) }, fc.jsonValue()),
    EntityMetricData: fc.oneof(fc.array(fc.record({ MetricData: fc.array(datum, { maxLength: 2 }) })), fc.jsonValue()),
  },
  { requiredKeys: ['Namespace', 'MetricData'] },
);

it('never throws, whatever is sent', () => {
  fc.assert(
    fc.property(fc.oneof(call, fc.jsonValue()), (document) => {
      const parsed = parseMetricData(document, now);
      if (parsed.rejected === undefined) expect(parsed.data.length).toBeGreaterThan(0);
      else expect(parsed.rejected.message).not.toBe('');
    }),
    runs,
  );
});

it('never throws, whatever text is read', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (document) => {
      expect(readMetricData(document, now)).toBeDefined();
    }),
    runs,
  );
});

it('decides the same on a document and on its JSON', () => {
  fc.assert(
    fc.property(call, (document) => {
      const written = JSON.stringify(document);
      expect(readMetricData(written, now)).toEqual(parseMetricData(JSON.parse(written), now));
    }),
    runs,
  );
});

it('lets nothing into storage that cannot be added up', () => {
  let accepted = 0;
  fc.assert(
    fc.property(measured, (one) => {
      const parsed = parseMetricData({ Namespace: 'Shop', MetricData: [{ MetricName: 'Latency', ...one }] }, now);
      if (parsed.rejected !== undefined) return;
      accepted += 1;
      for (const read of parsed.data) expectSound(read);
    }),
    { numRuns: 5_000, seed },
  );
  expect(accepted).toBeGreaterThan(100);
});

it('keeps the mean of Values between the least and the greatest', () => {
  const finite = fc.double({ min: -(2 ** 360), max: 2 ** 360, noNaN: true });
  const count = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.double({ min: 1e-100, max: 2 ** 360, noNaN: true }));
  fc.assert(
    fc.property(fc.array(fc.tuple(finite, count), { minLength: 1, maxLength: 20 }), (pairs) => {
      const one = { MetricName: 'Latency', Values: pairs.map(([value]) => value), Counts: pairs.map(([, times]) => times) };
      const parsed = parseMetricData({ Namespace: 'Shop', MetricData: [one] }, now);
      expect(parsed.rejected === undefined).toBe(pairs.some(([, times]) => times > 0));
      for (const read of parsed.rejected === undefined ? parsed.data : []) expectMeanWithin(read);
    }),
    runs,
  );
});

function expectSound(read: Datum): void {
  const { timestampMs, sampleCount, sum, minimum, maximum, values: kept, counts } = read;
  for (const value of [timestampMs, sampleCount, sum, minimum, maximum, ...kept, ...counts]) expect(Number.isFinite(value)).toBe(true);
  expect(sampleCount).toBeGreaterThan(0);
  expect(minimum).toBeLessThanOrEqual(maximum);
  expect(kept.length).toBe(counts.length);
  for (const count of counts) expect(count).toBeGreaterThan(0);
}

function expectMeanWithin({ sampleCount, sum, minimum, maximum }: Datum): void {
  const rounding = 1e-12 * Math.max(Math.abs(minimum), Math.abs(maximum)) + 1e-200;
  expect(sum / sampleCount).toBeGreaterThanOrEqual(minimum - rounding);
  expect(sum / sampleCount).toBeLessThanOrEqual(maximum + rounding);
}
