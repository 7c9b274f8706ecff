/**
 * Faults under load, seeded: kill -9 of every kind of process at random moments, a broker that is killed and started again, ClickHouse
 * killed while it inserts, and a writer that is paused past its session and goes on believing. Afterwards everything that was
 * acknowledged is stored once, the counters add up, and the graph is the known one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import { StoredGraphReader } from '@fluoroscope/clickhouse/graph-reader';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveClient } from '../compat/live-client.js';
import { expectSameGraph } from '../faults/equations.js';
import { Chance } from '../fixtures/chance.js';
import { type ClickHouseServer, startClickHouseServers } from '../fixtures/clickhouse-server.js';
import { inBatches } from '../fixtures/deliver.js';
import { KafkaBroker } from '../fixtures/kafka/broker.js';
import { Processes, type ProcessUnderTest } from '../fixtures/processes.js';
import { generateTraffic } from '../fixtures/traffic.js';

/** One run takes minutes: `verify` makes one, of a fixed seed, and `soak` one of each of its seeds. */
const seed = Number(process.env.FLUOROSCOPE_SOAK_SEED ?? 1);
console.log(`faults on Kafka: seed ${seed}`);

const patienceMs = 120_000;
const documentsPerPut = 40;
const mostPauseMs = 150;
/** Longer than a member of the group may be silent. */
const pauseMs = 12_000;
/** Traffic lies this far back, so that nothing waits for the end of its slices. */
const quietSeconds = 20;

let broker: KafkaBroker;
let server: ClickHouseServer;
let processes: Processes;
let client: ClickHouseClient;
beforeAll(async () => {
  const [started, [first]] = await Promise.all([KafkaBroker.start(), startClickHouseServers(1)]);
  if (first === undefined) throw new Error('no server');
  [broker, server] = [started, first];
  client = connect(server.address);
  processes = new Processes({ brokers: broker.brokers, clickhouse: server.address });
});
afterAll(async () => {
  await client.close();
  await processes.stop();
  await server.remove();
  await broker.remove();
});

/** Apis that are killed and started again; whoever sends asks for the one that is there now. */
class Fleet {
  writers: ProcessUnderTest[] = [];
  api: ProcessUnderTest;

  constructor(
    api: ProcessUnderTest,
    /** Of the first api: a new one is reached there too. */
    private readonly port: string,
  ) {
    this.api = api;
  }

  async addWriter(): Promise<void> {
    this.writers.push(await processes.start('writer'));
  }

  async killWriter(chance: Chance): Promise<void> {
    const victim = chance.pick(this.writers);
    await victim.kill();
    this.writers = this.writers.filter((writer) => writer !== victim);
    await this.addWriter();
  }

  async killApi(): Promise<void> {
    await this.api.kill();
    this.api = await processes.start('api', { FLUOROSCOPE_HTTP_PORT: this.port });
  }
}

/** As an SDK of AWS does: again and again until it is acknowledged. */
async function putUntilAcknowledged(fleet: Fleet, batch: readonly string[]): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (let rest = [...batch]; rest.length > 0; ) {
    if (Date.now() > deadline) throw new Error('nobody has acknowledged it in time');
    const answer = await fleet.api.post('/TraceSegments', { TraceSegmentDocuments: rest }).catch(() => null);
    if (answer?.status === 200) {
      const unprocessed = answer.body.UnprocessedTraceSegments as { Id?: string }[];
      rest = rest.filter((text) => unprocessed.some(({ Id }) => Id !== undefined && text.includes(Id)));
      if (rest.length === 0) return;
    }
    await sleep(200);
  }
}

async function sendAll(fleet: Fleet, texts: readonly string[], chance: Chance): Promise<void> {
  for (const batch of inBatches(texts, seed, documentsPerPut)) {
    await putUntilAcknowledged(fleet, batch);
    await sleep(chance.between(0, mostPauseMs));
  }
}

async function faults(fleet: Fleet, chance: Chance): Promise<void> {
  const [paused] = fleet.writers;
  const all: (() => Promise<void>)[] = [
    () => fleet.killWriter(chance),
    () => fleet.killApi(),
    async () => {
      await server.kill();
      await server.start();
    },
    async () => {
      await broker.kill();
      await broker.restart();
    },
    async () => {
      paused?.child.kill('SIGSTOP');
      await sleep(pauseMs);
      paused?.child.kill('SIGCONT');
    },
  ];
  for (const fault of chance.shuffled(all)) {
    await sleep(chance.between(100, 1_500));
    await fault();
  }
}

test('whatever is killed, restarted or paused, all that was acknowledged is stored once', async () => {
  const chance = new Chance(seed);
  const api = await processes.start('api');
  const fleet = new Fleet(api, new URL(api.httpUrl).port);
  await Promise.all([fleet.addWriter(), fleet.addWriter()]);
  const nowSeconds = Math.floor(Date.now() / 1000) - quietSeconds;
  const traffic = generateTraffic(seed, { nowSeconds, traces: 300, announcedShare: 0.1, unfinishedShare: 0.02, orphanShare: 0.02 });
  const half = Math.floor(traffic.texts.length / 2);

  const load = sendAll(fleet, traffic.texts.slice(0, half), chance);
  await faults(fleet, new Chance(seed + 1));
  await load;
  // What was lost or could not be taken over would show now at the latest.
  await sendAll(fleet, traffic.texts.slice(half), chance);

  const live = await LiveClient.connect(fleet.api.httpUrl);
  live.socket.emit('join', 'ingest');
  const writer = () => live.ingest.at(-1)?.counters.writer ?? null;
  const isQuiet = () => {
    const counters = writer();
    return (
      counters !== null && counters.lag === 0 && counters.staleSlices === 0 && counters.stored + counters.replaced >= traffic.texts.length
    );
  };
  await expect
    .poll(isQuiet, { timeout: patienceMs, interval: 200 })
    .toBe(true)
    .catch((error: unknown) => {
      console.log(JSON.stringify({ sent: traffic.texts.length, writer: writer() }), processes.output());
      throw error;
    });
  const reader = new StoredGraphReader(client);
  const { graph } = await reader.serviceGraph(nowSeconds - 86_400, nowSeconds + 1_000);
  expectSameGraph(graph, traffic.graph);
  const ids = new Set(traffic.documents.map(({ trace_id, id }) => `${trace_id} ${id}`));
  expect(writer()).toMatchObject({ stored: ids.size, rejected: 0, dead: 0, lost: 0 });
  live.close();
}, 280_000);
