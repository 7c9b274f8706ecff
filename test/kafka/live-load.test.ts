/** What an api reads of the writers grows with what changes on the map, and not with the segments that change it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveRecord } from '@fluoroscope/contract/process-messages';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { type ClickHouseServer, startClickHouseServers } from '../fixtures/clickhouse-server.js';
import { Processes, type ProcessUnderTest } from '../fixtures/processes.js';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';
import { sharedBroker } from './shared-broker.js';

const services = 4;
const rounds = 30;
const roundMs = 100;
const patienceMs = 60_000;
const chance = new Chance(7);

let server: ClickHouseServer;
let processes: Processes;
beforeAll(async () => {
  const [first] = await startClickHouseServers(1);
  if (first === undefined) throw new Error('no server');
  server = first;
  processes = new Processes({ brokers: sharedBroker().brokers, clickhouse: server.address, partitions: 1 });
});
afterAll(async () => {
  await processes.stop();
  await server.remove();
});

function segment(n: number): string {
  const end_time = Date.now() / 1000;
  const trace_id = `1-${Math.floor(end_time).toString(16)}-${chance.hex(24)}`;
  return JSON.stringify({ trace_id, id: chance.hex(16), name: `service ${n % services}`, start_time: end_time - 0.02, end_time });
}

interface Loaded {
  daemon: ProcessUnderTest;
  writer: ProcessUnderTest;
  /** Records of the topic `live`, as an api reads them. */
  told: readonly string[];
}

/** Sends so many in each round, waits until they are stored, and answers what has been told meanwhile, tick by tick. */
async function load({ daemon, writer, told }: Loaded, perRound: number) {
  const toldBefore = told.length;
  const stored = async () => (await writer.metrics()).get('fluoroscope_writer_stored_total') ?? 0;
  const storedBefore = await stored();
  for (let round = 0; round < rounds; round++) {
    await daemon.send(Array.from({ length: perRound }, (_, n) => segment(n)));
    await sleep(roundMs);
  }
  // A datagram may be lost on a busy machine; most of them are not.
  await expect.poll(async () => (await stored()) - storedBefore, { timeout: patienceMs }).toBeGreaterThan(0.9 * rounds * perRound);
  const records = told.slice(toldBefore);
  // A record holds several ticks where the writer was kept waiting.
  const ticks = records.reduce((sum, text) => sum + (JSON.parse(text) as LiveRecord).messages.length, 0);
  return { bytes: bytesOf(records), ticks };
}

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

test('five times the segments are not more to read for an api, tick by tick', async () => {
  const [daemon, api, writer] = await Promise.all([processes.start('daemon'), processes.start('api'), processes.start('writer')]);
  const kafkaTopicPrefix = processes.env.FLUOROSCOPE_KAFKA_TOPIC_PREFIX ?? '';
  const log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaTopicPrefix }));
  const { texts: told } = await log.broadcast('live');
  const all = { daemon, writer, told };
  await load(all, services);
  const once = await load(all, 2 * services);
  const fiveTimes = await load(all, 10 * services);
  expect(once.ticks).toBeGreaterThan(0);
  expect(fiveTimes.bytes / fiveTimes.ticks).toBeLessThan((2 * once.bytes) / once.ticks);
  const readByApi = async () => (await api.metrics()).get('fluoroscope_live_bytes_total');
  await expect.poll(async () => (await readByApi()) === bytesOf(told), { timeout: patienceMs }).toBe(true);
  await log.close();
  console.log(`live: ${JSON.stringify({ once, fiveTimes })}`);
  const [daemons, writers] = await Promise.all([daemon.metrics(), writer.metrics()]);
  expect(daemons.get('fluoroscope_kafka_appended_documents_total')).toBeGreaterThan(0);
  const counted = ['group_partitions', 'group_lost_messages_total', 'live_dropped_total'].map((name) => writers.get(`fluoroscope_${name}`));
  expect(counted).toEqual([1, 0, 0]);
});
