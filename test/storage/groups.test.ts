/** What is kept by group: real log, real writer, real ClickHouse, asked by the official client. */
import {
  CreateGroupCommand,
  GetServiceGraphCommand,
  GetTimeSeriesServiceStatisticsCommand,
  GetTraceSummariesCommand,
  UpdateGroupCommand,
  type XRayClient,
} from '@aws-sdk/client-xray';
import { StoredHistoryReader } from '@fluoroscope/clickhouse/history-reader';
import { StoredTraceListReader } from '@fluoroscope/clickhouse/trace-list-reader';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { SliceRows } from '@fluoroscope/contract/graph';
import type { GraphSeriesAnswer, GraphSlicesAnswer } from '@fluoroscope/contract/history';
import { groupRoomPrefix } from '@fluoroscope/contract/live';
import type { TracePage } from '@fluoroscope/contract/traces';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiOnDisk, clientOf, startApiOnDisk } from '../compat/api-on-disk.js';
import { LiveClient, until } from '../compat/live-client.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

/** How long to wait for what must come. */
const patientMs = 40_000;
const start = Math.floor(Date.now() / 10_000) * 10 - 120;
const range = { StartTime: new Date(start * 1000), EndTime: new Date((start + 120) * 1000) };

let clickhouse: TestClickHouse;
let installation: Installation;
let server: ApiOnDisk;
let client: XRayClient;

beforeAll(async () => {
  clickhouse = await testClickHouse();
  installation = await Installation.create(clickhouse);
  const { log, graph, client: storage } = installation;
  server = await startApiOnDisk({
    log,
    graph,
    history: new StoredHistoryReader(storage),
    traces: new StoredTraceReader(storage),
    traceList: new StoredTraceListReader(storage),
  });
  client = clientOf(server.api.url);
});

afterAll(async () => {
  client?.destroy();
  await server?.close();
  await installation?.remove();
  await clickhouse?.remove();
});

/** A shop that calls its stock nine seconds into a slice, which answers in the next one. */
function trace(n: number, tenant: string): SegmentDocument[] {
  const trace_id = traceIdOf(n);
  const at = start + n * 10 + 9;
  const aws = { xray: { sampling_rule_name: 'all' } };
  const call = { id: '00000000000000a2', name: 'stock', namespace: 'remote', start_time: at + 0.5, end_time: at + 2 };
  return [
    { trace_id, id: '00000000000000a1', name: 'shop', start_time: at, end_time: at + 2, annotations: { tenant }, aws, subsegments: [call] },
    { trace_id, id: '00000000000000a3', parent_id: call.id, name: 'stock', start_time: at + 1.2, end_time: at + 1.8, fault: n === 1 },
  ];
}

function traceIdOf(n: number): string {
  return `1-${start.toString(16)}-${n.toString(16).padStart(24, '5')}`;
}

async function arrive(...documents: SegmentDocument[]): Promise<void> {
  installation.setGroups(server.control.state.groups.records());
  await installation.append(documents.map((document) => JSON.stringify(document)));
  await installation.traced();
}

async function graphOf(GroupName: string) {
  const { Services = [], ContainsOldGroupVersions } = await client.send(new GetServiceGraphCommand({ ...range, GroupName }));
  const services = Services.filter(({ Type }) => Type !== 'client');
  const counts = services.map(({ Name, SummaryStatistics: s }) => [Name, s?.TotalCount, s?.FaultStatistics?.TotalCount]);
  return { counts: counts.sort(), ContainsOldGroupVersions };
}

/** How many calls of the shop the minutes of the group have. */
async function courseOf(GroupName: string) {
  const EntitySelectorExpression = 'service("shop")';
  const answer = await client.send(new GetTimeSeriesServiceStatisticsCommand({ ...range, GroupName, EntitySelectorExpression }));
  const counts = answer.TimeSeriesServiceStatistics?.map((entry) => entry.ServiceSummaryStatistics?.TotalCount ?? 0) ?? [];
  return { total: counts.reduce((sum, count) => sum + count, 0), isOld: answer.ContainsOldGroupVersions };
}

function countsOf(slices: readonly SliceRows[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const [name, , , , , [ok, error, throttle, fault]] of slices.flatMap(({ nodes }) => nodes))
    counts.set(name, (counts.get(name) ?? 0) + ok + error + throttle + fault);
  return Object.fromEntries(counts);
}

/** The same, as the map of the dashboard and its charts add it up. */
async function mapOf(group: string) {
  const ask = async (what: string) =>
    (await fetch(`${server.api.url}/api/graph/${what}&group=${group}&from=${start}&to=${start + 120}`)).json();
  const { slices, containsOldGroupVersions } = (await ask('slices?period=60')) as GraphSlicesAnswer;
  const { points } = (await ask('series?period=3600&node=shop')) as GraphSeriesAnswer;
  return { counts: countsOf(slices), ofShop: points.reduce((sum, [, [ok]]) => sum + ok, 0), containsOldGroupVersions };
}

async function listedIn(group: string): Promise<string[]> {
  const listed = await fetch(`${server.api.url}/api/traces?from=${start}&to=${start + 120}&group=${group}`);
  return ((await listed.json()) as TracePage).rows.map(({ traceId }) => traceId);
}

