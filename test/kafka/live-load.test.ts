/** What an api reads of the writers grows with what changes on the map, and not with the segments that change it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { type ClickHouseServer, startClickHouseServers } from '../fixtures/clickhouse-server.js';
import { Processes, type ProcessUnderTest } from '../fixtures/processes.js';
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

/** Sends so many in each round, waits until the api has heard of all of them, and answers what it has read meanwhile. */
async function load({ daemon, api, writer }: Record<'daemon' | 'api' | 'writer', ProcessUnderTest>, perRound: number) {
  const before = await api.metrics();
  const stored = async () => (await writer.metrics()).get('fluoroscope_writer_stored_total') ?? 0;
  const storedBefore = await stored();
  for (let round = 0; round < rounds; round++) {
    await daemon.send(Array.from({ length: perRound }, (_, n) => segment(n)));
    await sleep(roundMs);
  }
  // A datagram may be lost on a busy machine; most of them are not.
  await expect.poll(async () => (await stored()) - storedBefore, { timeout: patienceMs }).toBeGreaterThan(0.9 * rounds * perRound);
  const after = await api.metrics();
  const grown = (name: string) => (after.get(`fluoroscope_live_${name}_total`) ?? 0) - (before.get(`fluoroscope_live_${name}_total`) ?? 0);
  return { bytes: grown('bytes'), records: grown('records') };
}

test('five times the segments are not more to read for an api, record by record', async () => {
  const [daemon, api, writer] = await Promise.all([processes.start('daemon'), processes.start('api'), processes.start('writer')]);
  const all = { daemon, api, writer };
  await load(all, services);
  const once = await load(all, 2 * services);
  const fiveTimes = await load(all, 10 * services);
  expect(once.records).toBeGreaterThan(0);
  expect(fiveTimes.bytes / fiveTimes.records).toBeLessThan((2 * once.bytes) / once.records);
  console.log(`live: ${JSON.stringify({ once, fiveTimes })}`);
  const [daemons, writers] = await Promise.all([daemon.metrics(), writer.metrics()]);
  expect(daemons.get('fluoroscope_kafka_appended_documents_total')).toBeGreaterThan(0);
  const counted = ['group_partitions', 'group_lost_messages_total', 'live_dropped_total'].map((name) => writers.get(`fluoroscope_${name}`));
  expect(counted).toEqual([1, 0, 0]);
});
