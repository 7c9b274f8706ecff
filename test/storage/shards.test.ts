/**
 * Two servers as the shards of one cluster give, to every reader, exactly what one server gives for the same documents: seeded
 * traffic with queues, streamed work, annotations and groups, in two partitions here and in one there.
 */
import { text } from 'node:stream/consumers';
import { type ClickHouseAddress, type ClickHouseClient, connect, connectToAll } from '@fluoroscope/clickhouse/clickhouse';
import { StoredDeadDocuments } from '@fluoroscope/clickhouse/dead-documents';
import { StoredDeployments } from '@fluoroscope/clickhouse/deployments';
import { StoredFaultReader } from '@fluoroscope/clickhouse/fault-reader';
import { StoredGraphReader } from '@fluoroscope/clickhouse/graph-reader';
import { StoredHistoryReader } from '@fluoroscope/clickhouse/history-reader';
import { StoredLinkReader } from '@fluoroscope/clickhouse/link-reader';
import { StoredTraceListReader } from '@fluoroscope/clickhouse/trace-list-reader';
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { GroupRecord } from '@fluoroscope/contract/groups';
import type { TraceRow } from '@fluoroscope/contract/traces';
import { parseFilter } from '@fluoroscope/xray/filter/parse';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { type ClickHouseServer, clusterName, reading, startClickHouseServers } from '../fixtures/clickhouse-server.js';
import { annotated, ExpressionMaker } from '../fixtures/expressions.js';
import { generateTraffic } from '../fixtures/traffic.js';
import { Partitions } from './partitions.js';

const seed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`shards: seed ${seed}`);
const oneDatabase = 'fluoroscope_one';
const patience = { timeout: 90_000, interval: 500 };
const group = 'RED1';
const groups: GroupRecord[] = [
  {
    name: 'red',
    id: group,
    filters: [{ version: 1, expression: 'annotation.text = "red"', sinceMs: 0 }],
    insights: { enabled: false, notifications: false },
    tags: [],
  },
];
const chance = new Chance(seed);
// Every slice has ended, so that all traces have rows, and no minute closes while the two are compared.
const nowSeconds = Math.floor(Date.now() / 3_600_000) * 3_600 - 60;
const range = { from: nowSeconds - 240, to: nowSeconds + 60 };
const traffic = generateTraffic(seed, { nowSeconds, spanSeconds: 25, traces: 70, orphanShare: 0.05, linkedShare: 0.3 });
const documents = annotated(traffic.documents, chance).map(deployed);
const traceIds = [...new Set(documents.map(({ trace_id }) => trace_id))];

let servers: ClickHouseServer[] = [];
let sharded: Partitions;
let single: Partitions;
const clients: ClickHouseClient[] = [];
let one: Readers;
let two: Readers;

beforeAll(async () => {
  servers = await startClickHouseServers(2);
  const shards = servers.map(({ url }) => [url]);
  const addresses = servers.map((server) => ({ ...server.address, cluster: { name: clusterName, shards } }));
  const addressOf = (partition: number) => addresses[partition % 2] as ClickHouseAddress;
  [sharded, single] = await Promise.all([
    Partitions.start({ count: 2, addressOf, database: 'fluoroscope', groups }),
    Partitions.start({ count: 1, addressOf: () => (servers[0] as ClickHouseServer).address, database: oneDatabase, groups }),
  ]);
  two = readersOf(connectToAll({ ...addressOf(1), ...reading }));
  one = readersOf(connect((servers[0] as ClickHouseServer).address, oneDatabase));
  for (const partitions of [sharded, single]) await partitions.append(documents);
  await Promise.all([sharded.settled(), single.settled()]);
});

afterAll(async () => {
  for (const client of clients) await client.close();
  for (const partitions of [sharded, single]) await partitions?.remove();
  for (const server of servers) await server.remove();
});

type Readers = ReturnType<typeof readersOf>;

function readersOf(client: ClickHouseClient) {
  clients.push(client);
  return {
    client,
    graph: new StoredGraphReader(client),
    history: new StoredHistoryReader(client),
    faults: new StoredFaultReader(client),
    traces: new StoredTraceReader(client),
    links: new StoredLinkReader(client),
    list: new StoredTraceListReader(client),
    deployments: new StoredDeployments(client),
    dead: new StoredDeadDocuments(client),
  };
}

