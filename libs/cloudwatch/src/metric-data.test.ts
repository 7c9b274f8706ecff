/** What a call of PutMetricData becomes, and CloudWatch's words for what is wrong with one. */
import { maxDataPerPut, maxDatumAgeSeconds, maxDatumAheadSeconds, maxDimensions, maxValuesPerDatum } from '@fluoroscope/contract/metrics';
import { describe, expect, it } from 'vitest';
import { type MetricDataRejection, parseMetricData, readMetricData } from './metric-data.js';

const now = 1_800_000_000;

function callOf(...data: unknown[]) {
  return { Namespace: 'Shop', MetricData: data };
}

function dataOf(document: unknown) {
  const parsed = parseMetricData(document, now);
  if (parsed.rejected !== undefined) throw new Error(parsed.rejected.message);
  return parsed.data;
}

function datumOf(datum: object) {
  const [parsed] = dataOf(callOf({ MetricName: 'Latency', ...datum }));
  return parsed;
}

function refusalOf(document: unknown): MetricDataRejection | undefined {
  return parseMetricData(document, now).rejected;
}

function refusalOfDatum(datum: object): MetricDataRejection | undefined {
  return refusalOf(callOf({ MetricName: 'Latency', ...datum }));
}

const invalid = (...lines: string[]) => ({ code: 'InvalidParameterValue', message: lines.join('\n') });
const missing = (...lines: string[]) => ({ code: 'MissingParameter', message: lines.join('\n') });
const combination = (line: string) => ({ code: 'InvalidParameterCombination', message: line });

describe('a datum', () => {
  it('has what it leaves out by default', () => {
    expect(parseMetricData({ Id: 'one', ...callOf({ MetricName: 'Latency', Value: 1.5 }) }, now)).toEqual({
      id: 'one',
      data: [
        {
          metric: { namespace: 'Shop', name: 'Latency', dimensions: [] },
          timestampMs: now * 1_000,
          unit: 'None',
          resolutionSeconds: 60,
          ...{ sampleCount: 1, sum: 1.5, minimum: 1.5, maximum: 1.5, values: [1.5], counts: [1] },
        },
      ],
    });
  });

  it('takes null for what is left out, as clients send it', () => {
    const nulls = {
      Dimensions: null,
      Timestamp: null,
      Unit: null,
      StorageResolution: null,
      StatisticValues: null,
      Values: null,
      Counts: null,
    };
    expect(datumOf({ ...nulls, Value: 1 })).toEqual(datumOf({ Value: 1 }));
  });

  it('has its dimensions in the order of their names, in whichever they were sent', () => {
    const dimensions = ['b', 'B', 'a b', 'a'].map((Name) => ({ Name, Value: `of ${Name}` }));
    const sorted = ['B', 'a', 'a b', 'b'].map((name) => ({ name, value: `of ${name}` }));
    expect(datumOf({ Value: 1, Dimensions: dimensions })?.metric.dimensions).toEqual(sorted);
    expect(datumOf({ Value: 1, Dimensions: dimensions.toReversed() })?.metric.dimensions).toEqual(sorted);
  });

  it.each([1, 60])('has a resolution of %i s', (seconds) => {
    expect(datumOf({ Value: 1, StorageResolution: seconds })?.resolutionSeconds).toBe(seconds);
    expect(datumOf({ Value: 1, StorageResolution: `${seconds}` })?.resolutionSeconds).toBe(seconds);
  });

  it('takes numbers as texts, as who produces documents may write them', () => {
    expect(datumOf({ Value: '1.5e3' })?.sum).toBe(1_500);
    expect(datumOf({ Values: ['.5', '-2'], Counts: ['2', '1'] })?.sum).toBe(-1);
  });

  it('has one 0', () => {
    expect(Object.is(datumOf({ Value: -0 })?.values[0], 0)).toBe(true);
  });

  it('may lie in a namespace of AWS, so that an application can play its metrics', () => {
    expect(dataOf({ ...callOf({ MetricName: 'Errors', Value: 1 }), Namespace: 'AWS/Lambda' })[0]?.metric.namespace).toBe('AWS/Lambda');
  });
});

