/**
 * Messages of the topics of documents that are not ours, on the topics where they were set aside: a list for a person, and another
 * try once the reason is gone. What is tried again is written back as it was, and then deleted here; a crash in between writes it
 * twice, and a copy of a document that bears its identity changes nothing. What still cannot be read comes back with the next offset.
 */
import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import { type DocumentKind, documentKinds } from './document-kind.js';
import { KafkaBroadcast } from './kafka-broadcast.js';
import type { KafkaConnection } from './kafka-connection.js';
import { delivery, producerOptions } from './kafka-topics.js';

/** Listed by one call, and tried again of each topic; the next one goes on. */
const maxAtOnce = 1_000;
const maxShownCharacters = 4_000;
/** As many characters, whatever they are, have at most so many bytes. */
const maxShownBytes = 4 * maxShownCharacters;
/** Of one topic in memory at once, whole. */
const maxReplayBytes = 32 * 1024 * 1024;
/** Of what is too long for the topic. */
const cutBytes = 256 * 1024;
const ownHeaders = ['reason', 'partition', 'offset', 'timestamp'].map((word) => `fluoroscope-${word}`);

/** As its topic had it. */
export interface UnreadableMessage {
  message: KafkaMessage;
  partition: number;
  problem: string;
}

export interface DeadMessage {
  /** Where it lay. */
  topic: DocumentKind['topic'];
  partition: number;
  offset: number;
  receivedAtMs: number;
  reason: string;
  key: string | null;
  /** Its beginning, as text; null where it has no value. */
  text: string | null;
}

export class DeadMessages {
  readonly #topics: readonly DeadTopic[];

  constructor(connection: KafkaConnection) {
    this.#topics = documentKinds.map((kind) => new DeadTopic(connection, kind));
  }

  /** Oldest first, whichever topic they are of. */
  async list(): Promise<DeadMessage[]> {
    const lists = await Promise.all(this.#topics.map((topic) => topic.list()));
    const byTime = lists.flat().sort((left, right) => left.receivedAtMs - right.receivedAtMs);
    return byTime.slice(0, maxAtOnce);
  }

  /** How many were written back: the oldest of each topic. */
  async replay(): Promise<number> {
    let replayed = 0;
    for (const topic of this.#topics) replayed += await topic.replay();
    return replayed;
  }
}

/** Of one kind of documents. */
class DeadTopic {
  readonly #connection: KafkaConnection;
  readonly #kind: DocumentKind;
  readonly #topic: string;

  constructor(connection: KafkaConnection, kind: DocumentKind) {
    this.#connection = connection;
    this.#kind = kind;
    this.#topic = connection.topic(kind.deadTopic);
  }

  async list(): Promise<DeadMessage[]> {
    const found: DeadMessage[] = [];
    await this.#read((message) => {
      if (found.length < maxAtOnce) found.push(shown(message, this.#kind.topic));
    });
    return found;
  }

  async replay(): Promise<number> {
    const messages = await this.#oldest();
    const last = messages.at(-1);
    if (last === undefined) return 0;
    const producer = this.#connection.kafka.producer(producerOptions);
    await producer.connect();
    try {
      const topic = this.#connection.topic(this.#kind.topic);
      for (const message of messages) await producer.send({ topic, messages: [originalOf(message)], ...delivery });
    } finally {
      await producer.disconnect();
    }
    const behind = String(Number(last.offset) + 1);
    await this.#connection.admin.deleteTopicRecords({ topic: this.#topic, partitions: [{ partition: 0, offset: behind }] });
    return messages.length;
  }

  /** Whole, so not too many. */
  async #oldest(): Promise<KafkaMessage[]> {
    const messages: KafkaMessage[] = [];
    let bytes = 0;
    await this.#read((message) => {
      bytes += message.value?.length ?? 0;
      if (messages.length === 0 || (messages.length < maxAtOnce && bytes <= maxReplayBytes)) messages.push(message);
    });
    return messages;
  }

  /** Mostly there is nothing, and nobody joins a group for that. */
  async #read(onMessage: (message: KafkaMessage) => void): Promise<void> {
    const bounds = await this.#connection.untilReached(() => this.#connection.admin.fetchTopicOffsets(this.#topic));
    if (bounds.every(({ low, high }) => low === high)) return;
    const reader = await KafkaBroadcast.open({
      connection: this.#connection,
      topic: this.#kind.deadTopic,
      sinceMs: 0,
      onMessage,
      onFailure: () => {
        // Only once everything has been read.
      },
    });
    await reader.close();
  }
}

/** Whole, with where it lay and why it was set aside. */
export function buriedMessage(unreadable: UnreadableMessage): Message {
  const { key, value, headers } = unreadable.message;
  return { key, value, partition: 0, headers: { ...headers, ...ownHeadersOf(unreadable) } };
}

/** What is left of one that the topic refuses whole. */
export function cutMessage(unreadable: UnreadableMessage): Message {
  const { key, value } = unreadable.message;
  const cut = (bytes: Buffer | null) => bytes?.subarray(0, cutBytes) ?? null;
  const problem = `${unreadable.problem}; cut, because it is too long to be kept`;
  return { key: cut(key), value: cut(value), partition: 0, headers: ownHeadersOf({ ...unreadable, problem }) };
}

function ownHeadersOf({ message: { offset, timestamp }, partition, problem }: UnreadableMessage): IHeaders {
  const [reasonName = '', partitionName = '', offsetName = '', timestampName = ''] = ownHeaders;
  return { [reasonName]: problem, [partitionName]: String(partition), [offsetName]: offset, [timestampName]: timestamp };
}

/** Packed documents belong to the partition that they were packed for; a plain one goes by its key, and is re-homed where that is wrong. */
function originalOf({ key, value, headers = {} }: KafkaMessage): Message {
  const original = Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.includes(name)));
  const isPacked = 'fluoroscope-format' in original;
  return { key, value, headers: original, ...(isPacked ? { partition: numberIn(headers, 'partition') } : {}) };
}

function shown({ key, value, headers = {} }: KafkaMessage, topic: DocumentKind['topic']): DeadMessage {
  return {
    topic,
    partition: numberIn(headers, 'partition'),
    offset: numberIn(headers, 'offset'),
    receivedAtMs: numberIn(headers, 'timestamp'),
    reason: String(headers['fluoroscope-reason']),
    key: beginningOf(key),
    text: beginningOf(value),
  };
}

/** Of its own memory: the whole may be gone. */
function beginningOf(bytes: Buffer | null): string | null {
  return bytes?.subarray(0, maxShownBytes).toString().slice(0, maxShownCharacters) ?? null;
}

function numberIn(headers: IHeaders, word: 'partition' | 'offset' | 'timestamp'): number {
  return Number(String(headers[`fluoroscope-${word}`]));
}
