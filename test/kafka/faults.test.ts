/**
 * Faults under load, seeded, in an order of chance: kill -9 of a daemon, an api and a writer, a broker that is killed and started again,
 * ClickHouse killed while it inserts, a writer that is paused past its session and goes on believing, one whose clock jumps, and members
 * of the group that come and go. Afterwards everything that was acknowledged is stored once, the counters add up, and the graph is
 * the known one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import { StoredGraphReader } from '@fluoroscope/clickhouse/graph-reader';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveClient } from '../compat/live-client.js';
import { differenceOf, noDifference } from '../faults/equations.js';
import { Chance } from '../fixtures/chance.js';
import { type ClickHouseServer, startClickHouseServers } from '../fixtures/clickhouse-server.js';
import { inBatches } from '../fixtures/deliver.js';
import { KafkaBroker } from '../fixtures/kafka/broker.js';
import { Processes } from '../fixtures/processes.js';
import { generateTraffic } from '../fixtures/traffic.js';
import { Fleet } from './fleet.js';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';

/** One run takes minutes: `verify` makes one, of a fixed seed, and `soak` one of each of its seeds. */
const seed = Number(process.env.FLUOROSCOPE_SOAK_SEED ?? 1);
console.log(`faults on Kafka: seed ${seed}`);

const patienceMs = 120_000;
const documentsPerPut = 40;
/** By UDP; the others by an api. */
const sentShare = 0.3;
/** Between two batches while faults happen, so that there are enough for all of them; what is left then is sent at once. */
const mostPauseMs = 1_000;
/** Of trying to see ClickHouse at an insert. */
const watchMs = 5_000;
const stormRounds = 2;
const mostStayMs = 800;
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

async function sendAll(fleet: Fleet, texts: readonly string[], areFaultsOver: () => boolean): Promise<void> {
  const chance = new Chance(seed);
  for (const batch of inBatches(texts, seed, documentsPerPut)) {
    await (chance.hit(sentShare) ? fleet.send(batch) : fleet.put(batch));
    const pauseMs = chance.between(0, mostPauseMs);
    if (!areFaultsOver()) await sleep(pauseMs);
  }
}

async function killClickHouse(): Promise<void> {
  const inserts = "SELECT count() FROM system.processes WHERE query_kind = 'Insert'";
  const deadlineMs = performance.now() + watchMs;
  while (performance.now() < deadlineMs) {
    // No answer in time is as good as one that tells of none.
    const look = fetch(server.url, { method: 'POST', body: inserts, signal: AbortSignal.timeout(watchMs) });
    const seen = await look.then((answer) => answer.text()).catch(() => '0');
    if (Number(seen) > 0) break;
  }
  await server.kill();
  await server.start();
}

/** Members that take their share of the partitions, commit nothing, and are gone before long. */
async function storm(chance: Chance): Promise<void> {
  const kafkaTopicPrefix = processes.env.FLUOROSCOPE_KAFKA_TOPIC_PREFIX ?? '';
  const log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaBrokers: [broker.brokers], kafkaPartitions: 4, kafkaTopicPrefix }));
  for (let round = 0; round < stormRounds; round++) {
    const members = [await log.join('writer', () => {}), await log.join('writer', () => {})];
    for (const member of members) {
      await sleep(chance.between(0, mostStayMs));
      await member.close();
    }
  }
  await log.close();
  expect(log.failures).toEqual([]);
}

async function faults(fleet: Fleet, chance: Chance): Promise<void> {
  const all: (() => Promise<void>)[] = [
    () => fleet.killWriter(chance),
    () => fleet.killApi(),
    () => fleet.killDaemon(),
    () => fleet.pauseWriter(chance, pauseMs),
    () => fleet.stepClock(chance),
    () => storm(chance),
    killClickHouse,
    async () => {
      await broker.kill();
      await broker.restart();
    },
  ];
  for (const fault of chance.shuffled(all)) {
    await sleep(chance.between(100, 1_500));
    await fault();
  }
}

test('whatever is killed, restarted or paused, all that was acknowledged is stored once', async () => {
  const fleet = await Fleet.start(processes);
  const nowSeconds = Math.floor(Date.now() / 1000) - quietSeconds;
  const traffic = generateTraffic(seed, { nowSeconds, traces: 300, announcedShare: 0.1, unfinishedShare: 0.02, orphanShare: 0.02 });

  let areFaultsOver = false;
  const underFire = faults(fleet, new Chance(seed)).finally(() => {
    areFaultsOver = true;
  });
  // What was lost or could not be taken over would show at the latest in what is sent afterwards.
  await Promise.all([underFire, sendAll(fleet, traffic.texts, () => areFaultsOver)]);

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
  // A partition that changes hands once more is behind with its slices, and says so only when it is written again.
  const stored = async () => (await reader.serviceGraph(nowSeconds - 86_400, nowSeconds + 1_000)).graph;
  await expect.poll(async () => differenceOf(await stored(), traffic.graph), { timeout: patienceMs }).toEqual(noDifference);
  const ids = new Set(traffic.documents.map(({ trace_id, id }) => `${trace_id} ${id}`));
  // Who has lost a partition may tell of it for a moment longer than its new owner has it.
  await expect.poll(writer, { timeout: patienceMs }).toMatchObject({ stored: ids.size, rejected: 0, dead: 0, lost: 0 });
  live.close();
}, 400_000);
