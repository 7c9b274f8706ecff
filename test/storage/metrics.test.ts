/** What becomes of calls of PutMetricData: stored once, however often they come and whatever dies, refused, or kept aside. */
import { StoredDeadDocuments } from '@fluoroscope/clickhouse/dead-documents';
import { callOfId } from '@fluoroscope/clickhouse/metric-facts';
import { type LogReader, PartitionLost } from '@fluoroscope/log/log';
import { Retention } from '@fluoroscope/writer/retention';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startApiOnDisk } from '../compat/api-on-disk.js';
import { quiet, type TestClickHouse, testClickHouse } from './installation.js';
import { callOf, MetricInstallation, metricOf } from './metric-installation.js';

/** A minute that is over. */
const minute = Math.floor(Date.now() / 60_000) * 60 - 600;
const latency = metricOf('Latency', { Host: 'h1', Zone: 'a' });

let clickhouse: TestClickHouse;
let installation: MetricInstallation;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());
beforeEach(async () => {
  installation = await MetricInstallation.create(clickhouse);
});
afterEach(() => installation.remove());

describe('stored data', () => {
  test('are read back by period and unit, with their values where all are said', async () => {
    await installation.append([
      callOf(latency, { Timestamp: minute + 1, Value: 5, Unit: 'Seconds' }),
      callOf(latency, { Timestamp: minute + 59, Values: [5, 7.5], Counts: [2, 1], Unit: 'Seconds' }),
      callOf(latency, { Timestamp: minute, Value: -3, Unit: 'Count' }),
      callOf(latency, { Timestamp: minute + 60, StatisticValues: { SampleCount: 4, Sum: 20, Minimum: 2, Maximum: 9 } }),
      callOf(latency, { Timestamp: minute + 120, StatisticValues: { SampleCount: 4, Sum: 8, Minimum: 2, Maximum: 2 } }),
      // One whose sum does not fit its one value says no values.
      callOf(latency, { Timestamp: minute + 180, StatisticValues: { SampleCount: 4, Sum: 9, Minimum: 2, Maximum: 2 } }),
      callOf({ ...latency, name: 'Other' }, { Timestamp: minute, Value: 1 }),
      callOf(metricOf('Latency', { Host: 'h1' }), { Timestamp: minute, Value: 1 }),
    ]);
    expect(await installation.settled()).toMatchObject({ appended: 8, stored: 8, data: 8, rejected: 0, dead: 0, lost: 0, lag: 0 });
    const periods = await installation.minutesOf(latency, true);
    const none = { unit: 'None', sampleCount: 4 };
    expect(periods).toEqual([
      { start: minute, unit: 'Count', sampleCount: 1, sum: -3, minimum: -3, maximum: -3, values: [[-3, 1]] },
      {
        start: minute,
        unit: 'Seconds',
        sampleCount: 4,
        sum: 22.5,
        minimum: 5,
        maximum: 7.5,
        values: [
          [5, 3],
          [7.5, 1],
        ],
      },
      { ...none, start: minute + 60, sum: 20, minimum: 2, maximum: 9, values: null },
      { ...none, start: minute + 120, sum: 8, minimum: 2, maximum: 2, values: [[2, 4]] },
      { ...none, start: minute + 180, sum: 9, minimum: 2, maximum: 2, values: null },
    ]);
    expect(await installation.minutesOf(latency)).toEqual(periods.map((period) => ({ ...period, values: null })));
  });

  test('of a call that is refused are none, and the reason is told', async () => {
    const good = callOf(latency, { Timestamp: minute, Value: 1 });
    const old = callOf(latency, { Timestamp: minute - 15 * 86_400, Value: 1 });
    await installation.append([good, { ...good, MetricData: [...good.MetricData, ...old.MetricData] }, 'no JSON']);
    expect(await installation.settled()).toMatchObject({ appended: 3, stored: 1, rejected: 2, data: 1, lag: 0 });
    expect(installation.counters().lastRejection).toMatchObject({ reason: expect.stringContaining('JSON'), at: expect.any(Number) });
    expect(await installation.minutesOf(latency)).toMatchObject([{ sampleCount: 1 }]);
  });

  test('go with their days', async () => {
    const now = Math.floor(Date.now() / 1000);
    const received = (days: number) => (now - days * 86_400) * 1000;
    for (const days of [0, 3, 9]) await installation.append([callOf(latency, { Value: days }, `id-${days}`)], received(days));
    await installation.append([callOf(metricOf('Gone'), { Value: 1 })], received(9));
    await installation.settled();
    expect(await installation.count('metrics FINAL')).toBe(2);
    const sums = () =>
      installation.metrics.periods({ metric: latency, from: now - 20 * 86_400, to: now + 60, period: 60, withValues: false });
    expect((await sums()).map(({ sum }) => sum)).toEqual([9, 3, 0]);
    const { client } = installation;
    await new Retention({ client, retentionDays: 5, diskMaxBytes: 0, logger: quiet }).check(now * 1000);
    expect((await sums()).map(({ sum }) => sum)).toEqual([3, 0]);
    expect([await installation.count('metrics FINAL'), await installation.count('metric_calls FINAL')]).toEqual([1, 2]);
  });
});

