/** What may lie on the topic of metrics: calls of PutMetricData as we write them, somebody's own, and what is neither. */
import { type DeadMessage, DeadMessages } from '@fluoroscope/log/dead-messages';
import { metricDocuments } from '@fluoroscope/log/document-kind';
import { KafkaAppender } from '@fluoroscope/log/kafka-appender';
import type { KafkaGroup } from '@fluoroscope/log/kafka-group';
import { positionsPerMessage } from '@fluoroscope/log/kafka-message';
import type { TopicName } from '@fluoroscope/log/kafka-topics';
import type { LogReader } from '@fluoroscope/log/log';
import { documentsOf, textsOf } from '@fluoroscope/log/log-conformance';
import type { Message } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';

const partitions = 4;
const waitMs = 60_000;
const notACall = 'not a document with a Namespace and MetricData';
let log: KafkaLogUnderTest;

beforeEach(async () => {
  log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaPartitions: partitions }), metricDocuments);
});
afterEach(() => log.close());

interface Found {
  partition: number;
  position: number;
  receivedAtMs: number;
  text: string;
}

function callOf(number: number, id?: string, note = ''): string {
  const MetricData = [{ MetricName: 'Orders', Value: number, Dimensions: [{ Name: 'Note', Value: note }] }];
  return JSON.stringify({ Id: id, Namespace: 'Shop', MetricData });
}

const homeOf = (text: string) => metricDocuments.partitionOf(Buffer.from(text), partitions);

const produce = (...messages: Message[]) => produceTo('metrics', ...messages);

/** Somebody's own producer: nothing of ours is between it and the broker. */
async function produceTo(topic: TopicName, ...messages: Message[]): Promise<void> {
  const producer = log.connection.kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic: log.connection.topic(topic), messages });
  await producer.disconnect();
}

/** Documents as they are given out, until there are so many; the group ends with the test. */
async function read(name: string, count: number): Promise<{ found: Found[]; group: KafkaGroup }> {
  const found: Found[] = [];
  const group = await log.join(name, (reader) => void readOn(reader, found).catch(() => {}));
  await expect.poll(() => found.length, { timeout: waitMs }).toBeGreaterThanOrEqual(count);
  return { found, group };
}

async function readOn(reader: LogReader, found: Found[]): Promise<void> {
  for (;;) {
    for (const batch of await reader.next(1_000_000, 1_000)) {
      const { partition, position, receivedAtMs } = batch;
      found.push(...textsOf(batch).map((text, at) => ({ partition, position: position + at, receivedAtMs, text })));
      await reader.commit(position + batch.ends.length, null);
    }
  }
}

const textsIn = (found: readonly Found[]) => found.map(({ text }) => text).sort();

describe('calls that we append', () => {
  it('lie where their Id belongs, whoever appends them', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => callOf(i, `call-${i}`));
    const other = await KafkaAppender.open(log.connection, 'metrics');
    await log.appender.append(documentsOf(...texts), 1);
    await other.append(documentsOf(...texts), 2);
    await other.close();
    const { found } = await read('appended', 2 * texts.length);
    for (const { partition, text } of found) expect(partition).toBe(homeOf(text));
    expect(new Set(found.map(({ partition }) => partition)).size).toBe(partitions);
    expect(new Set(textsIn(found))).toEqual(new Set(texts));
  });

  it('are spread where they have no Id, and keep what they were received at', async () => {
    const texts = Array.from({ length: 8 }, (_, i) => callOf(i));
    for (const text of texts) await log.appender.append(documentsOf(text), 1_234);
    const { found } = await read('spread', texts.length);
    const counts = [0, 1, 2, 3].map((partition) => found.filter((one) => one.partition === partition).length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
    expect(found.every(({ receivedAtMs }) => receivedAtMs === 1_234)).toBe(true);
  });

  it('may be as long as CloudWatch lets them be', async () => {
    const long = callOf(1, 'long', 'x'.repeat(1024 * 1024));
    await log.appender.append(documentsOf(callOf(0, 'before'), long, callOf(2, 'behind')), 1);
    expect(textsIn((await read('long', 3)).found)).toContain(long);
  });
});

