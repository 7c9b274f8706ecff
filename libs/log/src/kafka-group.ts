/**
 * A member of a consumer group that reads documents of one kind: each partition that it is given becomes a `LogReader`, which lives until
 * the partition is given to another member.
 *
 * kafkajs fetches, beats and joins; here nothing waits while it does: what was fetched goes into the reader's queue, and a full
 * queue pauses its partition alone. After a rebalance a reader goes on when the partition is still ours and nobody else has
 * committed; else it ends, and a new one begins at the commit. So do all of them when the group had given this member up: another
 * one may have had their partitions meanwhile, and have withdrawn what these have stored and not committed. A commit of a member
 * that the group no longer knows is refused by the broker.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaGroupCounters } from '@fluoroscope/contract/counters';
import kafkajs, { type Consumer, type EachBatchPayload } from 'kafkajs';
import type { UnreadableMessage } from './dead-messages.js';
import type { DocumentKind } from './document-kind.js';
import type { KafkaAppender } from './kafka-appender.js';
import type { KafkaConnection } from './kafka-connection.js';
import { runConsumer } from './kafka-consumer.js';
import { KafkaProblem } from './kafka-errors.js';
import { readMessage } from './kafka-message.js';
import { type CommittedOffset, KafkaPartitionReader } from './kafka-partition-reader.js';
import { patientRetry } from './kafka-topics.js';
import { type DocumentBatch, type LogReader, PartitionLost } from './log.js';
import { type StrayMessage, StrayMessages } from './stray-messages.js';

/** Another member takes over when this has passed without a beat, and it has noticed: within 10 s in all. Brokers allow no less. */
const sessionTimeoutMs = 6_000;
const beatMs = 1_000;
const rebalanceTimeoutMs = 10_000;
/** A document waits at most this long for company; one fetch brings at most so much of a partition. */
const fetchWaitMs = 100;
const fetchMinBytes = 16 * 1024;
const partitionFetchBytes = 1024 * 1024;
const lookMs = 1_000;
const commitRetryMs = 250;

export interface KafkaGroupOptions {
  connection: KafkaConnection;
  kind: DocumentKind;
  /** Of that kind's topic: for documents that lie in the wrong partition. */
  appender: KafkaAppender;
  /** The durable name of the readers. */
  name: string;
  /** A partition is ours from now on; the reader ends with `PartitionLost`. */
  onPartition: (reader: LogReader) => void;
  /** It cannot go on, and the process should end; a `KafkaProblem` is one line for the user. */
  onFailure: (error: Error) => void;
}

/** Of a partition's messages: the first that is kept, and the next that comes. */
interface Bounds {
  low: number;
  high: number;
}

export class KafkaGroup {
  readonly name: string;
  readonly #options: KafkaGroupOptions;
  readonly #topic: string;
  readonly #consumer: Consumer;
  readonly #strays: StrayMessages;
  readonly #readers = new Map<number, KafkaPartitionReader>();
  readonly #counters = { rebalances: 0, lostPartitions: 0, lostMessages: 0, plainMessages: 0, rehomed: 0, deadMessages: 0 };
  readonly #lookTimer: NodeJS.Timeout;
  /** The newest offset of each partition that kafkajs has told as committed. */
  readonly #told = new Map<number, number>();
  /** An assignment waits for them: it compares what is committed with what the readers know of it. */
  readonly #commits = new Set<Promise<boolean>>();
  /** What was fetched, and commits, wait until the readers of the assignment are there. */
  #assigned: Promise<void> = Promise.resolve();
  /** Partitions that ended, at the last look, before what was read of them. */
  #short = new Set<number>();
  /** Ours in the group, until it gives us up. */
  #memberId: string | null = null;
  #isClosed = false;