describe('counted once', () => {
  test('is everything, when all of the log is read again', async () => {
    const calls = Array.from({ length: 500 }, (_, n) => callOf(latency, { Value: n }, n % 2 ? `id-${n}` : undefined));
    await installation.append(calls.slice(0, 250), (minute + 5) * 1000);
    await installation.append(calls.slice(250), (minute + 65) * 1000);
    await installation.settled();
    const before = await installation.minutesOf(latency, true);
    const rows = await installation.count('metric_data FINAL');
    await installation.stop();
    await installation.start(undefined, 'again');
    expect(await installation.settled()).toMatchObject({ stored: 500, data: 500 });
    expect(await installation.minutesOf(latency, true)).toEqual(before);
    expect([rows, await installation.count('metric_data FINAL')]).toEqual([500, 500]);
    expect(before.map(({ sampleCount }) => sampleCount)).toEqual([250, 250]);
  });

  test('is a call that is made again under its Id, with the time that it had first', async () => {
    const call = (id: string) => callOf(latency, { Value: 1 }, id);
    await installation.append([call('a'), call('b')], (minute + 59) * 1000);
    await installation.append([call('a')], (minute + 61) * 1000);
    await installation.settled();
    await installation.stop();
    await installation.start();
    await installation.append([call('b'), call('b')], (minute + 125) * 1000);
    expect(await installation.settled()).toMatchObject({ stored: 5, data: 5 });
    expect(await installation.minutesOf(latency)).toMatchObject([{ start: minute, sampleCount: 2 }]);
  });

  test('is not what comes again after a quarter of an hour without a time of its own, and with one it is', async () => {
    const timed = metricOf('Timed');
    const calls = [callOf(latency, { Value: 1 }, 'a'), callOf(timed, { Value: 1, Timestamp: minute }, 'b')];
    await installation.append(calls, (minute - 901) * 1000);
    await installation.append(calls, minute * 1000);
    await installation.settled();
    expect(await installation.minutesOf(latency)).toHaveLength(2);
    expect(await installation.minutesOf(timed)).toMatchObject([{ sampleCount: 1 }]);
  });

  test('is a batch that was stored by a writer that died before it could commit', async () => {
    await installation.stop();
    await installation.start((reader) => new DyingReader(reader));
    await installation.append(Array.from({ length: 50 }, (_, n) => callOf(latency, { Value: n }, n % 2 ? `id-${n}` : undefined)));
    await expect.poll(() => installation.failure).toBeInstanceOf(PartitionLost);
    expect(await installation.count('metric_data FINAL')).toBe(50);
    await installation.stop();
    await installation.append([callOf(latency, { Value: 50 })]);
    await installation.start();
    expect(await installation.settled()).toMatchObject({ appended: 51, stored: 51, data: 51 });
    expect(await installation.count('metric_data FINAL')).toBe(51);
    const periods = await installation.minutesOf(latency);
    expect(periods.reduce((sum, { sampleCount }) => sum + sampleCount, 0)).toBe(51);
  });

  test('are documents without Id by their places, as often as they are', async () => {
    const call = callOf(latency, { Value: 1, Timestamp: minute });
    await installation.append([call, call]);
    await installation.append([call]);
    await installation.settled();
    expect(await installation.minutesOf(latency)).toMatchObject([{ sampleCount: 3 }]);
  });
});

