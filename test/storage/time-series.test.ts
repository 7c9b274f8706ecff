/** GetTimeSeriesServiceStatistics by the official client: the same numbers as the graph, minute by minute. */
import {
  GetServiceGraphCommand,
  GetTimeSeriesServiceStatisticsCommand,
  type GetTimeSeriesServiceStatisticsCommandInput,
  type ServiceStatistics,
  type TimeSeriesServiceStatistics,
  type XRayClient,
} from '@aws-sdk/client-xray';
import { StoredHistoryReader } from '@fluoroscope/clickhouse/history-reader';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from '../compat/api-on-disk.js';
import { generateTraffic } from '../fixtures/traffic.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const hour = 3_600;
const hourStart = Math.floor(Date.now() / 1000 / hour) * hour - 3 * hour;
const range = { StartTime: new Date(hourStart * 1000), EndTime: new Date((hourStart + hour) * 1000) };

let clickhouse: TestClickHouse;
let installation: Installation;
let server: ApiOnDisk;
let client: XRayClient;

beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  const readers = { history: new StoredHistoryReader(installation.client), traces: new StoredTraceReader(installation.client) };
  server = await startApiOnDisk({ graph: installation.graph, ...readers });
  client = clientOf(server.api.url);
  await installation.append(generateTraffic(11, { nowSeconds: hourStart + 1_800, traces: 80, spanSeconds: 300 }).texts);
  await installation.append(Array.from({ length: lastMinute + 1 }, (_, minute) => faultsOf(minute, 20)).flat());
  await installation.settled();
});
afterAll(async () => {
  client?.destroy();
  await server?.close();
  await installation?.remove();
  await clickhouse?.remove();
});

const lastMinute = 20;

/** In each of these minutes of the hour after: one segment in ten is a fault, and all of them in the last minute. */
function faultsOf(minute: number, segments: number): string[] {
  const start_time = hourStart + hour + minute * 60;
  return Array.from({ length: segments }, (_, n) => {
    const id = (minute * segments + n + 1).toString(16).padStart(16, '0');
    const trace_id = `1-${start_time.toString(16)}-${id.padStart(24, 'f')}`;
    return JSON.stringify({
      trace_id,
      id,
      name: 'failing',
      start_time,
      end_time: start_time + 0.2,
      fault: n % 10 === 0 || minute === lastMinute,
    });
  });
}

async function series(input: Partial<GetTimeSeriesServiceStatisticsCommandInput> = {}): Promise<TimeSeriesServiceStatistics[]> {
  const answer = await client.send(new GetTimeSeriesServiceStatisticsCommand({ ...range, ...input }));
  expect([answer.ContainsOldGroupVersions, answer.NextToken]).toEqual([false, undefined]);
  return answer.TimeSeriesServiceStatistics ?? [];
}

function sumOf(statistics: readonly (ServiceStatistics | undefined)[]): number[] {
  const sums = [0, 0, 0, 0, 0];
  for (const one of statistics) {
    const counts = [
      one?.OkCount,
      one?.ErrorStatistics?.TotalCount,
      one?.FaultStatistics?.TotalCount,
      one?.TotalCount,
      one?.TotalResponseTime,
    ];
    for (const [at, count] of counts.entries()) sums[at] = (sums[at] ?? 0) + (count ?? 0);
  }
  return sums.map((sum) => Math.round(sum * 1e6) / 1e6);
}

const graphOf = async () => (await client.send(new GetServiceGraphCommand(range))).Services ?? [];