describe('what a datum measured', () => {
  it('is Values as often as Counts say, which may be fractions', () => {
    expect(datumOf({ Values: [3, 1, 2], Counts: [2, 0.5, 1] })).toMatchObject({
      ...{ sampleCount: 3.5, sum: 8.5, minimum: 1, maximum: 3, values: [3, 1, 2], counts: [2, 0.5, 1] },
    });
  });

  it('is each of Values once where there are no Counts', () => {
    expect(datumOf({ Values: [3, 1] })).toMatchObject({ sampleCount: 2, sum: 4, counts: [1, 1] });
    expect(datumOf({ Values: [3, 1], Counts: [] })).toMatchObject({ sampleCount: 2, sum: 4, counts: [1, 1] });
  });

  it('is nothing of what was counted 0 times', () => {
    expect(datumOf({ Values: [9, 1, -9], Counts: [0, 2, 0] })).toMatchObject({ minimum: 1, maximum: 1, values: [1], counts: [2] });
  });

  it('counts a value that comes twice twice', () => {
    expect(datumOf({ Values: [1, 1] })).toMatchObject({ sampleCount: 2, sum: 2, values: [1, 1] });
  });

  it('is a statistic set without values', () => {
    const StatisticValues = { SampleCount: 3, Sum: 6, Minimum: 1, Maximum: 4 };
    expect(datumOf({ StatisticValues })).toMatchObject({ sampleCount: 3, sum: 6, minimum: 1, maximum: 4, values: [], counts: [] });
  });

  it('is the one value of a set where all are the same', () => {
    const one = datumOf({ StatisticValues: { SampleCount: 1, Sum: 7, Minimum: 7, Maximum: 7 } });
    expect(one).toMatchObject({ values: [7], counts: [1] });
    const some = datumOf({ StatisticValues: { SampleCount: 3, Sum: 0.1 + 0.1 + 0.1, Minimum: 0.1, Maximum: 0.1 } });
    expect(some).toMatchObject({ values: [0.1], counts: [3] });
    const zeros = datumOf({ StatisticValues: { SampleCount: 3, Sum: 0, Minimum: 0, Maximum: 0 } });
    expect(zeros).toMatchObject({ values: [0], counts: [3] });
  });

  it('is no value of a set whose sum contradicts it', () => {
    expect(datumOf({ StatisticValues: { SampleCount: 3, Sum: 8, Minimum: 2, Maximum: 2 } })).toMatchObject({ sum: 8, values: [] });
    expect(datumOf({ StatisticValues: { SampleCount: 2, Sum: 2, Minimum: 1, Maximum: 3 } })).toMatchObject({ sum: 2, values: [] });
  });

  it('is the Values where a set stands beside them, which CloudWatch takes', () => {
    const StatisticValues = { SampleCount: 3, Sum: 6, Minimum: 1, Maximum: 4 };
    expect(datumOf({ StatisticValues, Values: [5] })).toMatchObject({ sampleCount: 1, sum: 5 });
    expect(refusalOfDatum({ StatisticValues: { ...StatisticValues, Sum: 'NaN' }, Values: [5] })?.code).toBe('InvalidParameterValue');
  });

  it('is the Value where empty lists stand beside it, as the query protocol sends what is left out', () => {
    expect(datumOf({ Value: 2, Values: [], Counts: [] })).toMatchObject({ sum: 2 });
  });
});

