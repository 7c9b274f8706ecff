/**
 * Documents on their way to Kafka: packed per partition into messages, in order. A message holds at most 4,000 documents or
 * 512 KB (or one document that is longer), received within a tenth of a second.
 */
import { maxDocumentsPerMessage, messageOf } from './kafka-message.js';

const maxMessageBytes = 512 * 1024;
const maxSpanMs = 100;
const leastBytes = 2 * 1024;

/** An append, until all of the messages that hold its documents are acknowledged. */
export interface PendingAppend {
  messagesLeft: number;
  bytes: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

export class OpenMessage {
  readonly appends: PendingAppend[] = [];
  readonly ends: number[] = [];
  bytes = 0;
  #memory: Buffer;

  constructor(
    readonly partition: number,
    readonly receivedAtMs: number,
    expectedBytes: number,
  ) {
    this.#memory = Buffer.allocUnsafe(Math.max(leastBytes, expectedBytes));
  }

  get isFull(): boolean {
    return this.bytes >= maxMessageBytes || this.ends.length >= maxDocumentsPerMessage;
  }

  takes(document: Uint8Array, receivedAtMs: number): boolean {
    const fits = this.bytes + document.length <= maxMessageBytes && this.ends.length < maxDocumentsPerMessage;
    return fits && Math.abs(receivedAtMs - this.receivedAtMs) <= maxSpanMs;
  }

  add(document: Uint8Array, append: PendingAppend): void {
    const end = this.bytes + document.length;
    if (end > this.#memory.length) this.#grow(end);
    this.#memory.set(document, this.bytes);
    this.bytes = end;
    this.ends.push(end);
    if (this.appends.at(-1) === append) return;
    this.appends.push(append);
    append.messagesLeft++;
  }

  message() {
    const { ends, receivedAtMs, partition } = this;
    return { ...messageOf({ bytes: this.#memory.subarray(0, this.bytes), ends, receivedAtMs }), partition };
  }

  #grow(bytes: number): void {
    const memory = Buffer.allocUnsafe(Math.max(bytes, 2 * this.#memory.length));
    this.#memory.copy(memory, 0, 0, this.bytes);
    this.#memory = memory;
  }
}

export class Packing {
  readonly #queues: OpenMessage[][];
  /** Of the message before, and some more: memory that need not grow. */
  readonly #expectedBytes: number[] = [];

  constructor(partitions: number) {
    this.#queues = Array.from({ length: partitions }, () => []);
  }

  get isEmpty(): boolean {
    return this.#queues.every((queue) => queue.length === 0);
  }

  /** Waiting for more would not make the next flush better. */
  get isFull(): boolean {
    return this.#queues.some((queue) => queue.length > 1 || queue[0]?.isFull === true);
  }

  add(partition: number, document: Uint8Array, { receivedAtMs, append }: { receivedAtMs: number; append: PendingAppend }): void {
    const queue = this.#queues[partition] ?? [];
    let message = queue.at(-1);
    if (!message?.takes(document, receivedAtMs)) {
      message = new OpenMessage(partition, receivedAtMs, this.#expectedBytes[partition] ?? 0);
      queue.push(message);
    }
    message.add(document, append);
  }

  /** The oldest message of each partition. */
  takeFlush(): OpenMessage[] {
    const messages = this.#queues.flatMap((queue) => queue.shift() ?? []);
    for (const { partition, bytes } of messages) this.#expectedBytes[partition] = Math.ceil(1.25 * Math.min(bytes, maxMessageBytes));
    return messages;
  }
}
