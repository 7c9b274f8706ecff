/**
 * One partition of a topic of documents, as `log.ts` has a reader. The group puts in what was fetched; whoever reads takes it out
 * at their own pace, so that a slow insert never keeps the group from its heartbeat.
 *
 * Bounded: with `fullBytes` waiting the group fetches no more for this partition, until half of it has been taken.
 * The offset that is committed is the one behind the last message that is done as a whole; the exact position, and the state,
 * are its metadata.
 */
import { formatBytes } from '@fluoroscope/format/bytes';
import { maxDocumentsPerMessage, offsetOf, positionOf } from './kafka-message.js';
import { type DocumentBatch, type LogReader, PartitionLost } from './log.js';
import { batchFrom } from './record.js';
import { Waiting } from './waiting.js';

const fullBytes = 8 * 1024 * 1024;
/** Brokers take 4,096 bytes of metadata with an offset. */
const maxMetadataBytes = 4_000;

/** As the group's coordinator keeps it. */
export interface CommittedOffset {
  offset: number;
  metadata: string;
}

/** What the reader asks of its group. */
export interface ReaderGroup {
  readonly name: string;
  /** Resolves when the coordinator has taken it; rejects when the reader was lost before that. */
  commit(reader: KafkaPartitionReader, committed: CommittedOffset): Promise<void>;
  onRoom(reader: KafkaPartitionReader): void;
}

/** What one fetch has brought. */
export interface Fetched {
  batches: readonly DocumentBatch[];
  /** Of the first and behind the last message, whether or not they are among the batches. */
  firstOffset: number;
  nextOffset: number;
  /** Where the partition ends. */
  endOffset: number;
}

export class KafkaPartitionReader implements LogReader {
  readonly name: string;
  readonly partition: number;
  /** Of the next message that is wanted. */
  nextOffset: number;
  readonly #group: ReaderGroup;
  #committed: CommittedOffset | null;
  /** Documents before this are done already. */
  readonly #startPosition: number;
  #queue: DocumentBatch[] = [];
  #queuedBytes = 0;
  #queuedDocuments = 0;
  #lostBehind = 0;
  #endOffset = 0;
  /** Ends of messages that were given out and not committed. */
  #given: number[] = [];
  readonly #waiting = new Waiting();
  #ended: 'lost' | 'closed' | null = null;

  /** Without a commit it begins at `firstOffset`, where the partition does. */
  constructor(
    group: ReaderGroup,
    partition: number,
    { committed, firstOffset }: { committed: CommittedOffset | null; firstOffset: number },
  ) {
    this.name = group.name;
    this.partition = partition;
    this.#group = group;
    this.#committed = committed;
    this.nextOffset = committed?.offset ?? firstOffset;
    this.#startPosition = (committed && parse(committed)?.position) ?? positionOf(this.nextOffset);
  }

  get isFull(): boolean {
    return this.#queuedBytes >= fullBytes;
  }

  get isOpen(): boolean {
    return this.#ended === null;
  }

  /** True when nobody else has committed since. */
  holds(committed: CommittedOffset | null): boolean {
    return this.#committed?.offset === committed?.offset && this.#committed?.metadata === committed?.metadata;
  }

  /** Messages that it has already are passed over; a gap before the first one is what retention has taken. */
  offer({ batches, firstOffset, nextOffset, endOffset }: Fetched): number {
    const from = this.nextOffset;
    const lost = Math.max(0, firstOffset - from);
    this.#lostBehind += lost;
    for (const batch of batches) if (offsetOf(batch.position) >= from) this.#enqueue(batch);
    const last = batches.at(-1);
    // What came last is none of ours: without a batch, nothing would ever be committed behind it.
    if (nextOffset > from && (last === undefined || offsetOf(last.position) < nextOffset - 1)) this.#enqueue(this.#nothingAt(nextOffset));
    this.nextOffset = Math.max(from, nextOffset);
    this.#endOffset = Math.max(endOffset, this.nextOffset);
    this.#waiting.end();
    return lost;
  }

  /** What the brokers say of the partition; returns what retention has taken unread. */
  look(startOffset: number, endOffset: number): number {
    if (startOffset > this.nextOffset) return this.offer({ batches: [], firstOffset: startOffset, nextOffset: startOffset, endOffset });
    this.#endOffset = Math.max(endOffset, this.nextOffset);
    return 0;
  }