describe('a timestamp', () => {
  const at = (timestamp: unknown) => datumOf({ Value: 1, Timestamp: timestamp })?.timestampMs;
  const first = (now - maxDatumAgeSeconds) * 1_000;
  const last = (now + maxDatumAheadSeconds) * 1_000;

  it.each([
    [now - 0.877, now * 1_000 - 877],
    ['1799999999.5', now * 1_000 - 500],
    ['2027-01-15T08:00:00Z', now * 1_000],
    ['2027-01-15T08:00:00', now * 1_000],
    ['2027-01-15T08:00Z', now * 1_000],
    ['2027-01-15T08:00:00.25Z', now * 1_000 + 250],
    ['2027-01-15T07:59:59.123987Z', now * 1_000 - 877],
    ['2027-01-15T09:00:00+01:00', now * 1_000],
    ['2027-01-15T07:30:00-0030', now * 1_000],
    ['20270115T080000Z', now * 1_000],
    ['', now * 1_000],
  ])('%j is epoch milliseconds %i', (timestamp, expected) => {
    expect(at(timestamp)).toBe(expected);
  });

  it('is taken from two weeks back to two hours ahead, both included', () => {
    expect(at(first / 1_000)).toBe(first);
    expect(at(last / 1_000)).toBe(last);
  });

  it.each([
    ['older', first / 1_000 - 0.001],
    ['further ahead', last / 1_000 + 0.001],
    ['epoch milliseconds', now * 1_000],
    ['negative', -1],
    ['endless', Number.POSITIVE_INFINITY],
    ['no number', Number.NaN],
    ['older text', '2026-12-31T08:00:00Z'],
  ])('is refused when it is %s', (_, timestamp) => {
    const line = 'The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.';
    expect(refusalOfDatum({ Value: 1, Timestamp: timestamp })).toEqual(invalid(line));
  });

  it.each(['soon', '2027-01-32T00:00:00Z', '2027-02-30T00:00:00Z', '2027-01-15T25:00:00Z', 'NaN', '2027-01-15'])(
    'is refused when it is %j',
    (timestamp) => {
      const line = `The value ${timestamp} for parameter MetricData.member.1.Timestamp is invalid.`;
      expect(refusalOfDatum({ Value: 1, Timestamp: timestamp })).toEqual(invalid(line));
    },
  );

  it('is judged by when it was received, however late it is read', () => {
    const call = callOf({ MetricName: 'Latency', Value: 1, Timestamp: now });
    expect(parseMetricData(call, now + maxDatumAgeSeconds).rejected).toBeUndefined();
    expect(parseMetricData(call, now + maxDatumAgeSeconds + 1).rejected).toBeDefined();
  });

  it.each([first - 60_000, last + 60_000])('may lie outside by the slack that is given, and no further: %i', (edgeMs) => {
    const call = callOf({ MetricName: 'Latency', Value: 1, Timestamp: edgeMs / 1_000 });
    expect(parseMetricData(call, now, 60)).toMatchObject({ data: [{ timestampMs: edgeMs }] });
    expect(parseMetricData(call, now, 59.999).rejected).toBeDefined();
  });
});

