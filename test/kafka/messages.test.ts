/** What may lie on the segments' topic: our own messages, somebody's own documents, and what is neither. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { type DeadMessage, DeadMessages } from '@fluoroscope/log/dead-messages';
import { LogBroken, type LogReader } from '@fluoroscope/log/log';
import { documentsOf, readDocuments, textsOf } from '@fluoroscope/log/log-conformance';
import { partitionOf } from '@fluoroscope/log/trace-partition';
import { CompressionTypes, ConfigResourceTypes, type Message } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';
import { sharedBroker } from './shared-broker.js';

const partitions = 4;
const consoleProducer = 'org.apache.kafka.tools.ConsoleProducer';
const waitMs = 60_000;
let log: KafkaLogUnderTest;

beforeEach(async () => {
  log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaPartitions: partitions }));
});
afterEach(() => log.close());

function traceIdOf(number: number): string {
  return `1-581cf771-${number.toString(16).padStart(24, '0')}`;
}

function documentOf(number: number, note = ''): string {
  return JSON.stringify({ trace_id: traceIdOf(number), id: number.toString(16).padStart(16, '0'), note });
}

/** Somebody's own producer: nothing of ours is between it and the broker. */
async function produce(messages: Message[], compression = CompressionTypes.None): Promise<void> {
  const producer = log.connection.kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic: log.connection.topic('segments'), messages, compression });
  await producer.disconnect();
}

/** All documents of all partitions, by the partition that gave them out, when there are so many and all is committed. */
async function readAll(name: string, count: number): Promise<{ partition: number; text: string }[]> {
  const found: { partition: number; text: string }[] = [];
  const group = await log.join(name, (reader) => void readOn(reader, found).catch(() => {}));
  await expect.poll(() => found.length, { timeout: waitMs }).toBeGreaterThanOrEqual(count);
  await expect.poll(() => uncommitted(name), { timeout: waitMs }).toEqual([]);
  counters = group.counters();
  await group.close();
  return found;
}

/** Partitions that end behind what is committed. */
async function uncommitted(name: string): Promise<number[]> {
  const { admin } = log.connection;
  const topic = log.connection.topic('segments');
  const [committed] = await admin.fetchOffsets({ groupId: log.connection.group(name), topics: [topic] });
  const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
  const ends = await admin.fetchTopicOffsets(topic);
  return ends.flatMap(({ partition, high }) => (offsets.get(partition) === Number(high) ? [] : partition));
}

/** Each once: a producer whose answer was lost writes a copy. */
function textsIn(found: readonly { text: string }[]): string[] {
  return [...new Set(found.map(({ text }) => text))].sort();
}

let counters: ReturnType<Awaited<ReturnType<KafkaLogUnderTest['join']>>['counters']>;

async function readOn(reader: LogReader, found: { partition: number; text: string }[]): Promise<void> {
  for (;;) {
    for (const batch of await reader.next(1_000_000, 1_000)) {
      found.push(...textsOf(batch).map((text) => ({ partition: batch.partition, text })));
      await reader.commit(batch.position + batch.ends.length, null);
    }
  }
}

describe('documents of a plain producer', () => {
  it('are read where its own partitioner puts them, when their key is the trace ID', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => documentOf(i));
    const messages = texts.map((value, i) => ({ key: traceIdOf(i), value }));
    await produce(messages.slice(0, 20));
    await produce(messages.slice(20), CompressionTypes.GZIP);
    const found = await readAll('keyed', texts.length);
    expect(textsIn(found)).toEqual(texts.sort());
    expect(counters).toMatchObject({ rehomed: 0, deadMessages: 0 });
    expect(counters.plainMessages).toBe(found.length);
  });

  it.skipIf(sharedBroker().classPath === null)("are taken from Kafka's own client, however it compresses them", async () => {
    const texts = Array.from({ length: 10 }, (_, i) => documentOf(i));
    const input = texts.map((text, i) => `${traceIdOf(i)}|${text}\n`).join('');
    const [topic, address] = [log.connection.topic('segments'), log.settings.kafkaBrokers.join()];
    const options = ['--property', 'parse.key=true', '--property', 'key.separator=|', '--compression-codec', 'zstd'];
    const words = [sharedBroker().classPath ?? '', consoleProducer, '--bootstrap-server', address, '--topic', topic, ...options];
    const { status, stderr } = spawnSync('java', ['-cp', ...words], { input, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(textsIn(await readAll('console', texts.length))).toEqual(texts.sort());
    expect(counters).toMatchObject({ rehomed: 0, deadMessages: 0 });
  });

  it('are given out by the partition of their trace alone, wherever they were put', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => documentOf(i));
    // Partition 0, whatever the trace.
    await produce(texts.map((value) => ({ value, partition: 0 })));
    const packed = texts.map((_, i) => documentOf(i, 'packed'));
    await log.appender.append(documentsOf(...packed), 1);
    const found = await readAll('strays', 40);
    expect(textsIn(found)).toEqual([...texts, ...packed].sort());
    for (const { partition, text } of found) expect(partition).toBe(partitionOf(Buffer.from(text), partitions));
    const strays = texts.filter((text) => partitionOf(Buffer.from(text), partitions) !== 0);
    expect(strays.length).toBeGreaterThan(0);
    expect(counters.rehomed).toBeGreaterThanOrEqual(strays.length);
  });
});

