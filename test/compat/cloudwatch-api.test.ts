import {
  type CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  type GetMetricStatisticsCommandInput,
  ListMetricsCommand,
  PutMetricDataCommand,
  type PutMetricDataCommandInput,
  paginateListMetrics,
} from '@aws-sdk/client-cloudwatch';
import type { Metric, MetricDataDocument, MetricPeriod } from '@fluoroscope/contract/metrics';
import { LogBroken, LogFull } from '@fluoroscope/log/log';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from './api-on-disk.js';
import { cloudWatchOf, protocolNames, refusalOf } from './cloudwatch-clients.js';

const day = 86_400;
const minute = Math.floor(Date.now() / 60_000) * 60;
const stored: MetricPeriod[] = [
  { start: minute - 120, unit: 'Milliseconds', sampleCount: 4, sum: 10, minimum: 1, maximum: 4, values: [1, 2, 3, 4].map((v) => [v, 1]) },
  { start: minute - 60, unit: 'None', sampleCount: 2, sum: 1e300, minimum: -1.5, maximum: 7, values: null },
];
const known: Metric[] = Array.from({ length: 1_201 }, (_, n) => ({
  namespace: 'App',
  name: `m${String(n).padStart(4, '0')}`,
  dimensions: [{ name: 'Svc', value: 'a b&<é>' }],
}));
const asked: { periods: object[]; metrics: object[] } = { periods: [], metrics: [] };
const appended: string[] = [];
/** What the log says next, instead of taking what it is given. */
let refusal: Error | null = null;

let server: ApiOnDisk;
beforeAll(async () => {
  server = await startApiOnDisk({ metricLog: { append }, metrics: { periods, metrics } });
});
afterAll(() => server.close());
beforeEach(() => {
  for (const list of [asked.periods, asked.metrics, appended]) list.length = 0;
});

async function append(documents: readonly Uint8Array[]): Promise<void> {
  const now = refusal;
  refusal = null;
  if (now !== null) throw now;
  appended.push(...documents.map((document) => Buffer.from(document).toString()));
}

async function periods(query: object): Promise<MetricPeriod[]> {
  asked.periods.push(query);
  return stored;
}

async function metrics(query: { after?: Metric | undefined; limit: number }): Promise<Metric[]> {
  asked.metrics.push(query);
  const from = query.after === undefined ? 0 : known.findIndex(({ name }) => name === query.after?.name) + 1;
  return known.slice(from, from + query.limit);
}

const documents = () => appended.map((text) => JSON.parse(text) as MetricDataDocument);
const range = { StartTime: new Date((minute - 600) * 1000), EndTime: new Date(minute * 1000), Period: 60 };
const query = { Namespace: 'App', MetricName: 'L', ...range };

