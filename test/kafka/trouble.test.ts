/** Brokers that go away, and settings that they do not accept. */
import { KafkaConnection, type KafkaSettings } from '@fluoroscope/log/kafka-connection';
import { KafkaProblem } from '@fluoroscope/log/kafka-errors';
import { KafkaWatch } from '@fluoroscope/log/kafka-watch';
import { LogFull, type LogReader } from '@fluoroscope/log/log';
import { documentsOf, textsOf } from '@fluoroscope/log/log-conformance';
import { afterEach, describe, expect, it } from 'vitest';
import { KafkaBroker, kafkaUser } from '../fixtures/kafka/broker.js';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';
import { sharedBroker } from './shared-broker.js';

const nobody = '127.0.0.1:9';
const waitMs = 60_000;
const ownBroker = sharedBroker().saslBrokers !== null;

async function problemWith(given: Partial<KafkaSettings>): Promise<unknown> {
  return KafkaLogUnderTest.open(kafkaSettings(given)).then(
    (log) => log.close(),
    (error: unknown) => error,
  );
}

describe('a setting that the brokers do not accept', () => {
  it.skipIf(!ownBroker)('is one line that names it: a wrong password', async () => {
    const user = { kafkaBrokers: [sharedBroker().saslBrokers ?? ''], kafkaUser: kafkaUser.name };
    const problem = await problemWith({ ...user, kafkaPassword: 'wrong' });
    expect(problem).toBeInstanceOf(KafkaProblem);
    expect(String(problem)).toMatch(/^KafkaProblem: Kafka does not let us in \([^\n]*FLUOROSCOPE_KAFKA_PASSWORD[^\n]*$/);
    expect(await problemWith({ ...user, kafkaPassword: kafkaUser.password })).toBeUndefined();
  });

  it('is one line that names it: more partitions than the topic has', async () => {
    const settings = kafkaSettings({ kafkaPartitions: 2 });
    const log = await KafkaLogUnderTest.open(settings);
    await log.close();
    const problem = await problemWith({ ...settings, kafkaPartitions: 3 });
    expect(problem).toBeInstanceOf(KafkaProblem);
    expect(String(problem)).toMatch(/segments has 2 partitions, and FLUOROSCOPE_KAFKA_PARTITIONS=3 asks for more: set that to 2/);
    // More than are asked for are used, because a plain producer uses them too.
    const one = await KafkaLogUnderTest.open({ ...settings, kafkaPartitions: 1 });
    expect(one.connection.partitions('segments')).toBe(2);
    // One that a producer has made before us, say.
    const topics = { topicPartitions: [{ topic: one.connection.topic('segments'), count: 3 }] };
    await one.connection.admin.createPartitions(topics);
    await one.close();
    const short = /metrics has 2 partitions, and FLUOROSCOPE_KAFKA_PARTITIONS=3 asks for more: give it as many as the others/;
    // Brokers hear of new partitions one after the other.
    await expect.poll(async () => String(await problemWith({ ...settings, kafkaPartitions: 3 }))).toMatch(short);
  });

  it.skipIf(!ownBroker)('is one line that names it: more copies than there are brokers', async () => {
    expect(String(await problemWith({ kafkaReplication: 3 }))).toContain(
      'set FLUOROSCOPE_KAFKA_REPLICATION to at most the number of brokers',
    );
  });

  it('is one line that names it: a file that is not there', async () => {
    expect(String(await problemWith({ kafkaTls: true, kafkaCa: '/nowhere/ca.pem' }))).toContain('FLUOROSCOPE_KAFKA_CA=/nowhere/ca.pem');
  });
});

describe('brokers that are away', () => {
  it('are waited for, and it is said now and then, until the process gives up', async () => {
    const said: string[] = [];
    const logger = { debug: () => {}, warn: (_: object, message: string) => void said.push(message), error: () => {} };
    const abort = new AbortController();
    const settings = kafkaSettings({ kafkaBrokers: [nobody] });
    const opening = KafkaConnection.open({ settings, name: 'test', logger, signal: abort.signal });
    const ended = opening.then(
      () => 'opened',
      () => 'ended',
    );
    await expect.poll(() => said.length, { timeout: waitMs }).toBeGreaterThan(1);
    abort.abort();
    expect(await ended).toBe('ended');
    expect(new Set(said)).toEqual(new Set([`no Kafka broker answers at ${nobody}: trying again`]));
  });
});

describe.skipIf(!ownBroker)('a broker that is paused, to which a connection can still be made', () => {
  it('is told as trouble by who appends, and no more when it takes something again', async () => {
    const broker = await KafkaBroker.start();
    const log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaBrokers: [broker.brokers] }));
    const watch = new KafkaWatch([broker.brokers], [log.appender]);
    broker.pause();
    const appending = log.appender.append(documentsOf('{}'), Date.now());
    await expect.poll(() => watch.state, { timeout: waitMs }).toBe('no broker acknowledges what is appended');
    broker.resume();
    await appending;
    await expect.poll(() => watch.state, { timeout: waitMs }).toBe('ok');
    watch.close();
    await log.close();
    await broker.remove();
  });
});

describe.skipIf(!ownBroker)('a broker that is killed', () => {
  let broker: KafkaBroker;
  let log: KafkaLogUnderTest;

  afterEach(async () => {
    await broker.restart();
    await log.close();
    await broker.remove();
  });

  it('loses nothing that was acknowledged, takes what waited meanwhile, and the readers go on by themselves', async () => {
    broker = await KafkaBroker.start();
    log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaBrokers: [broker.brokers], kafkaPartitions: 2 }));
    const read = new Set<string>();
    const start = (reader: LogReader) => void readOn(reader, read).catch(() => {});
    await log.join('restart', start);
    const broadcast = await log.broadcast('live');
    const { names, log: control } = await log.names();
    await control.change({ name: 'before' }, { actor: 'somebody' });
    const acknowledged = new Set<string>();
    for (let round = 0; round < 2; round++) {
      const appends = Array.from({ length: 50 }, (_, i) => append(`${round}-${i}`, acknowledged));
      await expect.poll(() => acknowledged.size, { timeout: waitMs }).toBeGreaterThan(round * 50);
      await broker.kill();
      appends.push(append(`${round}-meanwhile`, acknowledged));
      await broker.restart();
      await Promise.all(appends);
    }
    await expect.poll(() => [...acknowledged].filter((text) => !read.has(text)), { timeout: waitMs }).toEqual([]);
    expect(acknowledged.size).toBeGreaterThanOrEqual(100);
    await control.change({ name: 'after' }, { actor: 'somebody' });
    expect(names).toEqual(['before', 'after']);
    expect(broadcast.texts).toEqual([]);
    expect(log.failures).toEqual([]);
  });

  async function append(name: string, acknowledged: Set<string>): Promise<void> {
    const text = JSON.stringify({ trace_id: '1-581cf771-a006649127e371903a2de979', name });
    try {
      await log.appender.append(documentsOf(text), Date.now());
      acknowledged.add(text);
    } catch (error) {
      expect(error).toBeInstanceOf(LogFull);
    }
  }
});

async function readOn(reader: LogReader, read: Set<string>): Promise<void> {
  for (;;) {
    for (const batch of await reader.next(1_000_000, 1_000)) {
      for (const text of textsOf(batch)) read.add(text);
      await reader.commit(batch.position + batch.ends.length, null);
    }
  }
}