describe('a document in the wrong partition that is too long to be written again', () => {
  /** Not much shorter when it is compressed. */
  const long = documentOf(1, randomBytes(4_250_000).toString('hex'));
  const wrong = (partitionOf(Buffer.from(long), partitions) + 1) % partitions;

  async function setAside(): Promise<DeadMessage[]> {
    await produce([{ value: long, key: 'long', partition: wrong }]);
    const behind = Array.from({ length: 20 }, (_, i) => documentOf(i)).filter(
      (text) => partitionOf(Buffer.from(text), partitions) === wrong,
    );
    await log.appender.append(documentsOf(...behind), 1);
    expect(textsIn(await readAll('long', behind.length))).toEqual(behind.sort());
    return new DeadMessages(log.connection).list();
  }

  it('is set aside, and holds up nothing', async () => {
    const [dead] = await setAside();
    expect(dead).toMatchObject({
      key: 'long',
      partition: wrong,
      reason: expect.stringMatching(/^a document of .* is longer than Kafka may take$/),
    });
    expect(long.startsWith(dead?.text ?? '-')).toBe(true);
  });

  it('is cut where the topic of dead messages does not take it either', async () => {
    const configEntries = [{ name: 'max.message.bytes', value: '1000000' }];
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: log.connection.topic('segments.dead'), configEntries }];
    await log.connection.admin.alterConfigs({ validateOnly: false, resources });
    const [dead] = await setAside();
    expect(dead).toMatchObject({ key: 'long', partition: wrong, reason: expect.stringContaining('; cut, because it is too long') });
    expect(long.startsWith(dead?.text ?? '-')).toBe(true);
  });
});

it('says when a document in the wrong partition cannot be written again, because the log is broken', async () => {
  await produce([0, 1, 2, 3].map((partition) => ({ value: documentOf(1), partition })));
  await log.appender.close();
  await log.join('broken', () => {});
  await expect.poll(() => log.failures.length, { timeout: waitMs }).toBe(partitions - 1);
  for (const failure of log.failures) expect(failure).toBeInstanceOf(LogBroken);
});

