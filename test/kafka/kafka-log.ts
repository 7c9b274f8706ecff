/** A log on the broker of the suite, in topics of its own; what is opened through it is closed with it. */
import { randomUUID } from 'node:crypto';
import { KafkaAppender } from '@fluoroscope/log/kafka-appender';
import { KafkaConnection, type KafkaLogger, type KafkaSettings } from '@fluoroscope/log/kafka-connection';
import { KafkaGroup, type KafkaGroupOptions } from '@fluoroscope/log/kafka-group';
import type { LogReader } from '@fluoroscope/log/log';
import { sharedBroker } from './shared-broker.js';

export function kafkaSettings(given: Partial<KafkaSettings> = {}): KafkaSettings {
  const kafkaTopicPrefix = `test-${randomUUID()}.`;
  return {
    kafkaBrokers: [sharedBroker().brokers],
    kafkaSasl: 'scram-sha-512',
    kafkaTls: false,
    kafkaPartitions: 1,
    kafkaTopicPrefix,
    ...given,
  };
}

export class KafkaLogUnderTest {
  lines: string[] = [];
  readonly failures: Error[] = [];
  private readonly groups: KafkaGroup[] = [];

  private constructor(
    readonly settings: KafkaSettings,
    readonly connection: KafkaConnection,
    readonly appender: KafkaAppender,
  ) {}

  static async open(settings: KafkaSettings): Promise<KafkaLogUnderTest> {
    const lines: string[] = [];
    const say = (_: object, message: string) => void lines.push(message);
    const logger: KafkaLogger = { debug: () => {}, warn: say, error: say };
    const connection = await KafkaConnection.open({ settings, name: 'test', logger });
    const log = new KafkaLogUnderTest(settings, connection, await KafkaAppender.open(connection, 'segments'));
    log.lines = lines;
    return log;
  }

  /** A member of the group of that name; the readers come as they are assigned. */
  async join(name: string, onPartition: KafkaGroupOptions['onPartition']): Promise<KafkaGroup> {
    const { connection, appender } = this;
    const onFailure = (error: Error) => void this.failures.push(error);
    const group = await KafkaGroup.join({ connection, appender, name: connection.group(name), onPartition, onFailure });
    this.groups.push(group);
    return group;
  }

  /** The only reader of a log with one partition; its member leaves the group with it. */
  async reader(name: string): Promise<LogReader> {
    let group: KafkaGroup | undefined;
    const reader = await new Promise<LogReader>((resolve, reject) => {
      this.join(name, resolve).then((joined) => {
        group = joined;
      }, reject);
    });
    return {
      name: reader.name,
      partition: reader.partition,
      next: (maxBytes, waitMs) => reader.next(maxBytes, waitMs),
      commit: (position, state) => reader.commit(position, state),
      committed: () => reader.committed(),
      unread: () => reader.unread(),
      close: async () => group?.close(),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.groups.map((group) => group.close()));
    await this.appender.close();
    await this.connection.close();
  }
}
