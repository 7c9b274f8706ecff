/**
 * Messages that a reader of documents cannot give out as they are. A document of somebody's own producer that lies in another
 * partition than it belongs to is produced again, to the right one, and given out there alone. What is not ours goes to the
 * topic of dead messages, whole, with where it lay and why; so does a stray that the log does not take.
 *
 * Both resolve when Kafka has acknowledged it, and only then may the reader go on: a crash in between does it once more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Message, type Producer } from 'kafkajs';
import { buriedMessage, cutMessage, type UnreadableMessage } from './dead-messages.js';
import type { DocumentKind } from './document-kind.js';
import type { KafkaAppender } from './kafka-appender.js';
import type { KafkaConnection } from './kafka-connection.js';
import { isTooLarge, problemOf } from './kafka-errors.js';
import { delivery, producerOptions } from './kafka-topics.js';
import { type DocumentBatch, LogFull } from './log.js';

const retryMs = 500;

export interface StrayMessage extends Omit<UnreadableMessage, 'problem'> {
  batch: DocumentBatch;
}

export class StrayMessages {
  readonly #connection: KafkaConnection;
  readonly #appender: KafkaAppender;
  readonly #producer: Producer;
  readonly #deadTopic: string;
  #isConnected = false;

  constructor(connection: KafkaConnection, appender: KafkaAppender, kind: DocumentKind) {
    this.#connection = connection;
    this.#appender = appender;
    this.#producer = connection.kafka.producer(producerOptions);
    this.#deadTopic = connection.topic(kind.deadTopic);
  }

  /** Rejects where it cannot go on: `LogBroken`, `KafkaProblem`; `isWanted` ends it when the partition is gone. */
  async settle(strays: readonly StrayMessage[], dead: readonly UnreadableMessage[], isWanted: () => boolean): Promise<void> {
    const works = [...strays.map((stray) => () => this.#rehome(stray)), () => this.#bury(dead)];
    await Promise.all(works.map((work) => this.#untilDone(work, isWanted)));
  }

  async close(): Promise<void> {
    if (this.#isConnected) await this.#producer.disconnect();
  }

  async #rehome({ batch, message, partition }: StrayMessage): Promise<void> {
    try {
      await this.#appender.append([batch.bytes], batch.receivedAtMs);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      await this.#bury([{ message, partition, problem: error.message }]);
    }
  }

  async #bury(dead: readonly UnreadableMessage[]): Promise<void> {
    if (dead.length === 0) return;
    try {
      await this.#send(dead.map(buriedMessage));
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      if (dead.length === 1) await this.#send(dead.map(cutMessage));
      else for (const one of dead) await this.#bury([one]);
    }
  }

  async #send(messages: Message[]): Promise<void> {
    if (!this.#isConnected) await this.#producer.connect();
    this.#isConnected = true;
    await this.#producer.send({ topic: this.#deadTopic, messages, ...delivery });
  }

  /** While Kafka is away or full it is tried again. */
  async #untilDone(work: () => Promise<void>, isWanted: () => boolean): Promise<void> {
    while (isWanted()) {
      try {
        return await work();
      } catch (error) {
        const problem = problemOf(error);
        if (problem) throw problem;
        if (!(error instanceof LogFull || error instanceof kafkajs.KafkaJSError)) throw error;
        this.#connection.sayUnreachable(error);
      }
      await sleep(retryMs);
    }
  }
}