describe.each(protocolNames)('the client that speaks %s', (protocol) => {
  let client: CloudWatchClient;
  beforeAll(() => {
    client = cloudWatchOf(server.api.url, protocol);
  });
  afterAll(() => client.destroy());
  const put = (input: object) => client.send(new PutMetricDataCommand(input as PutMetricDataCommandInput));
  const statistics = (input: object) => client.send(new GetMetricStatisticsCommand(input as GetMetricStatisticsCommandInput));

  it('puts data of every kind as one document, whose ID comes first', async () => {
    const at = new Date(minute * 1000 + 123);
    const MetricData = [
      {
        MetricName: 'one',
        Value: 1.5,
        Unit: 'Milliseconds',
        Timestamp: at,
        StorageResolution: 1,
        Dimensions: [{ Name: 'a', Value: 'a &+=%' }],
      },
      { MetricName: 'two', Values: [1, 2.5, 1e300 / 1e200], Counts: [3, 1, 0.5], Timestamp: at },
      { MetricName: 'three', StatisticValues: { SampleCount: 3, Sum: 6, Minimum: 1, Maximum: 3 }, Dimensions: [] },
    ];
    const ofEntity = [{ MetricName: 'four', Value: 0 }];
    await put({ Namespace: 'My App', MetricData, EntityMetricData: [{ Entity: { Attributes: { x: 'y' } }, MetricData: ofEntity }] });
    const [document] = documents();
    expect(appended[0]).toMatch(/^\{"Id":"[\w-]{32}","Namespace":"My App","MetricData":\[/);
    const Timestamp = protocol === 'query' ? at.toISOString() : at.getTime() / 1000;
    const [one, two, three, four] = document?.MetricData ?? [];
    expect(one).toEqual({ ...MetricData[0], Timestamp });
    expect(two).toEqual({ MetricName: 'two', Values: [1, 2.5, 1e100], Counts: [3, 1, 0.5], Timestamp });
    expect(three).toEqual({ MetricName: 'three', StatisticValues: MetricData[2]?.StatisticValues, Dimensions: [] });
    expect(four).toEqual(ofEntity[0]);
  });

  it.each([
    [{ Namespace: 'A' }, 'MissingParameter', 'MissingRequiredParameterException', 'The parameter MetricData is required.'],
    [
      { Namespace: 'A', MetricData: [{ MetricName: 'x', Value: Number.NaN }] },
      'InvalidParameterValue',
      'InvalidParameterValueException',
      'The value NaN for parameter MetricData.member.1.Value is invalid.',
    ],
    [
      { Namespace: 'A', MetricData: [{ MetricName: 'x', Value: 1, Values: [1] }] },
      'InvalidParameterCombination',
      'InvalidParameterCombinationException',
      'The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.',
    ],
    [
      {
        Namespace: 'A',
        MetricData: [
          { MetricName: 'ok', Value: 1 },
          { MetricName: 'x', Values: [1, 2], Counts: [1] },
        ],
      },
      'InvalidParameterValue',
      'InvalidParameterValueException',
      'The parameters MetricData.member.2.Values and MetricData.member.2.Counts must be of the same size.',
    ],
  ])('is refused %j as CloudWatch does, and nothing of it is kept', async (input, code, name, message) => {
    expect(await refusalOf(put(input))).toEqual({ name, code, status: 400, message });
    expect(appended).toEqual([]);
  });

  it('is told that the log is full as throttling, and that it is broken as a fault of the service', async () => {
    const MetricData = [{ MetricName: 'x', Value: 1 }];
    refusal = new LogFull('full');
    expect(await refusalOf(put({ Namespace: 'A', MetricData }))).toMatchObject({ code: 'Throttling', name: 'Throttling', status: 400 });
    refusal = new LogBroken('broken');
    const broken = await refusalOf(put({ Namespace: 'A', MetricData }));
    expect(broken).toMatchObject({ code: 'InternalServiceError', name: 'InternalServiceFault', status: 500 });
    await put({ Namespace: 'A', MetricData });
    expect(appended).toHaveLength(1);
  });

  it('retries a call of which the answer was lost, and it is one document', async () => {
    const retrying = cloudWatchOf(server.api.url, protocol, { maxAttempts: 3 });
    let lost = 0;
    retrying.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        if (lost++ < 2) throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
        return answer;
      },
      { step: 'deserialize', priority: 'low' },
    );
    await retrying.send(new PutMetricDataCommand({ Namespace: 'A', MetricData: [{ MetricName: 'x', Value: 1 }] }));
    expect([lost, appended.length]).toEqual([3, 1]);
    retrying.destroy();
  });

  it('is answered datapoints with the statistics it asks for, each unit apart', async () => {
    const Dimensions = [
      { Name: 'b', Value: '2' },
      { Name: 'a', Value: '1' },
    ];
    const Statistics = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'];
    const { Label, Datapoints } = await statistics({ ...query, Dimensions, Statistics, Unit: 'Milliseconds' });
    expect([Label, Datapoints]).toEqual([
      'L',
      [
        { Timestamp: new Date((minute - 120) * 1000), Unit: 'Milliseconds', SampleCount: 4, Sum: 10, Average: 2.5, Minimum: 1, Maximum: 4 },
        { Timestamp: new Date((minute - 60) * 1000), Unit: 'None', SampleCount: 2, Sum: 1e300, Average: 5e299, Minimum: -1.5, Maximum: 7 },
      ],
    ]);
    const dimensions = [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ];
    const metric = { namespace: 'App', name: 'L', dimensions };
    expect(asked.periods).toEqual([{ metric, from: minute - 600, to: minute, period: 60, unit: 'Milliseconds', withValues: false }]);
  });

  it('is answered extended statistics, and no datapoint where they cannot be told', async () => {
    const { Datapoints } = await statistics({ ...query, ExtendedStatistics: ['p50', 'TM(25%:75%)'] });
    expect(Datapoints).toEqual([
      { Timestamp: new Date((minute - 120) * 1000), Unit: 'Milliseconds', ExtendedStatistics: { p50: 2, 'TM(25%:75%)': 2.5 } },
    ]);
    expect(asked.periods).toMatchObject([{ withValues: true }]);
  });

  it('is answered nothing, and storage is not asked, for a period that is too short for its age', async () => {
    const long = { ...query, StartTime: new Date((minute - 20 * day) * 1000), EndTime: new Date((minute - 20 * day + 3_600) * 1000) };
    expect((await statistics({ ...long, Statistics: ['Sum'] })).Datapoints).toEqual([]);
    expect(asked.periods).toEqual([]);
    expect((await statistics({ ...long, Period: 300, Statistics: ['Sum'] })).Datapoints).toHaveLength(2);
  });

  it.each([
    [{ Statistics: undefined }, 'InvalidParameterCombination', 'Must specify either Statistics or ExtendedStatistics'],
    [
      { ExtendedStatistics: ['p99'] },
      'InvalidParameterCombination',
      /^The parameters Statistics and ExtendedStatistics are mutually exclusive/,
    ],
    [{ StartTime: range.EndTime }, 'InvalidParameterValue', 'The parameter StartTime must be less than the parameter EndTime.'],
    [{ Period: 59 }, 'InvalidParameterValue', /Period must be 1, 5, 10, 20, 30, or a multiple of 60/],
    [
      { StartTime: new Date((minute - day) * 1000), Period: 1 },
      'InvalidParameterCombination',
      'You have requested up to 86400 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.',
    ],
    [
      { Statistics: undefined, ExtendedStatistics: ['p101'] },
      'InvalidParameterValue',
      /^The value p101 for parameter ExtendedStatistics.member.1/,
    ],
    [
      { Statistics: undefined, ExtendedStatistics: ['p1', 'Sum'] },
      'InvalidParameterValue',
      /^The value Sum for parameter ExtendedStatistics.member.2/,
    ],
    [{ Statistics: ['Median'] }, 'ValidationError', /Value 'Median' at 'statistics.1.member' failed to satisfy constraint/],
    [{ Unit: 'Parsec' }, 'ValidationError', /Value 'Parsec' at 'unit' failed to satisfy constraint/],
    [{ Dimensions: [{ Name: 'a' }] }, 'MissingParameter', 'The parameter Dimensions.member.1.Value is required.'],
    [{ MetricName: undefined }, 'MissingParameter', 'The parameter MetricName is required.'],
    [{ Period: undefined }, 'MissingParameter', 'The parameter Period is required.'],
  ])('is refused statistics with %j', async (change, code, message) => {
    const refused = await refusalOf(statistics({ ...query, Statistics: ['Sum'], ...change }));
    expect(refused).toMatchObject({ code, status: 400, message: typeof message === 'string' ? message : expect.stringMatching(message) });
    expect(asked.periods).toEqual([]);
  });

  it('pages through all metrics', async () => {
    const names: (string | undefined)[] = [];
    const Dimensions = [{ Name: 'Svc' }, { Name: 'x', Value: 'y' }];
    const pages: number[] = [];
    for await (const { Metrics = [], NextToken } of paginateListMetrics({ client }, { Namespace: 'App', MetricName: 'm', Dimensions })) {
      names.push(...Metrics.map(({ MetricName }) => MetricName));
      pages.push(Metrics.length);
      expect(Metrics[0]).toMatchObject({ Namespace: 'App', Dimensions: [{ Name: 'Svc', Value: 'a b&<é>' }] });
      expect(NextToken === undefined).toBe(names.length === known.length);
    }
    expect([pages, names]).toEqual([[500, 500, 201], known.map(({ name }) => name)]);
    const dimensions = [{ name: 'Svc' }, { name: 'x', value: 'y' }];
    expect(asked.metrics[0]).toMatchObject({ namespace: 'App', name: 'm', dimensions, limit: 501 });
    expect(asked.metrics[1]).toMatchObject({ after: known[499] });
  });

  it('lists what had data in two weeks, or in three hours, and whose it is', async () => {
    const { Metrics, OwningAccounts } = await client.send(new ListMetricsCommand({ IncludeLinkedAccounts: true }));
    expect([Metrics?.length, OwningAccounts?.length, OwningAccounts?.[0]]).toEqual([500, 500, '123456789012']);
    const { Metrics: others } = await client.send(new ListMetricsCommand({ OwningAccount: '210987654321', IncludeLinkedAccounts: true }));
    expect(others ?? []).toEqual([]);
    await client.send(new ListMetricsCommand({ RecentlyActive: 'PT3H' }));
    const ages = (asked.metrics as { since: number }[]).map(({ since }) => Math.round((Date.now() / 1000 - since) / 100));
    expect(ages).toEqual([(14 * day) / 100, 108]);
  });

  it('takes no token but its own', async () => {
    const { NextToken } = await client.send(new ListMetricsCommand({ Namespace: 'App' }));
    const message = 'Request parameter NextToken is invalid';
    for (const input of [{ NextToken }, { Namespace: 'App', NextToken: 'made up' }, { Namespace: 'App', NextToken: '' }]) {
      const refused = await refusalOf(client.send(new ListMetricsCommand(input)));
      expect(refused).toEqual({ code: 'InvalidParameterValue', name: 'InvalidParameterValueException', status: 400, message });
    }
  });

  it('is told which operations there are, when it calls another', async () => {
    const refused = await refusalOf(client.send(new DescribeAlarmsCommand({})));
    expect(refused).toMatchObject({ code: 'InvalidAction', status: 400 });
    expect(refused.message).toBe(
      'DescribeAlarms is not served here. Of CloudWatch there are PutMetricData, GetMetricStatistics, ListMetrics.',
    );
  });
});

// In CBOR it sends the length of what it has packed as that of what it was: a call that never ends.
it.each(['json', 'query'] as const)('the client that speaks %s puts a call that it has packed', async (protocol) => {
  const client = cloudWatchOf(server.api.url, protocol);
  const MetricData = Array.from({ length: 600 }, (_, n) => ({ MetricName: `metric-${n}`, Value: n }));
  await client.send(new PutMetricDataCommand({ Namespace: 'Packed', MetricData }));
  expect(documents()[0]?.MetricData).toEqual(MetricData);
  client.destroy();
});