describe('a datum is refused', () => {
  it.each(['NaN', 'Infinity', '-Infinity', '0x10', '1 ', 'one', 2 ** 361, -(2 ** 361), Number.POSITIVE_INFINITY])(
    'with the value %s',
    (value) => {
      expect(refusalOfDatum({ Value: value })).toEqual(invalid(`The value ${value} for parameter MetricData.member.1.Value is invalid.`));
    },
  );

  it('with a value and other values', () => {
    const both = 'are mutually exclusive and you have specified both.';
    const path = 'MetricData.member.1';
    const set = { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 };
    expect(refusalOfDatum({ Value: 1, Values: [1] })).toEqual(combination(`The parameters ${path}.Value and ${path}.Values ${both}`));
    expect(refusalOfDatum({ Value: 1, StatisticValues: set })).toEqual(
      combination(`The parameters ${path}.Value and ${path}.StatisticValues ${both}`),
    );
  });

  it('with no value at all', () => {
    const line = 'At least one of the parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues must be specified.';
    expect(refusalOfDatum({})).toEqual(combination(line));
    expect(refusalOfDatum({ Values: [], Counts: [1] })).toEqual(combination(line));
  });

  it('with more or fewer counts than values', () => {
    const line = 'The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.';
    expect(refusalOfDatum({ Values: [1, 2], Counts: [1] })).toEqual(invalid(line));
    expect(refusalOfDatum({ Values: [1], Counts: [1, 2] })).toEqual(invalid(line));
  });

  it('with too many values', () => {
    const values = Array.from({ length: maxValuesPerDatum + 1 }, (_, i) => i);
    expect(datumOf({ Values: values.slice(1) })?.sampleCount).toBe(maxValuesPerDatum);
    expect(refusalOfDatum({ Values: values })).toEqual(
      invalid(`The collection MetricData.member.1.Values must not have a size greater than ${maxValuesPerDatum}.`),
    );
  });

  it('with a count that is none, or nothing counted', () => {
    const refused = (member: number, count: unknown) =>
      invalid(`The value ${count} for parameter MetricData.member.1.Counts.member.${member} is invalid.`);
    expect(refusalOfDatum({ Values: [1, 2], Counts: [1, -1] })).toEqual(refused(2, -1));
    expect(refusalOfDatum({ Values: [1, 2], Counts: [1, 'NaN'] })).toEqual(refused(2, 'NaN'));
    expect(refusalOfDatum({ Values: [1, 2], Counts: [1, 1e-200] })).toEqual(refused(2, 1e-200));
    expect(refusalOfDatum({ Values: [1, 2], Counts: [0, 0] })).toEqual(refused(1, 0));
  });

  it('with a statistic set that lacks a member', () => {
    const lines = ['SampleCount', 'Sum', 'Minimum', 'Maximum'].map(
      (member) => `The parameter MetricData.member.1.StatisticValues.${member} is required.`,
    );
    expect(refusalOfDatum({ StatisticValues: {} })).toEqual(missing(...lines));
  });

  it('with a statistic set that cannot be', () => {
    const set = { SampleCount: 2, Sum: 6, Minimum: 2, Maximum: 4 };
    const path = 'MetricData.member.1.StatisticValues';
    const refused = (change: object) => refusalOfDatum({ StatisticValues: { ...set, ...change } });
    expect(refused({ Minimum: 5 })).toEqual(invalid(`The parameter ${path}.Maximum must be greater than ${path}.Minimum.`));
    expect(refused({ SampleCount: 0 })).toEqual(invalid(`The value 0 for parameter ${path}.SampleCount is invalid.`));
    expect(refused({ SampleCount: -1 })).toEqual(invalid(`The value -1 for parameter ${path}.SampleCount is invalid.`));
    expect(refused({ Sum: 'Infinity' })).toEqual(invalid(`The value Infinity for parameter ${path}.Sum is invalid.`));
  });

  it('with another unit or resolution', () => {
    expect(refusalOfDatum({ Value: 1, Unit: 'Minutes' })?.message).toMatch(
      /^The parameter MetricData.member.1.Unit must be a value in the set \[ Seconds, Microseconds, .*, Count\/Second, None \]\.$/,
    );
    expect(refusalOfDatum({ Value: 1, Unit: 'toString' })?.code).toBe('InvalidParameterValue');
    for (const resolution of [0, 30, 300, 'x', true]) {
      expect(refusalOfDatum({ Value: 1, StorageResolution: resolution })).toEqual(
        invalid('The parameter MetricData.member.1.StorageResolution must be a value in the set [ 1, 60 ].'),
      );
    }
  });
});