  /** It is not ours any more: another member has it, or may. */
  lose(): void {
    this.#end('lost');
  }

  async next(maxBytes: number, waitMs: number): Promise<DocumentBatch[]> {
    this.throwIfLost();
    if (this.#queue.length === 0 && this.isOpen) await this.#waiting.begin(waitMs);
    this.throwIfLost();
    const wasFull = this.#queuedBytes >= fullBytes / 2;
    const batches = this.#take(maxBytes);
    if (wasFull && this.#queuedBytes < fullBytes / 2) this.#group.onRoom(this);
    return batches;
  }

  async commit(position: number, state: unknown): Promise<void> {
    this.throwIfLost();
    const metadata = JSON.stringify({ position, state });
    const bytes = Buffer.byteLength(metadata);
    if (bytes > maxMetadataBytes)
      throw new RangeError(`the state of reader ${this.name} has ${formatBytes(bytes)}, and may have ${formatBytes(maxMetadataBytes)}`);
    const committed = { offset: this.#offsetBehind(position), metadata };
    await this.#group.commit(this, committed);
    this.#committed = committed;
    this.#given = this.#given.filter((end) => end > position);
  }

  /** Where an operator has moved the group, it is read from there on, but what is stored of it nobody of us knows. */
  async committed(): Promise<{ position: number; state: unknown }> {
    this.throwIfLost();
    return (this.#committed && parse(this.#committed)) ?? { position: this.#startPosition, state: null };
  }

  unread(): number {
    return this.#queuedDocuments + Math.max(0, this.#endOffset - this.nextOffset);
  }

  async close(): Promise<void> {
    this.#end('closed');
  }

  throwIfLost(): void {
    if (this.#ended === 'lost') throw new PartitionLost(`partition ${this.partition} is read by another process now`);
  }

  #end(how: 'lost' | 'closed'): void {
    this.#ended ??= how;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#queuedDocuments = 0;
    this.#waiting.end();
  }

  #enqueue(batch: DocumentBatch): void {
    if (!this.isOpen) return;
    const rest = batch.position < this.#startPosition ? batchFrom(batch, this.#startPosition) : batch;
    if (rest.position + rest.ends.length <= this.#startPosition && rest.ends.length > 0) return;
    const lost = this.#lostBehind;
    this.#lostBehind = 0;
    this.#queue.push(lost > 0 ? { ...rest, lost } : rest);
    this.#queuedBytes += rest.bytes.length;
    this.#queuedDocuments += rest.ends.length;
  }

  /** As behind a message that is full. */
  #nothingAt(offset: number): DocumentBatch {
    const position = positionOf(offset - 1) + maxDocumentsPerMessage;
    return { partition: this.partition, position, receivedAtMs: 0, bytes: new Uint8Array(), ends: new Uint32Array(), lost: 0 };
  }

  #take(maxBytes: number): DocumentBatch[] {
    let bytes = 0;
    let count = 0;
    for (const batch of this.#queue) {
      bytes += batch.bytes.length;
      if (count > 0 && bytes > maxBytes) break;
      count++;
    }
    const batches = this.#queue.splice(0, count);
    for (const { position, bytes: taken, ends } of batches) {
      this.#queuedBytes -= taken.length;
      this.#queuedDocuments -= ends.length;
      this.#given.push(position + ends.length);
    }
    return batches;
  }

  /** As it was committed before; behind the message that ends there; else the message that the position lies in. */
  #offsetBehind(position: number): number {
    if (this.#committed && parse(this.#committed)?.position === position) return this.#committed.offset;
    const isEnd = this.#given.includes(position) && position !== positionOf(offsetOf(position));
    return offsetOf(position) + (isEnd ? 1 : 0);
  }
}

/** Null where it is not ours: an operator's offset stands alone. */
function parse({ metadata }: CommittedOffset): { position: number; state: unknown } | null {
  try {
    const { position, state = null } = Object(JSON.parse(metadata));
    if (Number.isSafeInteger(position)) return { position, state };
  } catch {
    // As where there is none.
  }
  return null;
}
