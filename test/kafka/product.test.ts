/**
 * The product as processes of their own: documents come in by a daemon and by two apis, lie in Kafka, and two writers fill ClickHouse.
 * One of the writers is killed on the way. The graph is exactly the known one, in storage and on both apis.
 */
import { type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import { StoredGraphReader } from '@fluoroscope/clickhouse/graph-reader';
import type { IngestCounters } from '@fluoroscope/contract/counters';
import { GraphWindow } from '@fluoroscope/xray/graph-window';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveClient } from '../compat/live-client.js';
import { differenceOf, noDifference } from '../faults/equations.js';
import { type ClickHouseServer, startClickHouseServers } from '../fixtures/clickhouse-server.js';
import { Processes, type ProcessUnderTest } from '../fixtures/processes.js';
import { generateTraffic } from '../fixtures/traffic.js';
import { sharedBroker } from './shared-broker.js';

const putSize = 50;
const patienceMs = 100_000;
const seed = 1;

let server: ClickHouseServer;
let processes: Processes;
let client: ClickHouseClient;
beforeAll(async () => {
  const [first] = await startClickHouseServers(1);
  if (first === undefined) throw new Error('no server');
  server = first;
  client = connect(server.address);
  processes = new Processes({ brokers: sharedBroker().brokers, clickhouse: server.address });
});
afterAll(async () => {
  await client.close();
  await processes.stop();
  await server.remove();
});

async function put(api: ProcessUnderTest, documents: readonly string[]): Promise<void> {
  for (let from = 0; from < documents.length; from += putSize) {
    const { status, body } = await api.post('/TraceSegments', { TraceSegmentDocuments: documents.slice(from, from + putSize) });
    expect([status, body.UnprocessedTraceSegments]).toEqual([200, []]);
  }
}

/** What an api tells of the installation, whichever processes it is about. */
function latest(live: LiveClient): IngestCounters | undefined {
  return live.ingest.at(-1)?.counters;
}

/** Sums over the window, one line a node. */
function shown(live: LiveClient): string[] {
  const window = new GraphWindow();
  window.advance(Date.now());
  window.apply(live.shown());
  const statistics = ({
    ok,
    error,
    throttle,
    fault,
    inProgress,
    totalMicros,
  }: {
    ok: number;
    error: number;
    throttle: number;
    fault: number;
    inProgress: number;
    totalMicros: number;
  }) => `${ok} ${error} ${throttle} ${fault} ${inProgress} ${totalMicros}`;
  return [...window.nodes.values()].map(({ key, statistics: counts }) => `${Object.values(key).join('|')} ${statistics(counts)}`).sort();
}

async function follow(api: ProcessUnderTest): Promise<LiveClient> {
  const live = await LiveClient.connect(api.httpUrl);
  live.socket.emit('join', 'ingest');
  live.socket.emit('join', 'graph');
  return live;
}

test('two writers share the partitions; when one is killed the other goes on, and nothing is lost or counted twice', async () => {
  const [daemon, first, second, doomed] = await Promise.all([
    processes.start('daemon'),
    processes.start('api'),
    processes.start('api'),
    processes.start('writer'),
  ]);
  const survivor = await processes.start('writer');
  // A writer is degraded while it waits for the tables, which one of them is still making.
  for (const one of [daemon, doomed, survivor])
    await expect.poll(() => one.get('/healthz'), { timeout: patienceMs }).toMatchObject({ body: { status: 'ok' } });
  const lives = await Promise.all([first, second].map(follow));
  const nowSeconds = Math.floor(Date.now() / 1000);
  const traffic = generateTraffic(seed, { nowSeconds, traces: 400, announcedShare: 0.1, unfinishedShare: 0.02, orphanShare: 0.02 });
  const { texts } = traffic;
  const half = Math.floor(texts.length / 2);

  await daemon.send(texts.slice(0, half / 2));
  await put(first, texts.slice(half / 2, half));
  await expect
    .poll(() => lives.map((live) => latest(live)?.writer?.stored ?? 0).every((stored) => stored > 0), { timeout: patienceMs })
    .toBe(true);
  await doomed.kill();
  const killedMs = Date.now();
  await Promise.all([put(first, texts.slice(half, half + half / 2)), put(second, texts.slice(half + half / 2))]);

  const settled = () =>
    lives.every((live) => {
      const { writer, daemon: received } = latest(live) ?? { writer: null, daemon: null };
      const decided = (writer?.stored ?? 0) + (writer?.replaced ?? 0);
      return received?.appended === Math.floor(half / 2) && decided === texts.length && writer?.lag === 0 && writer.staleSlices === 0;
    });
  await expect.poll(settled, { timeout: patienceMs, interval: 100 }).toBe(true);
  const owners = () => lives.flatMap((live) => latest(live)?.partitions.map(({ owner }) => owner?.split(' ').at(-1)));
  await expect.poll(owners, { timeout: patienceMs }).toEqual(Array(8).fill(String(survivor.child.pid)));
  console.log(`everything is stored ${((Date.now() - killedMs) / 1000).toFixed(1)} s after a writer was killed`);

  // A partition that changes hands once more is behind with its slices, and says so only when it is written again.
  const stored = async () => (await new StoredGraphReader(client).serviceGraph(nowSeconds - 86_400, nowSeconds + 1_000)).graph;
  await expect.poll(async () => differenceOf(await stored(), traffic.graph), { timeout: patienceMs }).toEqual(noDifference);
  const nodes = traffic.graph.nodes.map(
    ({ key, statistics: s }) =>
      `${Object.values(key).join('|')} ${s.ok} ${s.error} ${s.throttle} ${s.fault} ${s.inProgress} ${s.totalMicros}`,
  );
  await expect.poll(() => lives.map(shown), { timeout: patienceMs }).toEqual([nodes.sort(), nodes.sort()]);
  for (const live of lives) live.close();
}, 240_000);

