/**
 * CloudWatch on the whole product, by unmodified clients: what they put is what they read, in whichever protocol they do either. The
 * JavaScript SDK in its three protocols, boto3 and the AWS CLI in the one that they choose.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  type CloudWatchClient,
  type Datapoint,
  GetMetricStatisticsCommand,
  type GetMetricStatisticsCommandInput,
  ListMetricsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { cloudWatchOf, type ProtocolName, protocolNames } from './cloudwatch-clients.js';

const soon = { timeout: 60_000, interval: 250 };
const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const hasBoto3 = has('python3', '-c', 'import boto3');
const hasCli = has('aws', '--version');
for (const [name, isThere] of Object.entries({ 'python3 with boto3': hasBoto3, 'the AWS CLI': hasCli }))
  if (!isThere) console.log(`compat: ${name} is not here, so it was not tried`);

const minuteMs = 60_000;
const nowMs = Math.floor(Date.now() / minuteMs) * minuteMs;
const minutesAgo = (count: number) => new Date(nowMs - count * minuteMs);
const range = { StartTime: minutesAgo(10), EndTime: minutesAgo(0), Period: 60 };

let standalone: Standalone;
const clients = {} as Record<ProtocolName, CloudWatchClient>;
beforeAll(async () => {
  standalone = await Standalone.start();
  for (const name of protocolNames) clients[name] = cloudWatchOf(standalone.httpUrl, name);
});
afterAll(async () => {
  for (const client of Object.values(clients)) client.destroy();
  await standalone?.remove();
});

async function datapoints(by: ProtocolName, query: object): Promise<Datapoint[]> {
  const command = new GetMetricStatisticsCommand({ ...range, ...query } as GetMetricStatisticsCommandInput);
  const { Datapoints = [] } = await clients[by].send(command);
  return Datapoints.toSorted((left, right) => Number(left.Timestamp) - Number(right.Timestamp));
}

describe.each(protocolNames)('what is put in %s', (protocol) => {
  const Namespace = `App ${protocol}`;
  const Dimensions = [
    { Name: 'Svc', Value: 'a b&c' },
    { Name: 'Az', Value: '1' },
  ];
  const basic = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'];

  beforeAll(async () => {
    const latency = { MetricName: 'Latency', Dimensions, Unit: 'Milliseconds' } as const;
    await clients[protocol].send(
      new PutMetricDataCommand({
        Namespace,
        MetricData: [
          { ...latency, Timestamp: minutesAgo(5), Value: 1.5 },
          { ...latency, Timestamp: minutesAgo(5), Values: [2, 4], Counts: [3, 1] },
          { ...latency, Timestamp: minutesAgo(4), StatisticValues: { SampleCount: 4, Sum: 40, Minimum: 1, Maximum: 30 } },
          { ...latency, Timestamp: minutesAgo(4), Unit: 'Count', Value: 7, Dimensions: Dimensions.toReversed() },
          { MetricName: 'Latency', Timestamp: minutesAgo(4), Value: 99 },
        ],
      }),
    );
    const stored = async () => (await datapoints(protocol, { Namespace, MetricName: 'Latency', Dimensions, Statistics: ['Sum'] })).length;
    await vi.waitUntil(async () => (await stored()) === 3, soon);
  });

  it.each(protocolNames)('is read in %s, each unit apart', async (by) => {
    const found = await datapoints(by, { Namespace, MetricName: 'Latency', Dimensions: Dimensions.toReversed(), Statistics: basic });
    expect(found.slice(0, 1)).toEqual([
      { Timestamp: minutesAgo(5), Unit: 'Milliseconds', SampleCount: 5, Sum: 11.5, Average: 2.3, Minimum: 1.5, Maximum: 4 },
    ]);
    expect(found.slice(1)).toEqual(
      expect.arrayContaining([
        { Timestamp: minutesAgo(4), Unit: 'Milliseconds', SampleCount: 4, Sum: 40, Average: 10, Minimum: 1, Maximum: 30 },
        { Timestamp: minutesAgo(4), Unit: 'Count', SampleCount: 1, Sum: 7, Average: 7, Minimum: 7, Maximum: 7 },
      ]),
    );
    const ofUnit = { Namespace, MetricName: 'Latency', Dimensions, Unit: 'Count', Statistics: ['Sum'] };
    expect(await datapoints(by, ofUnit)).toEqual([{ Timestamp: minutesAgo(4), Unit: 'Count', Sum: 7 }]);
  });

  it.each(protocolNames)('has percentiles in %s where all values are said', async (by) => {
    const query = { Namespace, MetricName: 'Latency', Dimensions, Unit: 'Milliseconds', ExtendedStatistics: ['p50', 'p100'] };
    const ExtendedStatistics = { p50: 2, p100: 4 };
    expect(await datapoints(by, query)).toEqual([{ Timestamp: minutesAgo(5), Unit: 'Milliseconds', ExtendedStatistics }]);
  });

  it.each(protocolNames)('is listed in %s by what it has', async (by) => {
    const sorted = [{ Name: 'Az', Value: '1' }, Dimensions[0]];
    const list = async (filter: object) => (await clients[by].send(new ListMetricsCommand({ Namespace, ...filter }))).Metrics;
    await expect.poll(() => list({}), soon).toHaveLength(2);
    expect(await list({ Dimensions: [{ Name: 'Az' }], RecentlyActive: 'PT3H' })).toEqual([
      { Namespace, MetricName: 'Latency', Dimensions: sorted },
    ]);
    expect((await list({ Dimensions: [{ Name: 'Az', Value: '2' }] })) ?? []).toEqual([]);
  });
});

it('a call that is sent again to the product after it was killed is one call', async () => {
  const body = JSON.stringify({
    Namespace: 'Again',
    MetricData: [{ MetricName: 'x', Value: 5, Timestamp: minutesAgo(3).getTime() / 1000 }],
  });
  const headers = { 'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData', 'amz-sdk-invocation-id': 'again' };
  const send = async () => (await fetch(standalone.httpUrl, { method: 'POST', headers, body })).status;
  expect(await send()).toBe(200);
  const { folder } = standalone;
  await standalone.killTree();
  standalone = await Standalone.start({ folder });
  for (const name of protocolNames) clients[name] = cloudWatchOf(standalone.httpUrl, name);
  expect(await send()).toBe(200);
  expect(await send()).toBe(200);
  await expect.poll(async () => (await standalone.metrics()).get('fluoroscope_metric_writer_lag'), soon).toBe(0);
  const query = { Namespace: 'Again', MetricName: 'x', Statistics: ['SampleCount', 'Sum'] };
  expect(await datapoints('json', query)).toMatchObject([{ SampleCount: 1, Sum: 5 }]);
});

function environment(): NodeJS.ProcessEnv {
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_DEFAULT_REGION: 'us-east-1' };
  return { ...process.env, ...keys, AWS_ENDPOINT_URL_CLOUDWATCH: standalone.httpUrl };
}

it.skipIf(!hasBoto3)('boto3 puts, packs, lists page by page and reads, and raises each refusal as its own exception', () => {
  const script = fileURLToPath(new URL('cloudwatch.py', import.meta.url));
  const run = spawnSync('python3', [script], { env: environment(), encoding: 'utf8' });
  expect(run.stderr).toBe('');
  const Unit = 'Milliseconds';
  expect(JSON.parse(run.stdout)).toEqual({
    datapoints: [
      { Timestamp: 180, Unit, SampleCount: 4, Sum: 10, Average: 2.5, Minimum: 1, Maximum: 4 },
      { Timestamp: 120, Unit, SampleCount: 2, Sum: 30, Average: 15, Minimum: 10, Maximum: 20 },
    ],
    percentiles: [
      { Timestamp: 180, Unit, ExtendedStatistics: { p50: 2, tm75: 2 } },
      { Timestamp: 120, Unit, ExtendedStatistics: { p50: 10, tm75: expect.any(Number) } },
    ],
    listed: true,
    filtered: true,
    refusals: [
      ['InvalidParameterValueException', 'InvalidParameterValue', 'The value NaN for parameter MetricData.member.1.Value is invalid.'],
      ['InvalidParameterCombinationException', 'InvalidParameterCombination', 'Must specify either Statistics or ExtendedStatistics'],
      ['InvalidParameterValueException', 'InvalidParameterValue', 'Request parameter NextToken is invalid'],
      ['ClientError', 'InvalidAction', expect.stringContaining('DescribeAlarms is not served here')],
    ],
  });
});

it.skipIf(!hasCli)('the AWS CLI puts, lists and reads, and says what is wrong', async () => {
  const aws = (...args: string[]) =>
    spawnSync('aws', ['cloudwatch', ...args, '--output', 'json'], { env: environment(), encoding: 'utf8' });
  const at = minutesAgo(3).toISOString();
  const metric = ['--namespace', 'Cli', '--metric-name', 'Hits'];
  const put = aws('put-metric-data', ...metric, '--value', '3', '--unit', 'Count', '--timestamp', at, '--dimensions', 'Host=a,Az=1');
  expect([put.stderr, put.status]).toEqual(['', 0]);
  const times = ['--start-time', range.StartTime.toISOString(), '--end-time', range.EndTime.toISOString(), '--period', '60'];
  const dimensions = ['--dimensions', 'Name=Host,Value=a', 'Name=Az,Value=1'];
  const read = () => JSON.parse(aws('get-metric-statistics', ...metric, ...times, ...dimensions, '--statistics', 'Sum').stdout).Datapoints;
  await expect.poll(read, { timeout: 60_000, interval: 1_000 }).toMatchObject([{ Sum: 3, Unit: 'Count' }]);
  const listed = JSON.parse(aws('list-metrics', '--namespace', 'Cli').stdout).Metrics;
  expect(listed).toMatchObject([{ MetricName: 'Hits', Dimensions: [{ Name: 'Az' }, { Name: 'Host' }] }]);
  const refused = aws('get-metric-statistics', ...metric, ...times, '--extended-statistics', 'p101');
  expect(refused.stderr).toContain('(InvalidParameterValue)');
});
