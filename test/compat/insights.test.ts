/** Insights as the official client, the dashboard and the live room see them: read, paged, bounded and refused. */
import {
  GetInsightCommand,
  GetInsightEventsCommand,
  GetInsightImpactGraphCommand,
  GetInsightSummariesCommand,
  type GetInsightSummariesCommandInput,
  InvalidRequestException,
  type XRayClient,
} from '@aws-sdk/client-xray';
import type { InsightEvent } from '@fluoroscope/contract/insights';
import type { InsightsMessage } from '@fluoroscope/contract/live';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from './api-on-disk.js';
import { LiveClient, until } from './live-client.js';
import { rawCall } from './raw-http.js';

const node = (name: string, type = '') => ({ name, type, accountId: '' });
const nowSeconds = Math.floor(Date.now() / 10_000) * 10;
const startSeconds = nowSeconds - 1_200;
const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const counts = (fault: number, total: number) => ({ fault, ok: total - fault, total });

function event(members: Partial<InsightEvent> & { of?: string } = {}): InsightEvent {
  const { of = 'pay.example', ...rest } = members;
  return {
    what: 'opened',
    insightId: idOf(1),
    group: 'Default',
    atSeconds: startSeconds + 60,
    startSeconds,
    endSeconds: null,
    rootCause: node(of, 'AWS::EC2::Instance'),
    services: [{ node: node(of, 'AWS::EC2::Instance'), expected: { requests: 100_000, faults: 500 } }],
    faultShare: 0.5,
    figures: { atSeconds: startSeconds + 60, clients: counts(310, 4_100), rootCause: counts(480, 1_000) },
    ...rest,
  };
}

const front = node('front');
const graph = {
  nodes: [front, node('stranger'), node('pay.example', 'AWS::EC2::Instance')].map((one) => ({ node: one, counts: counts(1, 2) })),
  edges: [
    { caller: node('front', 'client'), callee: front, counts: counts(1, 2) },
    { caller: front, callee: node('pay.example', 'AWS::EC2::Instance'), counts: counts(1, 2) },
    { caller: front, callee: node('stranger'), counts: counts(0, 2) },
  ],
};

let server: ApiOnDisk;
let client: XRayClient;
const tell = (told: InsightEvent) => server.control.log.change({ kind: 'insight', event: told }, { actor: 'insights' });

beforeAll(async () => {
  server = await startApiOnDisk({
    // So that nothing is found, and nothing is over.
    faults: {
      courses: () => Promise.reject(new Error('storage is away')),
      expectations: async () => new Map(),
      counts: async () => graph,
      firstSlice: async () => 5,
    },
    history: {
      slices: async () => ({ slices: [], incomplete: [] }),
      series: async () => ({ points: [[startSeconds, [1, 2, 3, 4, 5, 6, []]]], incomplete: [] }),
      course: async () => [],
    },
  });
  client = clientOf(server.api.url);
  const services = [...event().services, { node: front, expected: { requests: 10, faults: 0 } }];
  await tell(event());
  await tell(event({ what: 'spread', atSeconds: startSeconds + 120, services }));
  await tell(event({ what: 'closed', atSeconds: startSeconds + 1_000, endSeconds: startSeconds + 600, services }));
  for (let n = 2; n <= 5; n++)
    await tell(event({ insightId: idOf(n), of: `s${n}`, startSeconds: startSeconds + n * 10, atSeconds: startSeconds + n * 10 + 60 }));
});
afterAll(async () => {
  client.destroy();
  await server.close();
});

const range = { StartTime: new Date((startSeconds - 60) * 1_000), EndTime: new Date() };
const summaries = (input: Partial<GetInsightSummariesCommandInput>) =>
  client.send(new GetInsightSummariesCommand({ GroupName: 'Default', ...range, ...input }));
const ids = (answer: { InsightSummaries?: { InsightId?: string }[] | undefined }) =>
  answer.InsightSummaries?.map(({ InsightId }) => InsightId);