test('what is not ours is set aside, shown by an api, and written back when somebody asks for it', async () => {
  const api = await processes.start('api');
  const producer = new Kafka({ brokers: [sharedBroker().brokers], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const topic = `${processes.env.FLUOROSCOPE_KAFKA_TOPIC_PREFIX}segments`;
  await producer.send({ topic, messages: [{ key: 'a key', value: 'garbage' }] });
  await producer.disconnect();
  const listed = async () => ((await api.get('/dead-messages')).body as { messages: object[] }).messages;
  const message = { topic: 'segments', key: 'a key', text: 'garbage', reason: 'not a segment document with a trace ID' };
  await expect.poll(listed, { timeout: patienceMs }).toMatchObject([message]);
  expect(await api.post('/dead-messages/replay', {})).toMatchObject({ status: 200, body: { replayed: 1 } });
  // A writer reads it once more, and it is still none.
  await expect.poll(listed, { timeout: patienceMs }).toMatchObject([message]);
});

/** What each client is told after all have reported once more; null where one of them has no quota. */
async function quotas(apis: readonly ProcessUnderTest[]): Promise<(number | null)[]> {
  const counts = { RuleName: 'shared', RequestCount: 1_000, SampledCount: 1_000, BorrowCount: 0 };
  const ask = async (api: ProcessUnderTest, client: number) => {
    const report = { ...counts, ClientID: client.toString(16).padStart(24, '0'), Timestamp: Date.now() / 1000 };
    const { body } = await api.post('/SamplingTargets', { SamplingStatisticsDocuments: [report] });
    const [target] = body.SamplingTargetDocuments as { ReservoirQuota?: number }[];
    return target?.ReservoirQuota ?? null;
  };
  return Promise.all(apis.map(ask));
}

test('one reservoir is divided over the clients of all apis, and goes on being when one of these is gone', async () => {
  const [one, other] = await Promise.all([processes.start('api'), processes.start('api')]);
  const anything = { ResourceARN: '*', ServiceName: '*', ServiceType: '*', Host: '*', HTTPMethod: '*', URLPath: '*', Version: 1 };
  const SamplingRule = { ...anything, RuleName: 'shared', Priority: 1, FixedRate: 0, ReservoirSize: 10 };
  expect(await one.post('/CreateSamplingRule', { SamplingRule })).toMatchObject({ status: 200 });
  // The same to a client, whether it is alone with its api or one of three; more than they were given none of them may take.
  await expect.poll(() => quotas([one, other, other, other]), { timeout: patienceMs }).toEqual([3, 3, 2, 2]);
  await one.kill();
  await expect.poll(() => quotas([other, other, other, other]), { timeout: patienceMs }).toEqual([3, 3, 2, 2]);
});

test('a process of its own says in one line that it needs Kafka', async () => {
  const kinds = ['daemon', 'api', 'writer'] as const;
  const said = async (env: Record<string, string>) => {
    const launched = kinds.map((kind) => processes.launch(kind, env));
    await expect.poll(() => launched.every((one) => one.isGone()), { timeout: patienceMs }).toBe(true);
    return launched.map(({ child, output }) => [child.exitCode, output.trim()]);
  };
  const needsKafka = (kind: string) =>
    `The ${kind} as a process of its own needs Kafka: set FLUOROSCOPE_KAFKA_BROKERS, or start everything in one process tree with npm run up`;
  expect(await said({ FLUOROSCOPE_KAFKA_BROKERS: '' })).toEqual(kinds.map((kind) => [1, needsKafka(kind)]));
});
