/**
 * The log's appender on Kafka. Documents that come within a few milliseconds travel together: one message for each partition in a
 * flush, one flush at a time, acknowledged by every in-sync replica. Order within a partition is the order of appending.
 *
 * While no broker takes them, a flush is tried again for about half a minute; then its appends are refused with `LogFull`,
 * and some of their documents may be read all the same. So does a retry after an answer that was lost; copies change nothing,
 * which is why no idempotent producer is needed. Bounded: bytes and appends in hand, beyond which `LogFull`.
 */
import type { KafkaAppenderCounters } from '@fluoroscope/contract/counters';
import { formatBytes } from '@fluoroscope/format/bytes';
import type { Producer } from 'kafkajs';
import { type DocumentKind, kindOf } from './document-kind.js';
import type { KafkaConnection } from './kafka-connection.js';
import { isTooLarge, problemOf, reasonOf } from './kafka-errors.js';
import { type OpenMessage, Packing, type PendingAppend } from './kafka-packing.js';
import { delivery, producerOptions, type TopicName } from './kafka-topics.js';
import { type LogAppender, LogBroken, LogFull } from './log.js';

/** For company: at 10,000 documents a second and 8 partitions, a message holds about two dozen. */
const lingerMs = 20;
const maxInHandBytes = 64 * 1024 * 1024;
const maxInHandAppends = 10_000;
/** Below the topic's limit for a message, with what its headers take. */
const maxDocumentBytes = 8 * 1024 * 1024;

/** A flush that no broker acknowledges for so long is trouble; one is a few milliseconds. */
const slowMs = 5_000;
/** Where nothing is appended any more, nothing tells when trouble is over. */
const troubleMs = 15_000;