describe('an insight', () => {
  it('is read with all its members, which a closed one has as an open one does', async () => {
    const { Insight } = await client.send(new GetInsightCommand({ InsightId: idOf(1) }));
    const service = { Name: 'pay.example', Names: ['pay.example'], Type: 'AWS::EC2::Instance' };
    expect(Insight).toEqual({
      InsightId: idOf(1),
      GroupARN: 'arn:aws:xray:eu-west-1:123456789012:group/Default',
      GroupName: 'Default',
      RootCauseServiceId: service,
      Categories: ['FAULT'],
      State: 'CLOSED',
      StartTime: new Date(startSeconds * 1_000),
      EndTime: new Date((startSeconds + 600) * 1_000),
      Summary: expect.any(String),
      ClientRequestImpactStatistics: { FaultCount: 310, OkCount: 3_790, TotalCount: 4_100 },
      RootCauseServiceRequestImpactStatistics: { FaultCount: 480, OkCount: 520, TotalCount: 1_000 },
      TopAnomalousServices: [{ ServiceId: service }, { ServiceId: { Name: 'front', Names: ['front'], Type: '' } }],
    });
    const open = (await client.send(new GetInsightCommand({ InsightId: idOf(3) }))).Insight;
    expect(open).toMatchObject({ State: 'ACTIVE', EndTime: new Date((startSeconds + 60) * 1_000) });
    // What Grafana's plugin shows of it.
    for (const { Summary = '' } of [Insight ?? {}, open ?? {}]) expect(Summary.split('.')[1]).toBe(' 310 of 4,100 client requests failed');
    expect(Insight?.Summary).toBe(
      'Fault rates were higher than expected. 310 of 4,100 client requests failed. The root cause is pay.example: 480 of its 1,000 requests failed, where 5 were to be expected. It lasted 10 minutes.',
    );
  });

  it('has a timeline, page by page', async () => {
    const all = await client.send(new GetInsightEventsCommand({ InsightId: idOf(1) }));
    expect(all.InsightEvents?.map(({ Summary }) => Summary)).toEqual([
      'pay.example fails more than expected.',
      'Now in front too.',
      'Fault rates are as expected again.',
    ]);
    expect(all.InsightEvents?.[1]).toMatchObject({ EventTime: new Date((startSeconds + 120) * 1_000), TopAnomalousServices: [{}, {}] });
    const first = await client.send(new GetInsightEventsCommand({ InsightId: idOf(1), MaxResults: 2 }));
    const second = await client.send(new GetInsightEventsCommand({ InsightId: idOf(1), MaxResults: 2, NextToken: first.NextToken }));
    expect([...(first.InsightEvents ?? []), ...(second.InsightEvents ?? [])]).toEqual(all.InsightEvents);
    expect(second.NextToken).toBeUndefined();
  });

  it('has a graph of the root cause and all that leads to it, without figures', async () => {
    const answer = await client.send(new GetInsightImpactGraphCommand({ InsightId: idOf(1), ...range }));
    expect(answer).toMatchObject({ InsightId: idOf(1), StartTime: expect.any(Date), ServiceGraphEndTime: expect.any(Date) });
    const named = new Map(answer.Services?.map((one) => [one.ReferenceId, `${one.Name} ${one.Type}`]));
    expect(
      answer.Services?.map((one) => [named.get(one.ReferenceId), one.Edges?.map(({ ReferenceId }) => named.get(ReferenceId))]),
    ).toEqual([
      ['front ', ['pay.example AWS::EC2::Instance']],
      ['pay.example AWS::EC2::Instance', []],
      ['front client', ['front ']],
    ]);
  });
});

describe('the insights of a group', () => {
  it('are those that were open in a range, newest first, by state', async () => {
    expect(ids(await summaries({}))).toEqual([5, 4, 3, 2, 1].map(idOf));
    expect(ids(await summaries({ States: ['CLOSED'] }))).toEqual([idOf(1)]);
    expect(ids(await summaries({ States: ['ACTIVE'], EndTime: new Date((startSeconds + 35) * 1_000) }))).toEqual([idOf(3), idOf(2)]);
    expect(ids(await summaries({ StartTime: new Date((startSeconds + 601) * 1_000) }))).not.toContain(idOf(1));
    const { InsightSummaries } = await summaries({ GroupName: undefined, GroupARN: 'arn:aws:xray:eu-west-1:123456789012:group/Default' });
    expect(InsightSummaries?.[0]).toMatchObject({ LastUpdateTime: expect.any(Date), Summary: expect.stringContaining('. ') });
  });

  it('come page by page, and a token belongs to its query', async () => {
    const first = await summaries({ MaxResults: 2 });
    const second = await summaries({ MaxResults: 2, NextToken: first.NextToken });
    const third = await summaries({ MaxResults: 2, NextToken: second.NextToken });
    expect([first, second, third].flatMap(ids)).toEqual([5, 4, 3, 2, 1].map(idOf));
    expect(third.NextToken).toBeUndefined();
    for (const input of [{ NextToken: 'made up' }, { NextToken: first.NextToken, States: ['ACTIVE' as const] }])
      await expect(summaries(input)).rejects.toThrow(InvalidRequestException);
  });
});