  private constructor(options: KafkaGroupOptions) {
    this.name = options.name;
    this.#options = options;
    const { connection, appender, kind } = options;
    this.#topic = connection.topic(kind.topic);
    this.#consumer = connection.kafka.consumer({
      groupId: options.name,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: beatMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      maxWaitTimeInMs: fetchWaitMs,
      minBytes: fetchMinBytes,
      maxBytesPerPartition: partitionFetchBytes,
      retry: patientRetry,
    });
    this.#strays = new StrayMessages(connection, appender, kind);
    this.#lookTimer = setInterval(() => void this.#look(), lookMs);
  }

  /** Resolves when it is a member; partitions come through `onPartition`. */
  static async join(options: KafkaGroupOptions): Promise<KafkaGroup> {
    const group = new KafkaGroup(options);
    try {
      await group.#run();
      return group;
    } catch (error) {
      await group.close();
      throw error;
    }
  }

  counters(): KafkaGroupCounters {
    return { partitions: this.#readers.size, ...this.#counters };
  }

  /** For the readers: they may be closed before or after. */
  async commit(reader: KafkaPartitionReader, committed: CommittedOffset): Promise<void> {
    while (!this.#isClosed) {
      const assigned = this.#assigned;
      await assigned;
      reader.throwIfLost();
      if (assigned !== this.#assigned) continue;
      const trying = this.#tryCommit(reader.partition, committed);
      this.#commits.add(trying);
      const isTaken = await trying.finally(() => this.#commits.delete(trying));
      if (isTaken) return;
      await sleep(commitRetryMs);
    }
    throw new PartitionLost('this process has left the group');
  }

  /** Retention may have overtaken it while it was full. */
  onRoom(reader: KafkaPartitionReader): void {
    this.#untilAnswered(() => this.#bounds())
      .then((bounds) => {
        if (this.#readers.get(reader.partition) === reader && !this.#isClosed) this.#goOn(reader, bounds);
      })
      .catch(() => {
        // The group is closed meanwhile, or about to join anew: then the next assignment lets it go on.
      });
  }

  /** Leaves the group: others take over at once. Commits must be done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#lookTimer);
    this.#loseAll();
    await this.#consumer.disconnect();
    await this.#strays.close();
  }

  #loseAll(): void {
    for (const reader of this.#readers.values()) reader.lose();
  }

  async #run(): Promise<void> {
    const { GROUP_JOIN, COMMIT_OFFSETS } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      const partitions = payload.memberAssignment[this.#topic] ?? [];
      if (this.#memberId !== payload.memberId) this.#loseAll();
      this.#memberId = payload.memberId;
      // Nothing is fetched before it is known from where.
      this.#pause(...partitions);
      this.#assigned = this.#assigned
        .then(() => this.#assign(partitions))
        .catch(() => {
          // Only where the group is closed meanwhile.
        });
    });
    this.#consumer.on(COMMIT_OFFSETS, ({ payload }) => {
      for (const one of payload.topics.flatMap(({ partitions }) => partitions)) this.#told.set(Number(one.partition), Number(one.offset));
    });
    const { connection, onFailure } = this.#options;
    const isClosed = () => this.#isClosed;
    const eachBatch = (payload: EachBatchPayload) => this.#take(payload);
    await runConsumer({ connection, consumer: this.#consumer, topic: this.#topic, eachBatch, isClosed, onFailure });
  }

  async #assign(partitions: readonly number[]): Promise<void> {
    this.#counters.rebalances++;
    await Promise.all(this.#commits);
    const committed = await this.#untilAnswered(() => this.#committed());
    const bounds = await this.#untilAnswered(() => this.#bounds());
    if (this.#isClosed) return;
    this.#checkEnds(committed, bounds);
    for (const [partition, reader] of this.#readers) {
      if (partitions.includes(partition) && reader.isOpen && reader.holds(committed.get(partition) ?? null)) continue;
      reader.lose();
      this.#counters.lostPartitions++;
      this.#readers.delete(partition);
    }
    for (const partition of partitions) {
      const kept = this.#readers.get(partition);
      const start = { committed: committed.get(partition) ?? null, firstOffset: bounds.get(partition)?.low ?? 0 };
      const reader = kept ?? new KafkaPartitionReader(this, partition, start);
      this.#readers.set(partition, reader);
      if (!reader.isFull) this.#goOn(reader, bounds);
      if (!kept) this.#options.onPartition(reader);
    }
  }

  async #committed(): Promise<Map<number, CommittedOffset>> {
    const { admin } = this.#options.connection;
    const [found] = await admin.fetchOffsets({ groupId: this.name, topics: [this.#topic] });
    const known = found?.partitions.filter(({ offset }) => Number(offset) >= 0) ?? [];
    return new Map(known.map(({ partition, offset, metadata }) => [partition, { offset: Number(offset), metadata: metadata ?? '' }]));
  }

  async #bounds(): Promise<Map<number, Bounds>> {
    const watermarks = await this.#options.connection.admin.fetchTopicOffsets(this.#topic);
    return new Map(watermarks.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  }

  /**
   * Fetches on from where the reader is, or from what retention has left: asked for what is gone, the brokers refuse, and kafkajs
   * would write a place of its own over our commit and its state.
   */
  #goOn(reader: KafkaPartitionReader, bounds: Map<number, Bounds>): void {
    const { partition } = reader;
    const { low, high } = bounds.get(partition) ?? { low: 0, high: 0 };
    this.#noteLost(reader, reader.look(low, high));
    this.#consumer.seek({ topic: this.#topic, partition, offset: String(reader.nextOffset) });
    this.#consumer.resume([{ topic: this.#topic, partitions: [partition] }]);
  }

  async #untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (this.#isClosed) throw error;
        this.#options.connection.sayUnreachable(error);
      }
      await sleep(commitRetryMs);
    }
  }

  /** Behind its end, what comes next would be taken for what was read long ago. */
  #checkEnds(committed: Map<number, CommittedOffset>, bounds: Map<number, Bounds>): void {
    const endOf = (partition: number) => bounds.get(partition)?.high ?? 0;
    const [short] = [...committed].filter(([partition, { offset }]) => offset > endOf(partition));
    if (short === undefined) return;
    const [partition, { offset }] = short;
    this.#failShort(`ends at ${endOf(partition)} in partition ${partition}, and ${offset} is committed`);
  }

  /** Twice, because a leader that has just been chosen may not know its end yet. `read`: up to where, before the brokers were asked. */
  #checkRead(read: ReadonlyMap<number, number>, bounds: ReadonlyMap<number, Bounds>): void {
    const before = this.#short;
    this.#short = new Set([...bounds].filter(([partition, { high }]) => high < (read.get(partition) ?? 0)).map(([partition]) => partition));
    const [partition] = [...this.#short].filter((short) => before.has(short));
    if (partition === undefined) return;
    const ends = `ends at ${bounds.get(partition)?.high} in partition ${partition}`;
    this.#failShort(`${ends}, and was read up to ${read.get(partition)}`);
  }

  #failShort(how: string): void {
    const problem = `${this.#topic} ${how}: Kafka has lost a part of it`;
    this.#options.onFailure(new KafkaProblem(`${problem}. Set the offsets of the group ${this.name} back, as docs/kafka.md says`));
  }

  async #take({ batch, heartbeat, resolveOffset, isStale }: EachBatchPayload): Promise<void> {
    await whileBeating(heartbeat, this.#assigned);
    // It was fetched for the reader before, or before its place was known.
    if (isStale()) return;
    const { partition } = batch;
    const reader = this.#readers.get(partition);
    if (!reader?.isOpen) return this.#pause(partition);
    const { batches, strays, dead } = this.#sort(batch, reader.nextOffset);
    if (strays.length + dead.length > 0) {
      const isWanted = () => reader.isOpen && !this.#isClosed;
      try {
        await whileBeating(heartbeat, this.#strays.settle(strays, dead, isWanted));
      } catch (error) {
        // kafkajs's own are the group's, that has moved on.
        if (!(error instanceof Error) || error instanceof kafkajs.KafkaJSError) throw error;
        this.#options.onFailure(error);
        return this.#pause(partition);
      }
      this.#counters.rehomed += strays.length;
      this.#counters.deadMessages += dead.length;
    }
    const nextOffset = Number(batch.lastOffset()) + 1;
    const firstOffset = Number(batch.firstOffset() ?? nextOffset);
    this.#noteLost(reader, reader.offer({ batches, firstOffset, nextOffset, endOffset: Number(batch.highWatermark) }));
    // Another reader, that has come meanwhile, begins at the commit: nothing is fetched for it yet.
    if (this.#readers.get(partition) === reader) resolveOffset(batch.lastOffset());
    if (reader.isFull) this.#pause(partition);
  }

  #pause(...partitions: number[]): void {
    this.#consumer.pause([{ topic: this.#topic, partitions }]);
  }

  #sort({ messages, partition }: EachBatchPayload['batch'], fromOffset: number) {
    const sorted = { batches: [] as DocumentBatch[], strays: [] as StrayMessage[], dead: [] as UnreadableMessage[] };
    const { connection, kind } = this.#options;
    const count = connection.partitions(kind.topic);
    for (const message of messages) {
      if (Number(message.offset) < fromOffset) continue;
      const read = readMessage(message, partition, kind);
      if (read.batch === undefined) {
        sorted.dead.push({ message, partition, problem: read.problem });
        connection.logger.warn({ topic: this.#topic, partition, offset: message.offset, problem: read.problem }, 'a message is not ours');
      } else if (read.isPlain) {
        this.#counters.plainMessages++;
        const home = kind.partitionOf(read.batch.bytes, count) ?? partition;
        if (home === partition) sorted.batches.push(read.batch);
        else sorted.strays.push({ message, partition, batch: read.batch });
      } else sorted.batches.push(read.batch);
    }
    return sorted;
  }

  /** How far the partitions reach: for `unread`, for what retention has taken of one that nothing comes into any more, and for a loss. */
  async #look(): Promise<void> {
    const read = new Map([...this.#readers].map(([partition, { nextOffset }]) => [partition, nextOffset]));
    const bounds = await this.#bounds().catch(() => new Map<number, Bounds>());
    this.#checkRead(read, bounds);
    for (const [partition, { low, high }] of bounds) {
      const reader = this.#readers.get(partition);
      if (reader) this.#noteLost(reader, reader.look(low, high));
    }
  }

  #noteLost({ partition }: KafkaPartitionReader, messages: number): void {
    if (messages === 0) return;
    this.#counters.lostMessages += messages;
    this.#options.connection.logger.error(
      { topic: this.#topic, partition, messages },
      'messages were gone from Kafka before they were read',
    );
  }

  /** kafkajs is silent about a commit that it leaves out while it stops, so only what it tells as committed is. */
  async #tryCommit(partition: number, { offset, metadata }: CommittedOffset): Promise<boolean> {
    this.#told.delete(partition);
    try {
      await this.#consumer.commitOffsets([{ topic: this.#topic, partition, offset: String(offset), metadata }]);
    } catch (error) {
      this.#options.connection.logger.debug({ err: error, partition }, 'a commit was not taken');
    }
    return this.#told.get(partition) === offset;
  }
}

/** Rejects when the group has moved on meanwhile: what was fetched is then not ours any more. */
async function whileBeating(heartbeat: () => Promise<void>, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_, reject) => {
    timer = setInterval(() => heartbeat().catch(reject), beatMs);
  });
  try {
    await Promise.race([work, failed]);
  } finally {
    clearInterval(timer);
  }
}