describe("calls of somebody's own producer", () => {
  it('are read where they lie, at the position of their message', async () => {
    const texts = Array.from({ length: 6 }, (_, i) => callOf(i));
    await produce(...texts.map((value) => ({ value, partition: 2 })));
    const { found, group } = await read('plain', texts.length);
    expect(found.map(({ partition, position, text }) => [partition, position, text])).toEqual(
      texts.map((text, offset) => [2, offset * positionsPerMessage, text]),
    );
    expect(group.counters()).toMatchObject({ plainMessages: 6, rehomed: 0, deadMessages: 0 });
  });

  it('are read where their own partitioner puts them, when their key is the Id', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => callOf(i, `call-${i}`));
    await produce(...texts.map((value, i) => ({ key: `call-${i}`, value })));
    const { found, group } = await read('keyed', texts.length);
    expect(textsIn(found)).toEqual(texts.sort());
    expect(group.counters()).toMatchObject({ rehomed: 0, deadMessages: 0 });
  });

  it('are given out by the partition of their Id alone, wherever they were put', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => callOf(i, `call-${i}`));
    await produce(...texts.map((value) => ({ value, partition: 0 })));
    const { found, group } = await read('strays', texts.length);
    for (const { partition, text } of found) expect(partition).toBe(homeOf(text));
    expect(new Set(textsIn(found))).toEqual(new Set(texts));
    expect(group.counters().rehomed).toBeGreaterThanOrEqual(texts.filter((text) => homeOf(text) !== 0).length);
  });
});

describe('messages that are no calls', () => {
  const bad: Message[] = [
    { value: null },
    { value: 'garbage' },
    { value: '{"trace_id":"1-581cf771-a006649127e371903a2de979","name":"a segment"}', key: 'kept' },
    { value: '{"Namespace":7,"MetricData":[]}' },
    { value: 'x', headers: { 'fluoroscope-format': '9', own: 'kept' } },
  ];
  const reasons = ['without a value', notACall, notACall, notACall, 'written in format 9, and this version reads 1'];
  const parts = (list: readonly DeadMessage[]) => list.map(({ topic, text, key, reason }) => [topic, text, key, reason]);

  /** The list when it has so many. */
  async function listed(count: number): Promise<DeadMessage[]> {
    const dead = new DeadMessages(log.connection);
    await expect.poll(async () => (await dead.list()).length, { timeout: waitMs }).toBe(count);
    return dead.list();
  }

  it('are set aside with the reason, and hold up nothing', async () => {
    await produce(...bad.map((message) => ({ ...message, partition: 1 })), { value: callOf(1), partition: 1 });
    const { found, group } = await read('poison', 1);
    expect(textsIn(found)).toEqual([callOf(1)]);
    const list = await listed(bad.length);
    expect(parts(list)).toEqual(bad.map(({ value, key = null }, at) => ['metrics', value, key, reasons[at]]));
    expect(list[2]).toMatchObject({ partition: 1, offset: 2 });
    expect(group.counters()).toMatchObject({ deadMessages: bad.length });
  });

  it('are listed beside those of the segments, and each is written back to where it lay', async () => {
    const segments = await KafkaLogUnderTest.open(log.settings);
    await segments.join('segments', (reader) => void readOn(reader, []).catch(() => {}));
    await produce({ value: 'no call', key: 'a key', partition: 2 });
    await read('replay', 0);
    const before = await listed(1);
    await produceTo('segments', { value: 'no segment', partition: 3 });
    expect(parts(await listed(2))).toEqual([
      ['metrics', 'no call', 'a key', notACall],
      ['segments', 'no segment', null, 'not a segment document with a trace ID'],
    ]);
    expect(await new DeadMessages(log.connection).replay()).toBe(2);
    // Each is read again, and is still none.
    const after = await listed(2);
    expect(after.map(({ topic }) => topic).sort()).toEqual(['metrics', 'segments']);
    expect(after.find(({ topic }) => topic === 'metrics')?.receivedAtMs).toBeGreaterThan(
      before[0]?.receivedAtMs ?? Number.POSITIVE_INFINITY,
    );
    await segments.close();
  });
});