export class KafkaAppender implements LogAppender {
  readonly #topic: string;
  /** Null for what has one partition. */
  readonly #kind: DocumentKind | null;
  readonly #partitions: number;
  /** Of the last document that is right in any partition: they take turns. */
  #turn = 0;
  readonly #producer: Producer;
  readonly #packing: Packing;
  readonly #counters: KafkaAppenderCounters = {
    ...{ appendedDocuments: 0, appendedBytes: 0, messages: 0, flushes: 0, failedFlushes: 0, refused: 0, inHandBytes: 0 },
  };
  #inHandAppends = 0;
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> | null = null;
  #broken: LogBroken | null = null;
  /** On the monotonic clock; null while nothing is on its way. */
  #sendingSinceMs: number | null = null;
  /** Why appends were refused, and when; null when something was acknowledged since. */
  #refusal: { reason: string; atMs: number } | null = null;
  readonly #onFailure: (error: LogBroken) => void;

  private constructor(
    connection: KafkaConnection,
    { topic, producer, onFailure }: { topic: TopicName; producer: Producer; onFailure: (error: LogBroken) => void },
  ) {
    this.#onFailure = onFailure;
    this.#topic = connection.topic(topic);
    this.#kind = kindOf(topic);
    this.#partitions = connection.partitions(topic);
    this.#producer = producer;
    this.#packing = new Packing(this.#partitions);
  }

  /** `onFailure`: nothing more will be taken until somebody has seen to it, and the process should end. */
  static async open(
    connection: KafkaConnection,
    topic: TopicName,
    onFailure: (error: LogBroken) => void = () => {},
  ): Promise<KafkaAppender> {
    const producer = connection.kafka.producer(producerOptions);
    await connection.untilReached(() => producer.connect());
    return new KafkaAppender(connection, { topic, producer, onFailure });
  }

  append(documents: readonly Uint8Array[], receivedAtMs: number): Promise<void> {
    if (documents.length === 0) return Promise.resolve();
    let bytes = 0;
    let longest = 0;
    for (const { length } of documents) {
      bytes += length;
      longest = Math.max(longest, length);
    }
    if (longest > maxDocumentBytes)
      return Promise.reject(new RangeError(`a document of ${formatBytes(longest)} is longer than Kafka may take`));
    const refusal = this.#refuse(bytes);
    if (refusal) return Promise.reject(refusal);
    this.#inHandAppends++;
    this.#counters.inHandBytes += bytes;
    return new Promise((resolve, reject) => this.#pack(documents, receivedAtMs, { messagesLeft: 0, bytes, resolve, reject }));
  }

  counters(): KafkaAppenderCounters {
    return { ...this.#counters };
  }

  /** Why what is appended is not taken now; null while it is, as far as is known. */
  trouble(): string | null {
    if (this.#broken) return this.#broken.message;
    const nowMs = performance.now();
    if (this.#sendingSinceMs !== null && nowMs - this.#sendingSinceMs > slowMs) return 'no broker acknowledges what is appended';
    return this.#refusal !== null && nowMs - this.#refusal.atMs < troubleMs ? this.#refusal.reason : null;
  }

  /** Sends what is in hand, and answers it. */
  async close(): Promise<void> {
    while (!this.#packing.isEmpty || this.#flushing) {
      this.#flushNow();
      await this.#flushing;
    }
    this.#broken ??= new LogBroken('the log has been closed');
    await this.#producer.disconnect();
  }

  #refuse(bytes: number): Error | null {
    if (this.#broken) return this.#broken;
    if (this.#counters.inHandBytes + bytes <= maxInHandBytes && this.#inHandAppends < maxInHandAppends) return null;
    this.#counters.refused++;
    return this.#full(`${formatBytes(this.#counters.inHandBytes)} already wait for Kafka`);
  }

  #pack(documents: readonly Uint8Array[], receivedAtMs: number, append: PendingAppend): void {
    for (const document of documents) this.#packing.add(this.#partitionOf(document), document, { receivedAtMs, append });
    if (!this.#flushing) this.#wait();
  }

  #partitionOf(document: Uint8Array): number {
    if (this.#kind === null) return 0;
    const home = this.#kind.partitionOf(document, this.#partitions);
    if (home !== null) return home;
    this.#turn = (this.#turn + 1) % this.#partitions;
    return this.#turn;
  }

  #wait(): void {
    if (this.#packing.isFull) this.#flushNow();
    else this.#timer ??= setTimeout(() => this.#flushNow(), lingerMs);
  }

  #flushNow(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
      if (!this.#packing.isEmpty) this.#wait();
    });
  }

  async #flush(): Promise<void> {
    const messages = this.#packing.takeFlush();
    if (messages.length === 0) return;
    this.#sendingSinceMs = performance.now();
    const error = await this.#send(messages);
    this.#sendingSinceMs = null;
    for (const message of messages) this.#settle(message, error);
  }

  /** Null when everything is acknowledged. */
  async #send(messages: readonly OpenMessage[]): Promise<Error | null> {
    try {
      const topicMessages = [{ topic: this.#topic, messages: messages.map((message) => message.message()) }];
      await this.#producer.sendBatch({ topicMessages, ...delivery });
      this.#refusal = null;
      this.#counters.flushes++;
      this.#counters.messages += messages.length;
      return null;
    } catch (error) {
      this.#counters.failedFlushes++;
      return this.#refusalOf(error);
    }
  }

  #refusalOf(error: unknown): Error {
    if (isTooLarge(error)) return new RangeError(`Kafka takes no message of that size: ${reasonOf(error)}`);
    const problem = problemOf(error);
    if (problem === null) return this.#full(`no Kafka broker takes what is appended: ${reasonOf(error)}`);
    this.#broken = new LogBroken(problem.message);
    this.#onFailure(this.#broken);
    return this.#broken;
  }

  #full(reason: string): LogFull {
    this.#refusal = { reason, atMs: performance.now() };
    return new LogFull(reason);
  }

  #settle({ appends, bytes, ends }: OpenMessage, error: Error | null): void {
    if (!error) {
      this.#counters.appendedDocuments += ends.length;
      this.#counters.appendedBytes += bytes;
    }
    for (const append of appends) {
      if (error) append.reject(error);
      if (--append.messagesLeft > 0) continue;
      this.#inHandAppends--;
      this.#counters.inHandBytes -= append.bytes;
      append.resolve();
    }
  }
}