/** Some services have a version, and another in the second half. */
function deployed(document: SegmentDocument): SegmentDocument {
  if (document.type === 'subsegment' || document.name.length % 2 === 0) return document;
  const version = (document.start_time ?? 0) < nowSeconds - 12 ? '1.0' : '1.1';
  return { ...document, service: { ...document.service, version } };
}

/** Links from one partition to another follow by themselves: at last both graphs have as many. */
async function linksFollowed(groupId?: string): Promise<void> {
  const linked = async ({ graph: reader }: Readers) => {
    const { graph } = await reader.serviceGraph(range.from, range.to, groupId);
    return graph.edges.filter(({ type }) => type === 'link').map(({ statistics }) => statistics.ok);
  };
  await vi.waitFor(async () => expect(await linked(two)).toEqual(await linked(one)), patience);
}

/**
 * Asked of both, until they agree: a slice with links may be put in place again while it is read, and each writer comes to the rows of
 * minutes in its own time. What one server answers must not be nothing.
 */
async function same<Answer>(ask: (readers: Readers) => Promise<Answer>): Promise<Answer> {
  return vi.waitFor(async () => {
    const expected = await ask(one);
    expect(JSON.stringify(expected).length).toBeGreaterThan(20);
    expect(await ask(two)).toEqual(expected);
    return expected;
  }, patience);
}

test('both shards have something, and each trace is on one', async () => {
  const counts = await Promise.all(
    servers.map(async ({ address }) => {
      const client = connect(address);
      const result = await client.query({ query: 'SELECT uniqExact(trace_id) FROM documents', format: 'JSONCompactEachRow' });
      const [[count] = [0]] = await result.json<[number]>();
      await client.close();
      return Number(count);
    }),
  );
  expect(counts.every((count) => count > 10)).toBe(true);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(traceIds.length);
});

test.each([undefined, group])('links from one partition to another are found, in the graph of group %s too', async (groupId) => {
  await linksFollowed(groupId);
});

