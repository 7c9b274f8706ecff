/**
 * The log seam: what arrives is appended once and acknowledged; everything else reads. Two implementations fit it:
 * the disk log of this library, and Kafka.
 *
 * A log is one topic of documents in partitions (the disk log has one partition, 0). Every document has a position in its
 * partition: it grows in the order of appending, by one from document to document on disk, and with gaps where several
 * documents travel in one message. Delivery is at least once: a reader that dies reads again from its last commit.
 */

/** Documents that travel together: one record of the log. Raw bytes, never parsed on the way in. */
export interface DocumentBatch {
  partition: number;
  /** Position of the first document; the i-th has `position + i`. */
  position: number;
  /** When the batch was received, epoch milliseconds by the appending process's clock. */
  receivedAtMs: number;
  /** All documents, one after the other. */
  bytes: Uint8Array;
  /** `ends[i]` is the offset just behind the i-th document; it begins at `ends[i - 1]`, or at 0. */
  ends: Uint32Array;
  /** Documents directly before these that are damaged or gone. A batch may hold nothing but this. */
  lost: number;
}

export interface LogAppender {
  /**
   * Resolves when the documents are durable: fsynced, or acknowledged by every in-sync replica.
   * Bounded: rejects with `LogFull` while the log is at its byte cap or its disk is full, with `LogBroken` after an
   * fsync error. Nothing of a rejected append is ever read.
   */
  append(documents: readonly Uint8Array[], receivedAtMs: number): Promise<void>;
}

/** One partition of a log, under a durable name. All methods reject with `PartitionLost` once another reader of that name has it. */
export interface LogReader {
  /** Its position survives a restart, and the log keeps what it has not read (for 24 h after its last commit). */
  readonly name: string;
  readonly partition: number;
  /**
   * The next batches in order, at most `maxBytes` (but at least one batch), waiting up to `waitMs` when there are none;
   * empty when the time is over.
   */
  next(maxBytes: number, waitMs: number): Promise<DocumentBatch[]>;
  /** Everything before `position` is done. `state` (small, JSON) is kept with it and comes back from `committed()`. */
  commit(position: number, state: unknown): Promise<void>;
  /** Where it began, with the state null, where nothing was committed under this name, or an operator has put its place elsewhere. */
  committed(): Promise<{ position: number; state: unknown }>;
  /** Durable documents that `next` has not given out, as far as is known; where several travel in one message, it counts as one. */
  unread(): number;
  /** Throws where the others would reject: for who is about to write elsewhere what was read here. */
  throwIfLost(): void;
  close(): Promise<void>;
}

/** The log cannot take more now: byte cap or full disk. Callers answer 429 or count as spilled over, and may try again. */
export class LogFull extends Error {
  override readonly name = 'LogFull';
}

/** The log cannot promise durability any more (fsync failed). The process must say so and stop taking data. */
export class LogBroken extends Error {
  override readonly name = 'LogBroken';
}

/** The partition is read by another process now. Nothing is lost: what was not committed is read again there. */
export class PartitionLost extends Error {
  override readonly name = 'PartitionLost';
}
