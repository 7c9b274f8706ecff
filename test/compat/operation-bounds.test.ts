/** What an operation answers at its bounds: a log that takes nothing more, and a page that is full. */
import { GetTimeSeriesServiceStatisticsCommand, ThrottledException, type TimeSeriesServiceStatistics } from '@aws-sdk/client-xray';
import type { StatisticsRow } from '@fluoroscope/contract/graph';
import { LogFull } from '@fluoroscope/log/log';
import { ControlState } from '@fluoroscope/xray/control-state';
import { lastBucket } from '@fluoroscope/xray/histogram';
import { PassingState } from '@fluoroscope/xray/passing-state';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from './api-on-disk.js';
import { operationNames, send } from './xray-model.js';

const counted = { applied: 0, lost: 0, snapshots: 0, failedSnapshots: 0 };
const full = {
  change: () => Promise.reject(new LogFull('the log is full')),
  onApplied: () => () => {},
  counters: () => counted,
};
const states = { control: new ControlState(), statistics: new PassingState() };
const startSeconds = Math.floor(Date.now() / 60_000) * 60 - 21_600;

/** Every bucket there is, in every minute of six hours. */
async function course(): Promise<[number, StatisticsRow][]> {
  const histogram = Array.from({ length: lastBucket }, (_, bucket) => [bucket, 1]).flat();
  return Array.from({ length: 360 }, (_, minute) => [startSeconds + minute * 60, [minute, 0, 0, 0, 0, 0, histogram]]);
}

let server: ApiOnDisk;
beforeAll(async () => {
  const away = () => Promise.reject(new Error('storage is away'));
  server = await startApiOnDisk({
    control: { state: states.control, log: full },
    statistics: { state: states.statistics, log: full },
    history: { slices: away, series: away, course },
  });
});
afterAll(() => server.close());

describe('while the log is full', () => {
  const arn = 'arn:aws:xray:eu-west-1:123456789012:group/Default';
  const patterns = { ResourceARN: '*', ServiceName: '*', ServiceType: '*', Host: '*', HTTPMethod: '*', URLPath: '*' };
  const changes: Record<string, object> = {
    CreateGroup: { GroupName: 'a' },
    UpdateGroup: { GroupName: 'Default', InsightsConfiguration: { InsightsEnabled: false } },
    DeleteGroup: { GroupName: 'Default' },
    CreateSamplingRule: { SamplingRule: { RuleName: 'a', Priority: 1, FixedRate: 0, ReservoirSize: 0, Version: 1, ...patterns } },
    UpdateSamplingRule: { SamplingRuleUpdate: { RuleName: 'Default', FixedRate: 1 } },
    DeleteSamplingRule: { RuleName: 'Default' },
    TagResource: { ResourceARN: arn, Tags: [] },
    UntagResource: { ResourceARN: arn, TagKeys: [] },
    PutEncryptionConfig: { Type: 'NONE' },
    PutResourcePolicy: {
      PolicyName: 'a',
      PolicyDocument: '{"Statement":{"Effect":"Allow","Principal":"*","Action":"xray:*","Resource":"*"}}',
    },
    DeleteResourcePolicy: { PolicyName: 'a' },
    UpdateIndexingRule: { Name: 'Default', Rule: { Probabilistic: { DesiredSamplingPercentage: 1 } } },
    UpdateTraceSegmentDestination: { Destination: 'XRay' },
    StartTraceRetrieval: { TraceIds: [], StartTime: new Date(), EndTime: new Date() },
  };

  it.each(Object.entries(changes))('%s is throttled, which clients wait for', async (name, input) => {
    const client = clientOf(server.api.url);
    await expect(send(client, name, input)).rejects.toBeInstanceOf(ThrottledException);
    client.destroy();
  });

  it('is said of every operation that changes something', () => {
    const named = operationNames.filter((name) => /^(Create|Update|Delete|Tag|Untag|Start|Put(?!Telemetry|TraceSegments))/.test(name));
    expect(Object.keys(changes).toSorted()).toEqual(named);
  });
});

it('a time series goes on from page to page until its end, each point once', async () => {
  const client = clientOf(server.api.url);
  const range = { StartTime: new Date(startSeconds * 1000), EndTime: new Date((startSeconds + 21_600) * 1000) };
  const pages: TimeSeriesServiceStatistics[][] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new GetTimeSeriesServiceStatisticsCommand({ ...range, NextToken }));
    pages.push(page.TimeSeriesServiceStatistics ?? []);
    NextToken = page.NextToken;
    const other = new GetTimeSeriesServiceStatisticsCommand({ ...range, Period: 300, NextToken });
    if (NextToken !== undefined) await expect(client.send(other)).rejects.toThrow('NextToken is not valid');
  } while (NextToken !== undefined);
  expect(pages.length).toBeGreaterThan(1);
  const minutes = pages.flat().map(({ EdgeSummaryStatistics }) => EdgeSummaryStatistics?.OkCount);
  expect(minutes).toEqual(Array.from({ length: 360 }, (_, minute) => minute));
  client.destroy();
});
