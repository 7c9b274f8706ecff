/** What is read of metrics: against a plain fold of random calls, at the edges of periods, of very many values, and which metrics there are. */
import { queryText } from '@fluoroscope/clickhouse/clickhouse';
import type { Metric, MetricDatum, MetricPeriod } from '@fluoroscope/contract/metrics';
import { SeenMetrics } from '@fluoroscope/writer/seen-metrics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { type TestClickHouse, testClickHouse } from './installation.js';
import { callOf, MetricInstallation, metricOf } from './metric-installation.js';

const seed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`metric reads: seed ${seed}`);
/** An hour that is over. */
const hour = Math.floor(Date.now() / 3_600_000) * 3_600 - 7_200;

let clickhouse: TestClickHouse;
let installation: MetricInstallation;
beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await MetricInstallation.create(clickhouse);
});
afterAll(async () => {
  await installation.remove();
  await clickhouse.remove();
});

type SentDatum = Omit<MetricDatum, 'MetricName'> & { Timestamp: number };

interface Sent {
  metric: Metric;
  datum: SentDatum;
}

describe('periods', () => {
  test('of random calls are those of a plain fold', async () => {
    const chance = new Chance(seed);
    const metrics = [metricOf('A', { Host: 'h' }), metricOf('A'), metricOf('A', { Host: 'h', Zone: 'z' })];
    const sent = Array.from({ length: 4_000 }, () => ({ metric: chance.pick(metrics), datum: randomDatum(chance) }));
    for (let at = 0; at < sent.length; at += 1_000)
      await installation.append(sent.slice(at, at + 1_000).map(({ metric, datum }) => callOf(metric, datum)));
    expect(await installation.settled()).toMatchObject({ stored: 4_000, rejected: 0 });
    for (let n = 0; n < 40; n++) {
      const period = chance.pick([1, 5, 10, 30, 60, 300, 3_600]);
      const from = hour + chance.between(0, 40) * Math.max(period, 60);
      const query = {
        metric: chance.pick(metrics),
        from,
        to: from + chance.between(1, 4_000) + chance.next(),
        period,
        withValues: chance.hit(0.7),
      };
      const unit = chance.hit(0.4) ? undefined : chance.pick(['Seconds', 'Count', 'None']);
      const [found, expected] = [await installation.metrics.periods({ ...query, unit }), folded(sent, { ...query, unit })];
      expect(found.map(withoutSum)).toEqual(expected.map(withoutSum));
      for (const [at, { sum }] of found.entries()) expect(sum).toBeCloseTo(expected[at]?.sum ?? Number.NaN, 6);
    }
  });

  test('begin where they are asked for, and a datum of a minute counts at its begin', async () => {
    const metric = metricOf('Edges');
    const at = (seconds: number, StorageResolution: number) =>
      callOf(metric, { Timestamp: hour + seconds, Value: seconds, StorageResolution });
    await installation.append([at(29.999, 1), at(30, 1), at(45, 60), at(59.999, 1), at(60, 60)]);
    await installation.settled();
    const sums = async (from: number, to: number, period: number) =>
      (await installation.metrics.periods({ metric, from: hour + from, to: hour + to, period, withValues: false })).map(
        ({ start, sum }) => [start - hour, sum],
      );
    expect(await sums(0, 60, 10)).toEqual([
      [0, 45],
      [20, 29.999],
      [30, 30],
      [50, 59.999],
    ]);
    expect(await sums(30, 60, 10)).toEqual([
      [30, 30],
      [50, 59.999],
    ]);
    expect(await sums(0, 10, 10)).toEqual([[0, 45]]);
    expect(await sums(0, 59.999, 60)).toEqual([[0, 104.999]]);
    expect(await sums(-60, 120, 120)).toEqual([
      [-60, 164.998],
      [60, 60],
    ]);
  });

  test('of -0 are those of 0', async () => {
    const metric = metricOf('Zero');
    const sent = ['-0.0', '0', '1'].map((value) => `{"MetricName":"Zero","Timestamp":${hour},"Values":[${value},2]}`);
    await installation.append(sent.map((datum) => `{"Namespace":"Shop","MetricData":[${datum}]}`));
    await installation.append([`{"Namespace":"Shop","MetricData":[{"MetricName":"Zero","Timestamp":${hour + 60},"Value":-0.0}]}`]);
    await installation.settled();
    const periods = await installation.metrics.periods({ metric, from: hour, to: hour + 120, period: 60, withValues: true });
    expect(periods.map(({ minimum, values }) => ({ minimum, values }))).toEqual([
      {
        minimum: 0,
        values: [
          [0, 2],
          [1, 1],
          [2, 3],
        ],
      },
      { minimum: 0, values: [[0, 1]] },
    ]);
  });

  test('of more values than can be told one by one have them rounded, and all else as it is', async () => {
    const metric = metricOf('Many');
    const { client } = installation;
    await client.command({
      query: `INSERT INTO metric_data SELECT 'Shop', 'Many', [], fromUnixTimestamp64Milli(toInt64({hour: Int64})), toFixedString(toString(number), 16),
        0, 'None', 60, 1, v, v, v, 1, [], [] FROM (SELECT number, exp(number / 50000) AS v FROM numbers(300000))`,
      query_params: { hour: hour * 1000 },
    });
    const ask = () => installation.metrics.periods({ metric, from: hour, to: hour + 60, period: 60, withValues: true });
    const [period] = await ask();
    const values = period?.values ?? [];
    expect(period).toMatchObject({ sampleCount: 300_000, minimum: 1 });
    expect([values.length > 1_000, values.length < 2_600]).toEqual([true, true]);
    expect(values.reduce((sum, [, count]) => sum + count, 0)).toBe(300_000);
    expect([values[0]?.[0], (values.at(-1)?.[0] ?? 0) <= (period?.maximum ?? 0)]).toEqual([1, true]);
    const below = (limit: number) => values.reduce((sum, [value, count]) => sum + (value < limit ? count : 0), 0);
    const median = Math.exp(150_000 / 50_000);
    expect([below(median * 0.998) <= 150_000, below(median * 1.002) >= 150_000]).toEqual([true, true]);
  });

  test('that are many have fewer values each, so that all of them can be held at once', async () => {
    const metric = metricOf('Wide');
    const [start, minutes] = [hour - 86_400, 1_440];
    await installation.client.command({
      query: `INSERT INTO metric_data SELECT 'Shop', 'Wide', [], fromUnixTimestamp64Milli(toInt64({start: Int64} + 60000 * intDiv(number, 8))),
        toFixedString(toString(number), 16), 0, 'Bytes', 60, 64, sum, least, 2 * least, 1, arrayMap(i -> least * (1 + i / 64), range(64)),
        arrayMap(i -> 1., range(64)) FROM (SELECT number, exp2(number % 8) AS least, 95.5 * least AS sum FROM numbers({minutes: UInt32} * 8))`,
      query_params: { start: start * 1000, minutes },
    });
    const whole = await installation.metrics.periods({ metric, from: start, to: hour, period: 60, withValues: true });
    const some = await installation.metrics.periods({ metric, from: start, to: start + 3_600, period: 60, withValues: true });
    const lengths = (periods: MetricPeriod[]) => [...new Set(periods.map(({ values }) => values?.length))];
    expect([whole.length, lengths(whole), lengths(some)]).toEqual([minutes, [8 * 32 + 1], [8 * 64]]);
    expect(whole.every(({ sampleCount, values = [] }) => sampleCount === values?.reduce((sum, [, count]) => sum + count, 0))).toBe(true);
  });

  test('of one metric among many look at its own data only', async () => {
    const { client } = installation;
    await client.command({
      query: `INSERT INTO metric_data SELECT 'Fleet', 'Load', [('Host', toString(number % 1000))], fromUnixTimestamp64Milli(toInt64({hour: Int64} + number)),
        toFixedString('', 16), 0, 'None', 60, 1, 1, 1, 1, 1, [], [] FROM numbers(200000)`,
      query_params: { hour: hour * 1000 },
    });
    const query_params = {
      namespace: 'Fleet',
      name: 'Load',
      names: ['Host'],
      values: ['77'],
      from: hour * 1000,
      to: hour * 1000 + 60_000,
      period: 60_000,
      unit: '',
    };
    const text = queryText('metric-periods').replace('/* values */', '1');
    const result = await client.query({ query: `EXPLAIN indexes = 1 ${text}`, query_params, format: 'JSONCompactEachRow' });
    const granules = (await result.json<[string]>()).flatMap(([line]) => /Granules: (\d+)\/(\d+)/.exec(line) ?? []).map(Number);
    expect(granules.at(-1)).toBeGreaterThan(100);
    expect(granules.at(-2)).toBeLessThanOrEqual(4);
  });
});