test('counters survive a restart', async () => {
  await installation.append([callOf(latency, { Value: 1 }), 'no JSON']);
  await installation.settled();
  await installation.stop();
  await installation.start();
  expect(installation.counters()).toMatchObject({ appended: 2, stored: 1, rejected: 1, data: 1, lag: 0 });
});

test('a document that ClickHouse refuses stands aside, apart from a segment at its place, and can be tried again', async () => {
  const { client } = installation;
  const dead = new StoredDeadDocuments(client);
  const alter = (query: string) => client.command({ query: `ALTER TABLE metric_data ${query}` });
  await alter('ADD CONSTRAINT no_poison CHECK sum != 666');
  const segment = { shard: 0, position: 30, received_at: Date.now(), reason: 'a segment', raw: '{"a":1}' };
  await client.insert({ table: 'dead_documents', values: [segment], format: 'JSONEachRow' });
  const calls = Array.from({ length: 60 }, (_, n) => callOf(latency, { Timestamp: minute, Value: n === 30 || n === 31 ? 666 : n }));
  await installation.append(calls);
  expect(await installation.settled()).toMatchObject({ appended: 60, stored: 58, dead: 2, data: 58, rejected: 0, lag: 0 });
  expect(await installation.minutesOf(latency)).toMatchObject([{ sampleCount: 58 }]);
  expect((await dead.list(10)).map(({ log, position }) => `${log} ${position}`)).toEqual(['segments 30', 'metrics 30', 'metrics 31']);
  expect(await dead.list(10, 'metrics')).toMatchObject([
    { raw: JSON.stringify(calls[30]), reason: expect.stringContaining('no_poison') },
    {},
  ]);
  await alter('DROP CONSTRAINT no_poison');
  const server = await startApiOnDisk({ metricLog: installation.log, dead });
  const replay = await fetch(`${server.api.url}/dead-documents/replay`, { method: 'POST' });
  expect([await replay.json(), (await dead.list(10)).length]).toEqual([{ replayed: 3 }, 0]);
  expect(await installation.settled()).toMatchObject({ appended: 62, stored: 60, dead: 2, lag: 0 });
  expect(await installation.minutesOf(latency)).toMatchObject([{ sampleCount: 60 }]);
  await server.close();
});

test('an Id is a call wherever it comes from, and no place is an Id', () => {
  expect(callOfId('a')).toEqual(callOfId('a'));
  expect(callOfId('a')).not.toEqual(callOfId('b'));
  expect(callOfId('a')).toHaveLength(16);
});

/** Its process dies when it is about to commit. */
class DyingReader implements LogReader {
  readonly name: string;
  readonly partition: number;

  constructor(private readonly reader: LogReader) {
    this.name = reader.name;
    this.partition = reader.partition;
  }

  commit(): Promise<void> {
    return Promise.reject(new PartitionLost('it died'));
  }

  next = (maxBytes: number, waitMs: number) => this.reader.next(maxBytes, waitMs);
  committed = () => this.reader.committed();
  unread = () => this.reader.unread();
  throwIfLost = () => this.reader.throwIfLost();
  close = () => this.reader.close();
}