async function membersOf(filter: string): Promise<string[]> {
  const { TraceSummaries = [] } = await client.send(new GetTraceSummariesCommand({ ...range, FilterExpression: filter }));
  const listed = await fetch(`${server.api.url}/api/traces?from=${start}&to=${start + 120}&filter=${encodeURIComponent(filter)}`);
  const ids = TraceSummaries.map(({ Id }) => Id ?? '');
  expect(((await listed.json()) as TracePage).rows.map(({ traceId }) => traceId)).toEqual(ids);
  return ids;
}

test('a trace belongs to a group with all that it does, by the filter that was in force when it met it', async () => {
  await client.send(new CreateGroupCommand({ GroupName: 'mine', FilterExpression: 'annotation.tenant = "acme"' }));
  await client.send(new CreateGroupCommand({ GroupName: 'faulty', FilterExpression: 'rootcause.fault.service { name = "stock" }' }));
  await arrive(...[0, 1, 2].flatMap((n) => trace(n, n === 2 ? 'other' : 'acme')));
  expect(await graphOf('mine')).toEqual({
    counts: [
      ['shop', 2, 0],
      ['stock', 2, 1],
    ],
    ContainsOldGroupVersions: false,
  });
  expect(await courseOf('mine')).toEqual({ total: 2, isOld: false });
  expect(await membersOf('group.name = "mine"')).toEqual([traceIdOf(1), traceIdOf(0)]);
  expect(await mapOf('mine')).toEqual({ counts: { shop: 2, stock: 2 }, ofShop: 2, containsOldGroupVersions: false });
  expect(await listedIn('mine')).toEqual([traceIdOf(1), traceIdOf(0)]);
  expect((await installation.graph.sampled(start, start + 120)).map(({ segments }) => segments)).toEqual([1, 1, 1]);
  const groupId = server.control.state.groups.record('mine')?.id;
  expect((await installation.graph.sampled(start, start + 120, groupId)).map(({ rule }) => rule)).toEqual(['all', 'all']);
  expect(await membersOf('group.name != "mine" AND group.name = "Default"')).toEqual([traceIdOf(2)]);
  expect(await membersOf('group.name = "nobody"')).toEqual([]);
  // The documents decide what a row cannot tell.
  expect(await membersOf('group.name = "faulty"')).toEqual([traceIdOf(1)]);
  expect((await graphOf('faulty')).counts).toContainEqual(['stock', 1, 1]);

  await client.send(new UpdateGroupCommand({ GroupName: 'mine', FilterExpression: 'annotation.tenant = "beta"' }));
  const late = { trace_id: traceIdOf(0), id: '00000000000000a4', parent_id: '00000000000000a1', name: 'ledger', start_time: start + 15 };
  await arrive(...trace(3, 'beta'), ...trace(4, 'acme'), { ...late, end_time: start + 16 });
  expect(await graphOf('mine')).toEqual({
    counts: [
      ['ledger', 1, 0],
      ['shop', 3, 0],
      ['stock', 3, 1],
    ],
    ContainsOldGroupVersions: true,
  });
  expect(await courseOf('mine')).toEqual({ total: 3, isOld: true });
  expect(await mapOf('mine')).toEqual({ counts: { ledger: 1, shop: 3, stock: 3 }, ofShop: 3, containsOldGroupVersions: true });
  expect(await listedIn('mine')).toEqual([traceIdOf(3), traceIdOf(1), traceIdOf(0)]);
  expect(await membersOf('group.name = "mine"')).toEqual([traceIdOf(3), traceIdOf(1), traceIdOf(0)]);
});

test('whoever is in the room of a group is told what is stored of it, and of every edit of a group', async () => {
  await client.send(new CreateGroupCommand({ GroupName: 'watched', FilterExpression: 'annotation.tenant = "watched"' }));
  await arrive(...trace(5, 'watched'));
  const groupId = server.control.state.groups.record('watched')?.id ?? '';
  const viewer = await LiveClient.connect(server.api.url);
  const shown = () => countsOf(viewer.shown(viewer.groupGraph));
  viewer.socket.emit('join', groupRoomPrefix + groupId);
  await until(() => viewer.groupGraph.length > 0, patientMs);
  expect(viewer.groupGraph[0]).toMatchObject({ kind: 'snapshot', groupId, containsOldGroupVersions: false });
  expect(viewer.groupGraph[0]?.storedTo).toBeGreaterThanOrEqual(start + 70);
  expect(shown()).toEqual({ shop: 1, stock: 1 });

  viewer.socket.emit('join', 'groups');
  await until(() => viewer.groups.length === 1);
  await client.send(new UpdateGroupCommand({ GroupName: 'watched', FilterExpression: 'annotation.tenant = "other"' }));
  await until(() => viewer.groups.length === 2);
  expect(viewer.groups[1]?.groups.at(-1)).toMatchObject({ name: 'watched', filters: [{}, { expression: 'annotation.tenant = "other"' }] });
  await arrive(...trace(6, 'other'), ...trace(7, 'watched'));
  // The trace lies in two slices, which are stored one after the other.
  await until(() => shown().shop === 2 && shown().stock === 2, patientMs);
  expect(viewer.groupGraph.at(-1)?.containsOldGroupVersions).toBe(true);

  viewer.socket.emit('join', groupRoomPrefix + groupId.replaceAll(/./g, 'A'));
  await until(() => viewer.refusals.length > 0);
  expect(viewer.refusals[0]?.code).toBe('unknown_room');
  viewer.close();
});
