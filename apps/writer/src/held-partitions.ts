/**
 * The partitions of one topic that this process has, each with its writer: one is made when a partition is given to it, and closed when
 * the partition is given to another process. What a closed one had not committed is done again there.
 *
 * A partition has one writer at a time, also when it goes and comes back. One that cannot start is tried again, for as long as it takes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { UnusableServer } from '@fluoroscope/clickhouse/migrate';
import { type LogReader, PartitionLost } from '@fluoroscope/log/log';
import { earliestOf } from '@fluoroscope/runtime/health';
import type { Logger } from '@fluoroscope/runtime/logger';

const retryMs = 1_000;

export interface HeldWriter {
  /** Epoch milliseconds; null while all is well. */
  troubleSinceMs(): number | null;
  close(): Promise<void>;
}

export interface StartOptions {
  reader: LogReader;
  /** The partition has gone: nobody waits for it any more. */
  signal: AbortSignal;
  onFailure: (error: unknown) => void;
  logger: { info(message: string): void; warn(message: string): void };
}

export interface HeldPartitionsOptions<Writer> {
  start: (options: StartOptions) => Promise<Writer>;
  logger: Logger;
  /** A writer cannot go on for another reason than the loss of its partition: the process should end. */
  onFailure: (error: unknown) => void;
}

interface Held<Writer> {
  reader: LogReader;
  sinceMs: number;
  /** Null until it has started. */
  writer: Writer | null;
  /** It is not to be started any more. */
  letGo: AbortController;
  /** Started, or given up because the partition was lost meanwhile. */
  started: Promise<void>;
}

export class HeldPartitions<Writer extends HeldWriter> {
  readonly #options: HeldPartitionsOptions<Writer>;
  readonly #held = new Map<number, Held<Writer>>();
  /** By partition, until none of its writers has anything under way. */
  readonly #closing = new Map<number, Promise<void>>();
  #isClosed = false;

  constructor(options: HeldPartitionsOptions<Writer>) {
    this.#options = options;
  }

  /** Also of those that wait for their writer. */
  get size(): number {
    return this.#held.size;
  }

  /** In place of the one that had this partition here before, when that has ended: also one that has lost it by itself. */
  add(reader: LogReader): void {
    const before = this.#letGo(reader.partition);
    const held = { reader, sinceMs: Date.now(), writer: null, letGo: new AbortController(), started: Promise.resolve() };
    this.#held.set(reader.partition, held);
    held.started = before.then(() => this.#start(held));
  }

  /** `writer` is null until it has started. */
  all(): { reader: LogReader; writer: Writer | null }[] {
    return [...this.#held.values()];
  }

  writers(): Writer[] {
    return this.all().flatMap(({ writer }) => writer ?? []);
  }

  /** Since when ClickHouse has not taken what it was given, or a partition has no writer; null while all is well. */
  troubleSinceMs(): number | null {
    return earliestOf([...this.#held.values()].map(({ writer, sinceMs }) => (writer === null ? sinceMs : writer.troubleSinceMs())));
  }

  /** Stores what has been read, commits, and stops. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const partition of [...this.#held.keys()]) void this.#letGo(partition);
    await Promise.all(this.#closing.values());
  }

  async #start(held: Held<Writer>): Promise<void> {
    const { start, logger, onFailure } = this.#options;
    while (!this.#isClosed && this.#isHeld(held)) {
      try {
        held.writer = await start(this.#startOptions(held));
        return;
      } catch (error) {
        if (this.#isOver(held, error)) return;
        if (error instanceof UnusableServer) return onFailure(error);
        logger.warn({ err: error, partition: held.reader.partition }, 'a partition cannot be written yet; trying again');
      }
      await sleep(retryMs);
    }
  }

  #startOptions(held: Held<Writer>): StartOptions {
    const { logger, onFailure } = this.#options;
    const { reader, letGo } = held;
    const { name: group, partition } = reader;
    return {
      reader,
      signal: letGo.signal,
      onFailure: (error) => {
        if (!this.#isOver(held, error)) onFailure(error);
      },
      logger: {
        info: (message) => logger.info({ group, partition }, message),
        warn: (message) => logger.warn({ group, partition }, message),
      },
    };
  }

  /** Another process has the partition. */
  #isOver(held: Held<Writer>, error: unknown): boolean {
    if (!(error instanceof PartitionLost) && this.#isHeld(held)) return false;
    if (this.#isHeld(held)) void this.#letGo(held.reader.partition);
    return true;
  }

  #isHeld(held: Held<Writer>): boolean {
    return this.#held.get(held.reader.partition) === held;
  }

  /** Resolves when nothing of the partition is under way here any more. */
  #letGo(partition: number): Promise<void> {
    const before = this.#closing.get(partition) ?? Promise.resolve();
    const held = this.#held.get(partition);
    if (held === undefined) return before;
    this.#held.delete(partition);
    held.letGo.abort();
    const closed = before
      .then(() => held.started)
      .then(() => held.writer?.close())
      .finally(() => {
        if (this.#closing.get(partition) === closed) this.#closing.delete(partition);
      });
    this.#closing.set(partition, closed);
    return closed;
  }
}