describe('metrics', () => {
  const listed = (metrics: readonly Metric[]) =>
    metrics.map(({ name, dimensions }) => [name, ...dimensions.map((one) => `${one.name}=${one.value}`)].join(' '));
  const all = [
    metricOf('Errors', {}, 'List'),
    metricOf('Errors', { Host: 'h1' }, 'List'),
    metricOf('Errors', { Host: 'h1', Zone: 'a' }, 'List'),
    metricOf('Errors', { Host: 'h2', Zone: 'a' }, 'List'),
    metricOf('Latency', { Host: "h'1\\n{}%" }, 'List'),
    metricOf('Latency', { Zone: 'h1' }, 'List'),
  ];
  const now = Math.floor(Date.now() / 1000);
  const find = (given: Partial<Parameters<typeof installation.metrics.metrics>[0]> = {}) =>
    installation.metrics.metrics({ namespace: 'List', dimensions: [], since: now - 14 * 86_400, limit: 500, ...given });

  beforeAll(async () => {
    await installation.append(all.toReversed().map((metric) => callOf(metric, { Value: 1 })));
    await installation.append([callOf(metricOf('Old', {}, 'List'), { Value: 1 })], (now - 5 * 3_600) * 1000);
    await installation.append([callOf(metricOf('Older', {}, 'List'), { Value: 1 })], (now - 15 * 86_400) * 1000);
    await installation.settled();
    // Another day of each.
    await installation.client.command({ query: 'INSERT INTO metrics SELECT namespace, name, dimensions, seen - 86400 FROM metrics' });
  });

  test('are listed each once, in one order, page after page', async () => {
    const expected = await find();
    expect(listed(expected)).toEqual(listed([...all, metricOf('Old')]));
    expect(expected.slice(0, 6)).toEqual(all);
    const paged: Metric[] = [];
    for (let page: Metric[] = await find({ limit: 2 }); page.length > 0; page = await find({ limit: 2, after: paged.at(-1) }))
      paged.push(...page);
    expect(paged).toEqual(expected);
    expect((await find({ namespace: undefined })).length).toBeGreaterThan(expected.length);
  });

  test.each([
    ['a name', { name: 'Latency' }, all.slice(4)],
    ['a dimension', { dimensions: [{ name: 'Host' }] }, all.slice(1, 5)],
    ['a dimension with its value', { dimensions: [{ name: 'Host', value: 'h1' }] }, all.slice(1, 3)],
    ['two dimensions', { dimensions: [{ name: 'Host' }, { name: 'Zone', value: 'a' }] }, all.slice(2, 4)],
    ['a strange value', { dimensions: [{ name: 'Host', value: "h'1\\n{}%" }] }, all.slice(4, 5)],
    ['another namespace', { namespace: 'Nowhere' }, []],
    ['the last hours', { since: now - 3 * 3_600 }, all],
    // Storage is told of a metric again only when that is 50 minutes old.
    ['a time that allows for what is not told', { since: now + 2_400 }, all],
    ['a time that nothing was seen since', { since: now + 3_600 }, []],
  ])('are found by %s', async (_, query, expected) => {
    expect(await find(query)).toEqual(expected);
  });

  test('are told again when 50 minutes have gone, and when they were forgotten', () => {
    const seen = new SeenMetrics(40);
    const tell = (name: string, atMs: number) => {
      const untold = seen.untold([
        { metric: metricOf(name), atMs: atMs - 1 },
        { metric: metricOf(name), atMs },
      ]);
      seen.noteTold(untold);
      return [...untold.values()].map((sight) => sight.atMs);
    };
    expect([tell('A', 1e9), tell('A', 1e9 + 2_999_999), tell('A', 1e9 + 3_000_001), tell('A', 1e9)]).toEqual([
      [1e9],
      [],
      [1e9 + 3_000_001],
      [1e9],
    ]);
    expect([tell('B', 1e9), tell('C', 1e9), tell('D', 1e9), tell('E', 1e9), tell('A', 1e9)].flat()).toHaveLength(5);
  });
});

