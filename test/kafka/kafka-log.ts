/** A log on the broker of the suite, in topics of its own; what is opened through it is closed with it. */
import { randomUUID } from 'node:crypto';
import type { ControlFold } from '@fluoroscope/log/control-changes';
import { type DocumentKind, segmentDocuments } from '@fluoroscope/log/document-kind';
import { KafkaAppender } from '@fluoroscope/log/kafka-appender';
import { KafkaBroadcast } from '@fluoroscope/log/kafka-broadcast';
import { KafkaConnection, type KafkaLogger, type KafkaSettings } from '@fluoroscope/log/kafka-connection';
import { KafkaControlLog } from '@fluoroscope/log/kafka-control-log';
import { KafkaGroup, type KafkaGroupOptions } from '@fluoroscope/log/kafka-group';
import type { TopicName } from '@fluoroscope/log/kafka-topics';
import type { DocumentBatch, LogReader } from '@fluoroscope/log/log';
import { textsOf } from '@fluoroscope/log/log-conformance';
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
  private readonly opened: { close(): Promise<void> }[] = [];
  private readonly onFailure = (error: Error) => void this.failures.push(error);

  private constructor(
    readonly settings: KafkaSettings,
    readonly connection: KafkaConnection,
    readonly kind: DocumentKind,
    readonly appender: KafkaAppender,
  ) {}

  static async open(settings: KafkaSettings, kind = segmentDocuments): Promise<KafkaLogUnderTest> {
    const lines: string[] = [];
    const say = (_: object, message: string) => void lines.push(message);
    const logger: KafkaLogger = { debug: () => {}, warn: say, error: say };
    const connection = await KafkaConnection.open({ settings, name: 'test', logger });
    const log = new KafkaLogUnderTest(settings, connection, kind, await KafkaAppender.open(connection, kind.topic));
    log.lines = lines;
    return log;
  }

  /** A member of the group of that name; the readers come as they are assigned. */
  async join(name: string, onPartition: KafkaGroupOptions['onPartition']): Promise<KafkaGroup> {
    const { connection, kind, appender, onFailure } = this;
    const group = await KafkaGroup.join({ connection, kind, appender, name: connection.group(name), onPartition, onFailure });
    this.opened.push(group);
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
      throwIfLost: () => reader.throwIfLost(),
      close: async () => group?.close(),
    };
  }

  /** Everything of a topic since then, as text; what comes later is added to the list. */
  async broadcast(topic: TopicName, sinceMs = 0): Promise<{ texts: string[]; reader: KafkaBroadcast }> {
    const texts: string[] = [];
    const onBatch = (batch: DocumentBatch) => void texts.push(...textsOf(batch));
    const reader = await KafkaBroadcast.open({ connection: this.connection, topic, sinceMs, onBatch, onFailure: this.onFailure });
    this.opened.push(reader);
    return { texts, reader };
  }

  /** Names in the order of their creation: a second one of a name is refused. */
  async names(): Promise<{ log: KafkaControlLog<string>; names: string[] }> {
    const names: string[] = [];
    const fold: ControlFold<string> = {
      apply(text) {
        const { name } = JSON.parse(text) as { name: string };
        if (names.includes(name)) return `${name} is there`;
        names.push(name);
        return `${name} is new`;
      },
      snapshot: () => names,
      restore: () => false,
    };
    const log = await KafkaControlLog.open({ connection: this.connection, topic: 'control', fold, onFailure: this.onFailure });
    this.opened.push(log);
    return { log, names };
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.map((one) => one.close()));
    await this.appender.close();
    await this.connection.close();
  }
}
