/**
 * The connection to Kafka, from the settings. While no broker answers it keeps trying, and says so every few seconds; what
 * only a user can change (a wrong password, too few partitions) is a `KafkaProblem`, one line, and the process should end.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin, type Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { KafkaProblem, problemOf, reasonOf } from './kafka-errors.js';
import { ensureTopics, patientRetry, type TopicName, type TopicSettings, topicOf } from './kafka-topics.js';

const retryMs = 500;
const sayEveryMs = 5_000;
const connectionTimeoutMs = 3_000;
const requestTimeoutMs = 15_000;

/** A part of the process's settings, by their names there. */
export interface KafkaSettings extends TopicSettings {
  kafkaBrokers: readonly string[];
  kafkaUser?: string | undefined;
  kafkaPassword?: string | undefined;
  kafkaSasl: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  kafkaTls: boolean;
  /** File of the authority that has signed the brokers' certificates. */
  kafkaCa?: string | undefined;
}

/** What this needs of a logger; pino's fits. */
export interface KafkaLogger {
  debug(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface KafkaOptions {
  settings: KafkaSettings;
  /** Of this process, as brokers show it. */
  name: string;
  logger: KafkaLogger;
  /** Ends the wait for a broker. */
  signal?: AbortSignal;
}

/** On this thread: for messages of this size, handing them to another one costs twice as much. */
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => compressFrameSync(buffer),
  decompress: async (bytes: Buffer) => decompressFrameSync(bytes),
});

export class KafkaConnection {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly logger: KafkaLogger;
  readonly #options: KafkaOptions;
  #partitions = new Map<TopicName, number>();
  #saidMs = Number.NEGATIVE_INFINITY;

  private constructor(options: KafkaOptions) {
    this.#options = options;
    this.logger = options.logger;
    this.kafka = new kafkajs.Kafka(clientConfig(options));
    this.admin = this.kafka.admin({ retry: patientRetry });
  }

  /** Resolves when a broker answers and every topic is there. Rejects with `KafkaProblem`, or when the signal ends it. */
  static async open(options: KafkaOptions): Promise<KafkaConnection> {
    const connection = new KafkaConnection(options);
    try {
      await connection.untilReached(() => connection.admin.connect());
      connection.#partitions = await connection.untilReached(() => ensureTopics(connection.admin, options.settings));
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  topic(name: TopicName): string {
    return topicOf(this.#options.settings, name);
  }

  /** Begins as the topics do, so that one rule of access covers both. */
  group(name: string): string {
    return `${this.#options.settings.kafkaTopicPrefix}${name}`;
  }

  partitions(name: TopicName): number {
    return this.#partitions.get(name) ?? 1;
  }

  /** Tries again and again, but for what only a user can change. */
  async untilReached<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { signal } = this.#options;
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await ask();
      } catch (error) {
        const problem = problemOf(error);
        if (problem) throw problem;
        this.sayUnreachable(error);
      }
      await sleep(retryMs, undefined, { signal });
    }
  }

  sayUnreachable(error: unknown): void {
    if (performance.now() - this.#saidMs < sayEveryMs) return;
    this.#saidMs = performance.now();
    this.logger.warn(
      { reason: reasonOf(error) },
      `no Kafka broker answers at ${this.#options.settings.kafkaBrokers.join(', ')}: trying again`,
    );
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
  }
}

function clientConfig({ settings, name, logger }: KafkaOptions): KafkaConfig {
  return {
    clientId: `fluoroscope-${name}`,
    brokers: [...settings.kafkaBrokers],
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // The first contact is made here, again and again.
    retry: { ...patientRetry, retries: 2 },
    // What it cannot do itself it throws, and we say; the rest is for somebody who looks for a fault of its.
    logLevel: kafkajs.logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, log: { message, ...details } }) =>
        logger.debug({ ...details, namespace }, message),
    ...tlsOf(settings),
    ...saslOf(settings),
  };
}

function tlsOf({ kafkaTls, kafkaCa }: KafkaSettings): Pick<KafkaConfig, 'ssl'> {
  if (!kafkaTls) return {};
  if (kafkaCa === undefined) return { ssl: true };
  try {
    return { ssl: { ca: [readFileSync(kafkaCa, 'utf8')] } };
  } catch (error) {
    throw new KafkaProblem(`FLUOROSCOPE_KAFKA_CA=${kafkaCa} cannot be read (${reasonOf(error)}): give the file of the brokers' authority`);
  }
}

function saslOf({ kafkaUser, kafkaPassword, kafkaSasl }: KafkaSettings): Pick<KafkaConfig, 'sasl'> {
  if (kafkaUser === undefined) return {};
  const sasl = { mechanism: kafkaSasl, username: kafkaUser, password: kafkaPassword ?? '' };
  // Each of the three mechanisms has these members.
  return { sasl: sasl as SASLOptions };
}
