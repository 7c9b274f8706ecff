/**
 * Messages that a reader of the segments' topic cannot give out as they are. A document of somebody's own producer that lies in
 * another partition than its trace is produced again, to the right one, and given out there alone. What is not ours goes to the
 * topic of dead messages, whole, with where it lay and why.
 *
 * Both resolve when Kafka has acknowledged it, and only then may the reader go on: a crash in between does it once more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import { buriedMessage, type UnreadableMessage } from './dead-messages.js';
import type { KafkaAppender } from './kafka-appender.js';
import type { KafkaConnection } from './kafka-connection.js';
import { problemOf } from './kafka-errors.js';
import { delivery, producerOptions } from './kafka-topics.js';
import { type DocumentBatch, LogFull } from './log.js';

const retryMs = 500;

export class StrayMessages {
  readonly #connection: KafkaConnection;
  readonly #appender: KafkaAppender;
  readonly #producer: Producer;
  #isConnected = false;

  constructor(connection: KafkaConnection, appender: KafkaAppender) {
    this.#connection = connection;
    this.#appender = appender;
    this.#producer = connection.kafka.producer(producerOptions);
  }

  /** Rejects with `LogBroken` or `KafkaProblem` only; `isWanted` ends it when the partition is gone. */
  async settle(strays: readonly DocumentBatch[], dead: readonly UnreadableMessage[], isWanted: () => boolean): Promise<void> {
    const works = [...strays.map((batch) => () => this.#appender.append([batch.bytes], batch.receivedAtMs)), () => this.#bury(dead)];
    await Promise.all(works.map((work) => untilDone(work, isWanted)));
  }

  async close(): Promise<void> {
    if (this.#isConnected) await this.#producer.disconnect();
  }

  async #bury(dead: readonly UnreadableMessage[]): Promise<void> {
    if (dead.length === 0) return;
    if (!this.#isConnected) await this.#producer.connect();
    this.#isConnected = true;
    await this.#producer.send({ topic: this.#connection.topic('segments.dead'), messages: dead.map(buriedMessage), ...delivery });
  }
}

/** Kafka is away or full: it is tried again. */
async function untilDone(work: () => Promise<void>, isWanted: () => boolean): Promise<void> {
  while (isWanted()) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LogFull) && problemOf(error) !== null) throw error;
    }
    await sleep(retryMs);
  }
}
