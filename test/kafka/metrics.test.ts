/**
 * Calls of PutMetricData on their way through Kafka into ClickHouse, by writers that are killed on the way: as an api appends them, as its
 * clients try them again, and from somebody's own producer. What is stored is exactly what was said, once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, connect } from '@fluoroscope/clickhouse/clickhouse';
import { MetricReader } from '@fluoroscope/clickhouse/metric-reader';
import type { Metric } from '@fluoroscope/contract/metrics';
import { DeadMessages } from '@fluoroscope/log/dead-messages';
import { metricDocuments } from '@fluoroscope/log/document-kind';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fate } from '../faults/equations.js';
import { type ClickHouseServer, startClickHouseServers } from '../fixtures/clickhouse-server.js';
import { Processes, type ProcessUnderTest } from '../fixtures/processes.js';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';
import { sharedBroker } from './shared-broker.js';

const patienceMs = 100_000;
const partitions = 4;
const tills = ['east', 'west'];
const fates = ['stored', 'rejected', 'dead', 'lost', 'lag'];
/** Three minutes, of which none is this one. */
const startSeconds = 60 * Math.floor(Date.now() / 60_000) - 300;

let server: ClickHouseServer;
let processes: Processes;
let client: ClickHouseClient;
let log: KafkaLogUnderTest;
beforeAll(async () => {
  const [first] = await startClickHouseServers(1);
  if (first === undefined) throw new Error('no server');
  server = first;
  client = connect(server.address);
  processes = new Processes({ brokers: sharedBroker().brokers, clickhouse: server.address, partitions });
  const { FLUOROSCOPE_KAFKA_TOPIC_PREFIX: kafkaTopicPrefix = '' } = processes.env;
  log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaPartitions: partitions, kafkaTopicPrefix }), metricDocuments);
});
afterAll(async () => {
  await log.close();
  await client.close();
  await processes.stop();
  await server.remove();
});

/** Of each till one datum: value 1, 2, 3, … of the one, and the double of the other. */
function callOf(number: number, id: string | null): string {
  const datum = (till: string, at: number) => ({
    ...{ MetricName: 'Orders', Dimensions: [{ Name: 'Till', Value: till }], Unit: 'Count' },
    ...{ Timestamp: startSeconds + (number % 180), Value: (1 + at) * number },
  });
  return JSON.stringify({ ...(id !== null && { Id: id }), Namespace: 'Shop', MetricData: tills.map(datum) });
}

const callWithId = (number: number) => callOf(number, `call-${number}`);

function metricOf(till: string): Metric {
  return { namespace: 'Shop', name: 'Orders', dimensions: [{ name: 'Till', value: till }] };
}

async function totals(): Promise<{ sampleCount: number; sum: number; periods: number }[]> {
  const reader = new MetricReader(client);
  const of = { from: startSeconds, to: startSeconds + 180, period: 60, withValues: true };
  const all = await Promise.all(tills.map((till) => reader.periods({ ...of, metric: metricOf(till) })));
  return all.map((periods) => ({
    sampleCount: periods.reduce((sum, one) => sum + one.sampleCount, 0),
    sum: periods.reduce((sum, one) => sum + one.sum, 0),
    periods: periods.length,
  }));
}

async function append(texts: readonly string[]): Promise<void> {
  await log.appender.append(
    texts.map((text) => Buffer.from(text)),
    Date.now(),
  );
}

/** As somebody's own producer does, which knows nothing of us: a message each, without an Id and without a key. */
async function produce(values: readonly string[]): Promise<void> {
  const producer = log.connection.kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic: log.connection.topic('metrics'), messages: values.map((value) => ({ value })), acks: -1 });
  await producer.disconnect();
}

/** Over the life of the data, of all partitions that this writer has. */
async function counted(writer: ProcessUnderTest): Promise<Record<string, number>> {
  const metrics = await writer.metrics();
  return Object.fromEntries(['appended', 'data', ...fates].map((name) => [name, fate(metrics, `metric_writer_${name}`)]));
}

test('calls are stored once, whatever is tried again and whichever writer is killed', async () => {
  let writer = await processes.start('writer');
  const numbers = Array.from({ length: 3_000 }, (_, i) => 1 + i);
  for (let from = 0; from < numbers.length; from += 100) {
    const some = numbers.slice(from, from + 100);
    await append(some.slice(0, 80).map(callWithId));
    await produce(some.slice(80).map((number) => callOf(number, null)));
    if (from % 1_000 !== 500) continue;
    await writer.kill();
    await append(some.slice(0, 80).map(callWithId));
    writer = await processes.start('writer');
    // So that one is killed as it reads, another as it has stored.
    await sleep(from);
  }
  const written = log.appender.counters().appendedDocuments + numbers.length / 5;
  expect(written).toBeGreaterThan(numbers.length);
  await expect.poll(() => counted(writer), { timeout: patienceMs }).toMatchObject({ appended: written, lag: 0 });
  expect(await counted(writer)).toEqual({ appended: written, stored: written, data: 2 * written, rejected: 0, dead: 0, lost: 0, lag: 0 });
  const sum = numbers.reduce((total, number) => total + number, 0);
  expect(await totals()).toEqual([1, 2].map((factor) => ({ sampleCount: numbers.length, sum: factor * sum, periods: 3 })));
  expect(await writer.get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
}, 240_000);

test('what is no call is set aside once, also by writers that begin behind it', async () => {
  const dead = new DeadMessages(log.connection);
  const listed = async () => (await dead.list()).filter(({ topic }) => topic === 'metrics').length;
  for (let round = 1; round <= 2; round++) {
    const writer = await processes.start('writer');
    await produce(['garbage']);
    await expect.poll(listed, { timeout: patienceMs }).toBe(round);
    await expect.poll(lagOfGroup, { timeout: patienceMs }).toBe(0);
    await writer.kill('SIGTERM');
  }
  expect(await listed()).toBe(2);
}, 240_000);

/** Messages behind what the writers have committed. */
async function lagOfGroup(): Promise<number> {
  const { admin } = log.connection;
  const topic = log.connection.topic('metrics');
  const [committed] = await admin.fetchOffsets({ groupId: log.connection.group('metric-writer'), topics: [topic] });
  const ends = await admin.fetchTopicOffsets(topic);
  const done = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
  return ends.reduce((sum, { partition, high }) => sum + Number(high) - (done.get(partition) ?? 0), 0);
}