describe('names', () => {
  const name = 'MetricData.member.1.MetricName';
  const dimension = 'MetricData.member.1.Dimensions.member.1';
  const refusedName = (MetricName: unknown) => refusalOf(callOf({ MetricName, Value: 1 }));
  const refusedDimension = (...Dimensions: unknown[]) => refusalOfDatum({ Value: 1, Dimensions });

  it('are refused where they are missing, or too long', () => {
    expect(refusedName(undefined)).toEqual(missing(`The parameter ${name} is required.`));
    expect(refusedName('')).toEqual(missing(`The parameter ${name} is required.`));
    expect(refusedName('a'.repeat(256))).toEqual(invalid(`The parameter ${name} must be shorter than 256 characters.`));
    expect(dataOf(callOf({ MetricName: ` ${'a'.repeat(254)}`, Value: 1 }))[0]?.metric.name).toHaveLength(255);
    expect(refusedDimension({ Name: 'a' })).toEqual(missing(`The parameter ${dimension}.Value is required.`));
    expect(refusedDimension({ Value: 'a' })).toEqual(missing(`The parameter ${dimension}.Name is required.`));
    expect(refusedDimension({ Name: 'a', Value: 'b'.repeat(1_025) })).toEqual(
      invalid(`The parameter ${dimension}.Value must be shorter than 1025 characters.`),
    );
    expect(refusedDimension({ Name: 'a', Value: 'b'.repeat(1_024) })).toBeUndefined();
  });

  it('are refused where they are not ASCII, with control characters, blank, or after a colon', () => {
    expect(refusedName('Länge')).toEqual(invalid(`The value for parameter ${name} contains non-ASCII characters.`));
    expect(refusedName('\u{1F600}'.repeat(255))).toEqual(invalid(`The value for parameter ${name} contains non-ASCII characters.`));
    expect(refusedName('a\nb')).toEqual(invalid(`The value a?b for parameter ${name} is invalid.`));
    expect(refusedDimension({ Name: 'a', Value: '  ' })).toEqual(invalid(`The value    for parameter ${dimension}.Value is invalid.`));
    expect(refusedDimension({ Name: ':a', Value: 'b' })).toEqual(invalid(`The value :a for parameter ${dimension}.Name is invalid.`));
    expect(refusalOf({ ...callOf({ MetricName: 'a', Value: 1 }), Namespace: ':a' })).toEqual(
      invalid('The value :a for parameter Namespace is invalid.'),
    );
    expect(refusedName(':a')).toBeUndefined();
  });

  it('of dimensions come once, and at most thirty times', () => {
    const many = (length: number) => Array.from({ length }, (_, i) => ({ Name: `d${i}`, Value: 'a' }));
    expect(refusedDimension({ Name: 'a', Value: 'b' }, { Name: 'a', Value: 'c' })).toEqual(
      invalid('No metric may specify the same dimension name twice.'),
    );
    expect(refusedDimension(...many(maxDimensions))).toBeUndefined();
    expect(refusedDimension(...many(maxDimensions + 1))).toEqual(
      invalid(`The collection MetricData.member.1.Dimensions must not have a size greater than ${maxDimensions}.`),
    );
  });
});

