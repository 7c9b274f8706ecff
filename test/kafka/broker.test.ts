import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KafkaBroker, kafkaUser } from '../fixtures/kafka/broker.js';
import { findKafka } from '../fixtures/kafka/find-kafka.mjs';
import { sharedBroker } from './shared-broker.js';

const retry = { initialRetryTime: 100, maxRetryTime: 500, retries: 20 };

describe.skipIf(findKafka()?.brokers !== undefined)('the broker of the tests', () => {
  let broker: KafkaBroker;

  beforeAll(async () => {
    broker = await KafkaBroker.start();
  });
  afterAll(() => broker?.remove());

  it('keeps its topics and its address when it is killed and started again', async () => {
    const admin = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING, retry }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 2 }] });
    await broker.kill();
    await broker.restart();
    expect(await admin.listTopics()).toEqual(['kept']);
    await admin.disconnect();
  });

  it('asks for a user on its second address', async () => {
    const connect = async (password: string) => {
      const sasl = { mechanism: 'scram-sha-512', username: kafkaUser.name, password } as const;
      const admin = new Kafka({ brokers: [sharedBroker().saslBrokers ?? ''], logLevel: logLevel.NOTHING, retry, sasl }).admin();
      await admin.connect();
      await admin.disconnect();
    };
    await connect(kafkaUser.password);
    await expect(connect('wrong')).rejects.toThrow('SCRAM');
  });
});
