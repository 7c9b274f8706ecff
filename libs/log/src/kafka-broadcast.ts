/**
 * Reads a topic of one partition as a broadcast: every reader gets everything, from its beginning or from some time on, and
 * nothing of it is kept. For what each process folds in memory: the control log, the live deltas.
 *
 * kafkajs reads in groups only, so each reader is a group of its own that commits nothing; it places itself by its own count
 * whenever it has joined, so that nothing is given out twice or left out while the brokers keep it. After a failure it begins
 * in another group: in the same one it would wait until the brokers give up the member that it was.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { KafkaConnection } from './kafka-connection.js';
import { problemOf } from './kafka-errors.js';
import { readMessage } from './kafka-message.js';
import { patientRetry, type TopicName } from './kafka-topics.js';
import type { DocumentBatch } from './log.js';

const partition = 0;
/** An answer comes as soon as there is something; this is how long a quiet topic holds up `close`. */
const fetchWaitMs = 500;
const restartMs = 500;

export interface KafkaBroadcastOptions {
  connection: KafkaConnection;
  topic: TopicName;
  /** Messages that came since then, epoch milliseconds by the brokers' clock; 0: everything that is kept. */
  sinceMs: number;
  /** The documents of messages that are ours; the others are counted. */
  onBatch?: (batch: DocumentBatch) => void;
  /** Every message, as it is. */
  onMessage?: (message: KafkaMessage) => void;
  /** It cannot go on, and the process should end; until `open` has resolved, that rejects instead. */
  onFailure: (error: Error) => void;
}

export class KafkaBroadcast {
  /** Messages that are not ours. */
  foreign = 0;
  readonly #options: KafkaBroadcastOptions;
  readonly #topic: string;
  #consumer: Consumer;
  #nextOffset = 0;
  #caughtUp: () => void = () => {};
  #fail: (error: Error) => void;
  #isClosed = false;

  private constructor(options: KafkaBroadcastOptions) {
    this.#options = options;
    this.#topic = options.connection.topic(options.topic);
    this.#consumer = this.#newConsumer();
    this.#fail = options.onFailure;
  }

  /** Resolves when everything that the topic had by now has been given out. */
  static async open(options: KafkaBroadcastOptions): Promise<KafkaBroadcast> {
    const broadcast = new KafkaBroadcast(options);
    try {
      await broadcast.#run(await options.connection.untilReached(() => broadcast.#placeItself()));
      return broadcast;
    } catch (error) {
      await broadcast.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#caughtUp();
    await this.#consumer.disconnect();
  }

  /** Where the topic ends now. */
  async #placeItself(): Promise<number> {
    const { connection, sinceMs } = this.#options;
    const bounds = (await connection.admin.fetchTopicOffsets(this.#topic)).find((one) => one.partition === partition);
    this.#nextOffset = Number(bounds?.low ?? 0);
    if (sinceMs > 0) {
      const since = await connection.admin.fetchTopicOffsetsByTimestamp(this.#topic, Math.floor(sinceMs));
      this.#nextOffset = Number(since.find((one) => one.partition === partition)?.offset ?? this.#nextOffset);
    }
    return Number(bounds?.high ?? 0);
  }

  async #run(endOffset: number): Promise<void> {
    const caughtUp = new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      this.#caughtUp = () => (this.#isClosed || this.#nextOffset >= endOffset) && resolve();
    });
    this.#caughtUp();
    await Promise.all([this.#join(), caughtUp]);
    this.#fail = this.#options.onFailure;
  }

  #newConsumer(): Consumer {
    const { connection, topic } = this.#options;
    const consumer = connection.kafka.consumer({
      groupId: connection.group(`${topic}-reader-${randomUUID()}`),
      maxWaitTimeInMs: fetchWaitMs,
      retry: { ...patientRetry, restartOnFailure: async () => false },
    });
    const { GROUP_JOIN, CRASH } = consumer.events;
    consumer.on(GROUP_JOIN, () => consumer.seek({ topic: this.#topic, partition, offset: String(this.#nextOffset) }));
    consumer.on(CRASH, ({ payload }) => this.#joinAnew(payload.error));
    return consumer;
  }

  async #join(): Promise<void> {
    const consumer = this.#consumer;
    await this.#options.connection.untilReached(async () => {
      if (this.#isClosed) return;
      await consumer.connect();
      await consumer.subscribe({ topic: this.#topic, fromBeginning: true });
    });
    if (!this.#isClosed) await consumer.run({ autoCommit: false, eachBatch: (payload) => this.#take(payload) });
  }

  async #joinAnew(error: Error): Promise<void> {
    const { connection } = this.#options;
    const problem = problemOf(error);
    if (problem && !this.#isClosed) return this.#fail(problem);
    connection.sayUnreachable(error);
    await sleep(restartMs);
    if (this.#isClosed) return;
    this.#consumer = this.#newConsumer();
    await this.#join().catch((failure) => this.#fail(failure));
  }

  async #take({ batch }: EachBatchPayload): Promise<void> {
    if (this.#isClosed) return;
    for (const message of batch.messages) {
      if (Number(message.offset) < this.#nextOffset) continue;
      this.#options.onMessage?.(message);
      if (this.#options.onBatch) this.#read(message, this.#options.onBatch);
    }
    this.#nextOffset = Math.max(this.#nextOffset, Number(batch.lastOffset()) + 1);
    this.#caughtUp();
  }

  #read(message: KafkaMessage, onBatch: (batch: DocumentBatch) => void): void {
    const read = readMessage(message, partition, null);
    if (read.batch !== undefined) onBatch(read.batch);
    else this.foreign++;
  }
}