describe('a call', () => {
  const datum = { MetricName: 'Latency', Value: 1 };

  it('is refused as a whole for one of its data, with a line for each that is as wrong', () => {
    const nan = { MetricName: 'Latency', Value: 'NaN' };
    expect(refusalOf(callOf(datum, nan, datum, nan, {}))).toEqual(
      invalid(
        'The value NaN for parameter MetricData.member.2.Value is invalid.',
        'The value NaN for parameter MetricData.member.4.Value is invalid.',
      ),
    );
  });

  it('is not answered with more lines than anyone reads', () => {
    expect(refusalOf(callOf(...Array.from({ length: 1_000 }, () => ({}))))?.message.split('\n')).toHaveLength(10);
  });

  it('needs a namespace and data', () => {
    expect(refusalOf({ MetricData: [datum] })).toEqual(missing('The parameter Namespace is required.'));
    expect(refusalOf({ Namespace: 'Shop' })).toEqual(missing('The parameter MetricData is required.'));
    expect(refusalOf({ Namespace: 'Shop', MetricData: [], EntityMetricData: [] })).toEqual(
      missing('The parameter MetricData is required.'),
    );
  });

  it('has at most a thousand data, those of entities included', () => {
    const data = Array.from({ length: maxDataPerPut }, () => datum);
    const tooMany = invalid(`The collection MetricData must not have a size greater than ${maxDataPerPut}.`);
    expect(dataOf(callOf(...data))).toHaveLength(maxDataPerPut);
    expect(refusalOf(callOf(...data, datum))).toEqual(tooMany);
    expect(refusalOf({ ...callOf(...data), EntityMetricData: [{ MetricData: [datum] }] })).toEqual(tooMany);
  });

  it('has the data of its entities behind its own, without the entities', () => {
    const entity = (name: string) => ({ Entity: { KeyAttributes: {} }, MetricData: [{ MetricName: name, Value: 1 }] });
    const call = { ...callOf(datum), EntityMetricData: [entity('a'), entity('b')] };
    expect(dataOf(call).map(({ metric }) => metric.name)).toEqual(['Latency', 'a', 'b']);
    expect(dataOf({ Namespace: 'Shop', EntityMetricData: [entity('a')] })).toHaveLength(1);
    expect(refusalOf({ ...callOf(datum), EntityMetricData: [{ MetricData: [{ MetricName: 'a', Value: 'NaN' }] }] })).toEqual(
      invalid('The value NaN for parameter EntityMetricData.member.1.MetricData.member.1.Value is invalid.'),
    );
    expect(refusalOf({ ...callOf(datum), EntityMetricData: [entity('a'), entity('b'), entity('c')] })).toEqual(
      invalid('The collection EntityMetricData must not have a size greater than 2.'),
    );
  });

  it('may have an Id, which is a text', () => {
    expect(parseMetricData(callOf(datum), now)).toMatchObject({ id: null });
    expect(parseMetricData({ Id: null, ...callOf(datum) }, now)).toMatchObject({ id: null });
    expect(refusalOf({ Id: 5, ...callOf(datum) })?.code).toBe('ValidationError');
    expect(refusalOf({ Id: 'a'.repeat(257), ...callOf(datum) })?.code).toBe('InvalidParameterValue');
  });

  it.each([
    [null, 'The document is not an object.'],
    [[], 'The document is not an object.'],
    [{ Namespace: 'Shop', MetricData: {} }, 'The parameter MetricData must be a list.'],
    [{ Namespace: 'Shop', MetricData: [null] }, 'The parameter MetricData.member.1 must be an object.'],
    [{ Namespace: 'Shop', EntityMetricData: [1] }, 'The parameter EntityMetricData.member.1 must be an object.'],
    [{ Namespace: 5, MetricData: [datum] }, 'The parameter Namespace must be a text.'],
    [callOf({ ...datum, Dimensions: [5] }), 'The parameter MetricData.member.1.Dimensions.member.1 must be an object.'],
    [callOf({ ...datum, Timestamp: {} }), 'The parameter MetricData.member.1.Timestamp must be a number.'],
    [callOf({ MetricName: 'a', Value: [1] }), 'The parameter MetricData.member.1.Value must be a number.'],
    [callOf({ MetricName: 'a', StatisticValues: 1 }), 'The parameter MetricData.member.1.StatisticValues must be an object.'],
  ])('of another shape is refused: %j', (document, message) => {
    const refused = refusalOf(document);
    expect(refused?.code).toBe('ValidationError');
    expect(refused?.message.split('\n')[0]).toBe(message);
  });

  it('is read from its JSON, and refused where it is none', () => {
    const call = { Id: 'one', ...callOf(datum) };
    expect(readMetricData(JSON.stringify(call), now)).toEqual(parseMetricData(call, now));
    expect(readMetricData('{"Namespace":', now).rejected?.code).toBe('ValidationError');
    expect(readMetricData('['.repeat(100_000), now).rejected?.code).toBe('ValidationError');
  });
});