describe('the same answer is given', () => {
  test.each([undefined, group])('for the service graph of group %s', async (groupId) => {
    const { graph } = await same(({ graph: reader }) => reader.serviceGraph(range.from, range.to, groupId));
    expect(graph.edges.length).toBeGreaterThan(3);
  });

  test('for stored slices, sampled segments and old members', async () => {
    const ofShard = (readers: Readers) => readers.graph.slices(range.from / 10, range.to / 10, { shard: 1 });
    expect([(await ofShard(one)).length, (await ofShard(two)).every(({ shard }) => shard === 1)]).toEqual([0, true]);
    expect(await two.graph.sampled(range.from, range.to)).toEqual(await one.graph.sampled(range.from, range.to));
    const old = { id: group, latest: 2 };
    expect([await one.graph.hasOldMembers(range, old), await two.graph.hasOldMembers(range, old)]).toEqual([true, true]);
  });

  test.each([undefined, group])('for history of group %s', async (groupId) => {
    const [node] = traffic.graph.nodes;
    const of = { ...range, groupId };
    await same(({ history }) => history.slices({ ...of, period: 10 }));
    await same(({ history }) => history.slices({ ...of, period: 60 }));
    await same(({ history }) => history.course({ ...of, period: 60 }, null));
    if (node) await same(({ history }) => history.series({ ...of, period: 10 }, { node: node.key }));
  });

  test.each(['', group])('for faults of group "%s"', async (groupId) => {
    const of = { ...range, groupId };
    const nodes = traffic.graph.nodes.map(({ key }) => key);
    await same(({ faults }) => faults.counts(of));
    await same(({ faults }) => faults.courses(of));
    await same(async ({ faults }) => [...(await faults.expectations(nodes, of, []))].sort());
    expect(await two.faults.firstSlice(range)).toBe(await one.faults.firstSlice(range));
  });

  test('for traces by ID, whole and in lines', async () => {
    await same(async ({ traces }) => [...(await traces.documents(traceIds))].sort());
    await same(async ({ traces }) => [...(await traces.groups(traceIds))].sort());
    for (const traceId of traceIds.slice(0, 5))
      await same(async ({ traces }) => {
        const found = await traces.lines(traceId);
        return found && { ...found, lines: await text(found.lines) };
      });
  });

  test.each(['start', 'end'] as const)('for traces by their %s, page after page, with random filters', async (by) => {
    const maker = new ExpressionMaker(
      chance,
      traffic.graph.nodes.map(({ key }) => key),
    );
    await same((readers) => everyTrace(readers, { by, limit: 40 }));
    for (let n = 0; n < 3; n++) {
      const filter = maker.make();
      expect(await everyTrace(two, { by, limit: 50, filter })).toEqual(await everyTrace(one, { by, limit: 50, filter }));
    }
  });

  test.each([
    ['everything', {}, ''],
    ['faults', { outcomes: ['fault'] }, ''],
    ['a text', { text: 'orders/3' }, ''],
    ['long ones', { minMicros: 50_000 }, ''],
    ['in progress', { inProgress: true }, ''],
    ['an expression', {}, 'annotation.text = "green" AND responsetime > 0.01'],
  ] as const)('for the list of %s, and how many there are', async (what, given, expression) => {
    const parsed = expression === '' ? null : parseFilter(expression);
    const query = {
      ...range,
      filter: { outcomes: [], inProgress: false, ...given },
      ...(parsed !== null && 'expression' in parsed ? { expression: parsed.expression } : {}),
    };
    const rows = await everyRow(one, query);
    expect(await everyRow(two, query)).toEqual(rows);
    if (what === 'everything') expect(rows.length).toBeGreaterThan(20);
    expect(await two.list.total(query)).toEqual(await one.list.total(query));
  });

  test('for links in both directions', async () => {
    let linked = 0;
    for (const traceId of traceIds.slice(0, 25)) {
      const expected = await one.links.linksOf(traceId);
      linked += expected.caused.length;
      expect(await two.links.linksOf(traceId)).toEqual(expected);
    }
    expect(linked).toBeGreaterThan(2);
  });

  test('for deployments', async () => {
    await same(({ deployments }) => deployments.between(range.from - 600, range.to));
  });
});

test('documents that were kept aside are listed from every shard, and taken out where they are', async () => {
  const stores = servers.map(({ address }) => connect({ ...address, ...reading }));
  clients.push(...stores);
  for (const [shard, { address }] of servers.entries()) {
    const client = connect(address);
    const values = [1, 2].map((position) => ({ shard, position, received_at: 0, reason: 'bad', raw: '{}' }));
    await client.insert({ table: 'dead_documents', values, format: 'JSONEachRow' });
    await client.close();
  }
  const dead = new StoredDeadDocuments(two.client, stores);
  const listed = await dead.list(10);
  expect(listed.map(({ partition, position }) => [partition, position])).toEqual([
    [0, 1],
    [0, 2],
    [1, 1],
    [1, 2],
  ]);
  await dead.remove(listed.filter(({ position }) => position === 2));
  expect((await dead.list(10)).map(({ partition, position }) => [partition, position])).toEqual([
    [0, 1],
    [1, 1],
  ]);
});

/** A page that takes long ends early, with the place to go on. */
async function everyRow({ list }: Readers, query: Parameters<StoredTraceListReader['page']>[0]): Promise<TraceRow[]> {
  const rows: TraceRow[] = [];
  for (let before = null as Awaited<ReturnType<StoredTraceListReader['page']>>['next']; ; ) {
    const page = await list.page(query, 30, before);
    rows.push(...page.rows);
    if (page.next === null) return rows;
    before = page.next;
  }
}

type TraceQuery = Omit<Parameters<StoredTraceReader['find']>[0], 'from' | 'to'>;

async function everyTrace({ traces }: Readers, query: TraceQuery): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let before = null as Awaited<ReturnType<StoredTraceReader['find']>>['next']; ; ) {
    const page = await traces.find({ ...range, ...query, before });
    found.push(...page.traces);
    if (page.next === null) return found;
    before = page.next;
  }
}