describe('GetTimeSeriesServiceStatistics', () => {
  it('adds up to the graph: all edges, one node by name and type, and one edge', async () => {
    const services = await graphOf();
    const edges = services.flatMap(({ Edges = [] }) => Edges);
    const all = await series();
    expect(sumOf(all.map(({ EdgeSummaryStatistics }) => EdgeSummaryStatistics))).toEqual(
      sumOf(edges.map((edge) => edge.SummaryStatistics)),
    );
    const node = services.find(({ Type, Edges = [] }) => Type !== 'client' && Edges.length > 0);
    const callee = services.find(({ ReferenceId }) => ReferenceId === node?.Edges?.[0]?.ReferenceId);
    const id = (service = node) => `id(name: "${service?.Name}"${service?.Type === undefined ? '' : `, type: "${service.Type}"`})`;
    for (const Period of [60, 300]) {
      const ofNode = await series({ EntitySelectorExpression: `service(${id()})`, Period });
      expect(sumOf(ofNode.map(({ ServiceSummaryStatistics }) => ServiceSummaryStatistics))).toEqual(sumOf([node?.SummaryStatistics]));
      const ofEdge = await series({ EntitySelectorExpression: `edge(${id()}, ${id(callee)})`, Period });
      expect(sumOf(ofEdge.map(({ EdgeSummaryStatistics }) => EdgeSummaryStatistics))).toEqual(sumOf([node?.Edges?.[0]?.SummaryStatistics]));
      const counted = ofNode
        .flatMap(({ ResponseTimeHistogram = [] }) => ResponseTimeHistogram)
        .reduce((sum, { Count }) => sum + (Count ?? 0), 0);
      expect(counted).toBe(node?.SummaryStatistics?.TotalCount);
    }
  });

  it('has every period of the range in order, empty ones with zeros, and nothing for what was never there', async () => {
    const all = await series({ Period: 300 });
    const starts = Array.from({ length: 12 }, (_, n) => new Date((hourStart + n * 300) * 1000));
    expect(all.map(({ Timestamp }) => Timestamp)).toEqual(starts);
    expect(all.at(-1)).toMatchObject({ EdgeSummaryStatistics: { TotalCount: 0, TotalResponseTime: 0 }, ResponseTimeHistogram: [] });
    expect(await series({ EntitySelectorExpression: 'service("nobody")' })).toEqual([]);
    const inside = { StartTime: new Date((hourStart + 1_630) * 1000), EndTime: new Date((hourStart + 1_690) * 1000) };
    expect((await series(inside)).map(({ Timestamp }) => Timestamp?.getTime())).toEqual([1_620, 1_680].map((s) => (hourStart + s) * 1000));
  });

  it('takes a client for the end of an edge only where its type is named: it has the name of the node behind it', async () => {
    const services = await graphOf();
    const caller = services.find(({ Type }) => Type === 'client');
    const callee = services.find(({ ReferenceId }) => ReferenceId === caller?.Edges?.[0]?.ReferenceId);
    const counted = async (selector: string) =>
      sumOf((await series({ EntitySelectorExpression: selector })).map(({ EdgeSummaryStatistics }) => EdgeSummaryStatistics));
    const toCallee = `id(name: "${callee?.Name}", type: "${callee?.Type ?? ''}")`;
    expect(await counted(`edge(id(name: "${caller?.Name}", type: "client"), ${toCallee})`)).toEqual(
      sumOf([caller?.Edges?.[0]?.SummaryStatistics]),
    );
    expect(await counted(`edge("${caller?.Name}", ${toCallee})`)).toEqual([0, 0, 0, 0, 0]);
  });

  it('foresees faults, and what happened is outside when it is not as before', async () => {
    const failing = {
      StartTime: range.EndTime,
      EndTime: new Date((hourStart + 2 * hour) * 1000),
      EntitySelectorExpression: 'service(id(name: "failing"))',
    };
    expect((await series(failing))[5]).not.toHaveProperty('ServiceForecastStatistics');
    const points = await series({ ...failing, ForecastStatistics: true });
    const isOutside = ({ ServiceSummaryStatistics, ServiceForecastStatistics }: TimeSeriesServiceStatistics) => {
      const { FaultCountLow = 0, FaultCountHigh = 0 } = ServiceForecastStatistics ?? {};
      const faults = ServiceSummaryStatistics?.FaultStatistics?.TotalCount ?? 0;
      return faults < FaultCountLow || faults > FaultCountHigh;
    };
    expect(points[0]).not.toHaveProperty('ServiceForecastStatistics');
    expect(points.slice(1, lastMinute + 1).map(isOutside)).toEqual(Array.from({ length: lastMinute }, (_, n) => n === lastMinute - 1));
  });

  it.each<[string, Partial<GetTimeSeriesServiceStatisticsCommandInput>]>([
    ['Time range cannot be longer than 6 hours', { StartTime: new Date((hourStart - 6 * hour) * 1000) }],
    ['StartTime must not be later', { StartTime: new Date((hourStart + 2 * hour) * 1000) }],
    ['Period must be 60 or 300', { Period: 120 }],
    ['An entity selector is', { EntitySelectorExpression: 'service("a") { fault }' }],
    ['Invalid filter expression', { EntitySelectorExpression: 'service(' }],
    ['ForecastStatistics needs', { ForecastStatistics: true }],
    ['ForecastStatistics needs', { ForecastStatistics: true, EntitySelectorExpression: 'service()' }],
    ['does not exist', { GroupName: 'nobody' }],
    ['NextToken is not valid', { NextToken: 'made up' }],
  ])('is refused: %s', async (message, input) => {
    await expect(series(input)).rejects.toMatchObject({ name: 'InvalidRequestException', message: expect.stringContaining(message) });
  });
});