describe('messages that are not ours', () => {
  it('go to the topic of dead messages, whole and with the reason, and hold up nothing', async () => {
    const bad: Message[] = [
      { value: null },
      { value: 'garbage' },
      { value: '{"name":"no trace"}', key: 'kept' },
      { value: 'x', headers: { 'fluoroscope-format': '9' } },
      {
        value: 'four',
        headers: { 'fluoroscope-format': '1', 'fluoroscope-received-at': '1', 'fluoroscope-ends': Buffer.from([9, 0, 0, 0]) },
      },
      { value: 'four', headers: { 'fluoroscope-format': '1', 'fluoroscope-received-at': '1', 'fluoroscope-ends': Buffer.from([1]) } },
    ];
    await produce(bad.map((message) => ({ ...message, partition: 1 })));
    await log.appender.append(documentsOf(documentOf(1), documentOf(2)), 1);
    expect(await readAll('poison', 2)).toHaveLength(2);
    const dead = await new DeadMessages(log.connection).list();
    expect(dead.map(({ text }) => text)).toEqual(bad.map(({ value }) => value));
    expect(dead.map(({ reason }) => reason)).toEqual([
      'without a value',
      'not a segment document with a trace ID',
      'not a segment document with a trace ID',
      'written in format 9, and this version reads 1',
      'headers that do not fit its value',
      'headers that do not fit its value',
    ]);
    expect(dead[2]).toMatchObject({ key: 'kept', partition: 1, offset: 2 });
    expect(log.lines).toContain('a message is not ours');
  });

  it('are written back as they were, and set aside again when they still are not', async () => {
    const headers = { 'fluoroscope-format': '9', own: 'kept' };
    await produce([
      { value: 'garbage', key: 'a key', partition: 2 },
      { value: 'x', headers, partition: 3 },
    ]);
    await readAll('replay', 0);
    const dead = new DeadMessages(log.connection);
    const before = await dead.list();
    expect(before).toHaveLength(2);
    expect(await dead.replay()).toBe(2);
    expect(await dead.list()).toEqual([]);
    await readAll('replay', 0);
    const after = await dead.list();
    const parts = (list: typeof after) => list.map(({ text, key, reason }) => [text, key, reason]).sort();
    expect(parts(after)).toEqual(parts(before));
    expect(after.find(({ text }) => text === 'x')).toMatchObject({ partition: 3, offset: 1 });
    expect(await new DeadMessages(log.connection).replay()).toBe(2);
  });
});

it('writes back the oldest dead messages, and no more at once than fit into memory', async () => {
  const long = Array.from({ length: 5 }, (_, i) => ({ value: String(i).repeat(8_000_000), partition: 0 }));
  await produce(long, CompressionTypes.GZIP);
  await readAll('long', 0);
  const dead = new DeadMessages(log.connection);
  expect((await dead.list()).map(({ text }) => text)).toEqual(long.map(({ value }) => value.slice(0, 4_000)));
  expect(await dead.replay()).toBe(4);
  expect((await dead.list()).map(({ offset }) => offset)).toEqual([4]);
});

describe('documents that are packed', () => {
  it('keep their trace together, in order, over all bounds of a message', async () => {
    const small = Array.from({ length: 10_000 }, (_, i) => documentOf(i % 3, String(i)));
    const large = Array.from({ length: 8 }, (_, i) => documentOf(i % 3, 'x'.repeat(300_000) + i));
    const huge = documentOf(1, 'y'.repeat(6_000_000));
    await Promise.all([log.appender.append(documentsOf(...small), 1), log.appender.append(documentsOf(...large, huge), 1)]);
    const found = await readAll('packed', small.length + large.length + 1);
    for (const trace of [0, 1, 2]) {
      const own = (texts: readonly string[]) => texts.filter((text) => text.includes(traceIdOf(trace)));
      expect(own([...new Set(found.map(({ text }) => text))])).toEqual(own([...small, ...large, huge]));
    }
    const { messages, appendedDocuments, inHandBytes } = log.appender.counters();
    expect(appendedDocuments).toBe(small.length + large.length + 1);
    expect(inHandBytes).toBe(0);
    expect(messages).toBeLessThan(20);
  });

  it('are refused when one is longer than the topic takes, and the next are not', async () => {
    await expect(log.appender.append([Buffer.alloc(9_000_000)], 1)).rejects.toThrow(RangeError);
    await log.appender.append(documentsOf(documentOf(1)), 1);
    expect(await readAll('after', 1)).toHaveLength(1);
  });

  it('are refused while too much waits for the brokers', async () => {
    const document = Buffer.alloc(7_000_000);
    const appends = Array.from({ length: 12 }, () => log.appender.append([document], 1));
    const outcomes = await Promise.allSettled(appends);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => reason.name)).toEqual(refused.map(() => 'LogFull'));
    expect(refused).toHaveLength(3);
    expect(log.appender.counters()).toMatchObject({ refused: 3, appendedDocuments: 9 });
  });
});

describe('a reader', () => {
  it('takes no state that the brokers would not keep', async () => {
    const single = await KafkaLogUnderTest.open(kafkaSettings());
    const reader = await single.reader('state');
    await single.appender.append(documentsOf('a'), 1);
    await readDocuments(reader, 1);
    await expect(reader.commit(1, 'x'.repeat(5_000))).rejects.toThrow(RangeError);
    await reader.commit(1, 'x'.repeat(3_500));
    expect((await reader.committed())?.state).toHaveLength(3_500);
    await single.close();
  });
});