describe('what is not right', () => {
  const at = nowSeconds;
  const bounds = { StartTime: at - 60, EndTime: at };
  const InsightId = idOf(1);

  it.each([
    ['Insight', {}],
    ['Insight', { InsightId: 7 }],
    ['Insight', { InsightId: 'a' }],
    ['Insight', { InsightId: idOf(99) }],
    ['InsightEvents', { InsightId: idOf(99) }],
    ['InsightEvents', { InsightId, MaxResults: 51 }],
    ['InsightEvents', { InsightId, MaxResults: 0 }],
    ['InsightEvents', { InsightId, NextToken: '' }],
    ['InsightSummaries', bounds],
    ['InsightSummaries', { ...bounds, GroupName: 'none' }],
    ['InsightSummaries', { ...bounds, GroupName: 'Default', GroupARN: 'arn:aws:xray:eu-west-1:123456789012:group/Default' }],
    ['InsightSummaries', { ...bounds, GroupName: 'Default', States: ['ACTIVE', 'CLOSED'] }],
    ['InsightSummaries', { ...bounds, GroupName: 'Default', States: ['OPEN'] }],
    ['InsightSummaries', { ...bounds, GroupName: 'Default', MaxResults: 101 }],
    ['InsightSummaries', { GroupName: 'Default', StartTime: at, EndTime: at - 60 }],
    ['InsightSummaries', { GroupName: 'Default', StartTime: at - 31 * 86_400, EndTime: at - 30.5 * 86_400 }],
    ['InsightSummaries', { GroupName: 'Default', EndTime: at }],
    ['InsightImpactGraph', { InsightId, StartTime: at - 7 * 3_600, EndTime: at }],
    ['InsightImpactGraph', { InsightId, StartTime: at - 31 * 86_400, EndTime: at - 31 * 86_400 + 60 }],
    ['InsightImpactGraph', { InsightId, EndTime: at }],
    ['InsightImpactGraph', { InsightId: idOf(99), ...bounds }],
  ])('is refused by %s: %j', async (path, body) => {
    const answer = await rawCall(`${server.api.url}/${path}`, { body: JSON.stringify(body) });
    expect([answer.status, answer.headers['x-amzn-errortype']]).toEqual([400, 'InvalidRequestException']);
  });
});

describe('the dashboard', () => {
  it('gets an insight with the courses of its services and the calls between them', async () => {
    const answer = await (await fetch(`${server.api.url}/api/insights/${idOf(1)}`)).json();
    expect(answer).toMatchObject({ insight: { id: idOf(1), summary: expect.any(String) }, periodSeconds: 60 });
    expect([answer.from <= startSeconds - 900, answer.to]).toEqual([true, expect.any(Number)]);
    expect(answer.courses).toEqual([
      { node: node('pay.example', 'AWS::EC2::Instance'), expected: { requests: 100_000, faults: 500 }, points: [[startSeconds, 10, 4]] },
      { node: front, expected: { requests: 10, faults: 0 }, points: [[startSeconds, 10, 4]] },
    ]);
    expect(answer.clients).toEqual([[startSeconds, 10, 4]]);
    expect(answer.calls.map(({ caller, callee }: typeof answer) => `${caller.name} ${callee.name}`)).toEqual([
      'front front',
      'front pay.example',
    ]);
    const missing = await fetch(`${server.api.url}/api/insights/none`);
    expect([missing.status, (await missing.json()).code]).toEqual([404, 'unknown_insight']);
  });

  it('is told of insights as they come, whoever joins late too', async () => {
    const live = await LiveClient.connect(server.api.url);
    const told: InsightsMessage[] = [];
    live.socket.on('insights:snapshot', (message) => told.push(message));
    live.socket.on('insights:delta', (message) => told.push(message));
    live.socket.emit('join', 'insights');
    await until(() => told.length > 0);
    expect(told[0]?.insights.map(({ id }) => id)).toEqual([5, 4, 3, 2, 1].map(idOf));
    await tell(event({ insightId: idOf(6), of: 's6', startSeconds: nowSeconds - 60, atSeconds: nowSeconds }));
    await until(() => told.some(({ insights }) => insights.some(({ id }) => id === idOf(6))));
    const news = told.slice(1).flatMap(({ insights }) => insights);
    expect(news.find(({ id }) => id === idOf(6))).toMatchObject({ events: [{ summary: 's6 fails more than expected.' }] });
    live.close();
  });
});
