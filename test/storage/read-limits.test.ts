/** No read takes more rows, time or memory than it may, whoever asks, and who asks for more is told so by an error that X-Ray models. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GetMetricStatisticsCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { GetTimeSeriesServiceStatisticsCommand, ThrottledException } from '@aws-sdk/client-xray';
import { type ClickHouseClient, connect, reachesLimit, rowsOfText } from '@fluoroscope/clickhouse/clickhouse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, startApiOnDisk } from '../compat/api-on-disk.js';
import { cloudWatchOf, protocolNames, refusalOf } from '../compat/cloudwatch-clients.js';
import { type TestClickHouse, testClickHouse } from './installation.js';

let clickhouse: TestClickHouse;
let client: ClickHouseClient;

beforeAll(async () => {
  clickhouse = await testClickHouse();
  client = connect(clickhouse, 'default');
});
afterAll(async () => {
  await client?.close();
  await clickhouse?.remove();
});

const tooManyRows = 'SELECT number FROM numbers(1000001)';
const read = (text: string, settings = {}) => rowsOfText(client, text, { params: {}, settings });

describe('a read that needs too much is ended', () => {
  it.each([
    ['rows that it gives', tooManyRows],
    ['rows that it looks at', 'SELECT max(number) FROM numbers_mt(3000000000)'],
    ['memory', 'SELECT length(groupArray(number)) FROM numbers(300000000)'],
  ])('for its %s', async (_, text) => {
    await expect(read(text)).rejects.toSatisfy(reachesLimit);
  });

  it('for its time', async () => {
    await expect(read('SELECT sleepEachRow(0.1) FROM numbers(60)', { max_execution_time: 1, max_block_size: '1' })).rejects.toSatisfy(
      reachesLimit,
    );
  });

  it('and not for less', async () => {
    expect(await read('SELECT number FROM numbers(1000000)')).toHaveLength(1_000_000);
  });

  it('and its caller hears of it as a throttle', async () => {
    const course = async () => read(tooManyRows) as Promise<never>;
    const history = { slices: course, series: course, course };
    const server = await startApiOnDisk({ history });
    const caller = clientOf(server.api.url);
    const now = new Date();
    const call = caller.send(new GetTimeSeriesServiceStatisticsCommand({ StartTime: now, EndTime: now }));
    await expect(call).rejects.toBeInstanceOf(ThrottledException);
    caller.destroy();
    await server.close();
  });

  it.each(protocolNames)(
    'and its caller hears of it in CloudWatch that speaks %s as an error that is not tried again',
    async (protocol) => {
      let reads = 0;
      const over = async () => {
        reads++;
        return read(tooManyRows) as Promise<never>;
      };
      const server = await startApiOnDisk({ metrics: { periods: over, metrics: over } });
      const caller = cloudWatchOf(server.api.url, protocol, { maxAttempts: 3 });
      const EndTime = new Date();
      const query = { Namespace: 'A', MetricName: 'x', StartTime: new Date(EndTime.getTime() - 3_600_000), EndTime, Period: 60 };
      const message = 'The request needs more than one may take: ask for less, such as a shorter time, a longer period, or one namespace.';
      const expected = { code: 'InvalidParameterCombination', name: 'InvalidParameterCombinationException', status: 400, message };
      expect(await refusalOf(caller.send(new GetMetricStatisticsCommand({ ...query, Statistics: ['Sum'] })))).toEqual(expected);
      expect(await refusalOf(caller.send(new ListMetricsCommand({})))).toEqual(expected);
      expect(reads).toBe(2);
      caller.destroy();
      await server.close();
    },
  );
});

it('no statement of the api goes past the limits', () => {
  const folders = ['apps/api/src/', 'libs/clickhouse/src/'].map((path) => fileURLToPath(new URL(`../../${path}`, import.meta.url)));
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => folder + name));
  const direct = files.filter((file) => file.endsWith('.ts') && /\b(client|clickhouse)\.(query|exec)\(/.test(readFileSync(file, 'utf8')));
  expect(direct.map((file) => file.split('/').at(-1)).toSorted()).toEqual([
    'clickhouse.ts',
    'migrate.ts',
    'mutex.ts',
    'overall-tables.ts',
    'replicas.ts',
  ]);
});