function randomDatum(chance: Chance): SentDatum {
  const Timestamp = hour + chance.between(0, 5_000_000) / 1000;
  const value = () => chance.between(-20, 200) / 8;
  const samples = chance.pick([
    () => ({ Value: value() }),
    () => ({ Values: [value(), value(), value()], Counts: [1, chance.between(1, 9), 0.5] }),
    () => (chance.hit(0.02) ? { StatisticValues: { SampleCount: 3, Sum: 3 * 4, Minimum: 1, Maximum: 9 } } : { Values: [value()] }),
  ])();
  return { Timestamp, Unit: chance.pick(['Seconds', 'Count']), StorageResolution: chance.pick([1, 60]), ...samples };
}

interface Folding {
  metric: Metric;
  from: number;
  to: number;
  period: number;
  unit: string | undefined;
  withValues: boolean;
}

function folded(sent: readonly Sent[], { metric, from, to, period, unit, withValues }: Folding): MetricPeriod[] {
  const groups = new Map<string, { start: number; unit: string; data: SentDatum[] }>();
  for (const { metric: of, datum } of sent) {
    const at = datum.StorageResolution === 60 ? Math.floor(datum.Timestamp / 60) * 60 : datum.Timestamp;
    if (of !== metric || at < from || at >= to || (unit !== undefined && datum.Unit !== unit)) continue;
    const start = from + Math.floor((at - from) / period) * period;
    const group = groups.get(`${start} ${datum.Unit}`) ?? { start, unit: datum.Unit ?? '', data: [] };
    groups.set(`${start} ${datum.Unit}`, group);
    group.data.push(datum);
  }
  const periods = [...groups.values()].map(({ start, unit: of, data }) => ({ start, unit: of, ...statisticsOf(data, withValues) }));
  return periods.sort((one, other) => one.start - other.start || (one.unit < other.unit ? -1 : 1));
}

function statisticsOf(data: readonly SentDatum[], withValues: boolean): Omit<MetricPeriod, 'start' | 'unit'> {
  const sums = { sampleCount: 0, sum: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY };
  const counts = new Map<number, number>();
  let isSaid = withValues;
  for (const { Value, Values = [Number(Value)], Counts = [1], StatisticValues: set } of data) {
    if (set) isSaid = false;
    for (const [at, value] of set ? [] : Values.map(Number).entries()) {
      counts.set(value, (counts.get(value) ?? 0) + Number(Counts[at]));
      sums.sum += value * Number(Counts[at]);
      sums.sampleCount += Number(Counts[at]);
    }
    sums.sum += Number(set?.Sum ?? 0);
    sums.sampleCount += Number(set?.SampleCount ?? 0);
    const ends = set ? [set.Minimum, set.Maximum] : Values;
    sums.minimum = Math.min(sums.minimum, ...ends.map(Number));
    sums.maximum = Math.max(sums.maximum, ...ends.map(Number));
  }
  return { ...sums, values: isSaid ? [...counts].sort(([one], [other]) => one - other) : null };
}

function withoutSum({ sum: _, ...rest }: MetricPeriod): object {
  return rest;
}
