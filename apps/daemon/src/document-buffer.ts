/**
 * Documents between the socket and the log. They are appended together, at most every `flushIntervalMs`, or as soon as
 * `flushBytes` have come; one append is under way at a time, and what comes meanwhile waits in batches.
 *
 * Never waits and never throws: beyond `maxBytes` the oldest waiting batch is dropped, and a batch that the log refuses
 * is dropped, both counted as spilled over. So accepted = appended + spilledOver + inHand at every moment.
 */
import type { LogAppender } from '@fluoroscope/log/log';

const flushIntervalMs = 10;
const flushBytes = 256 * 1024;
/** While the disk is slow a waiting batch grows up to this, so that fewer syncs carry more. */
const largestBatchBytes = 1024 * 1024;
/** A buffer holds at least this many batches, so that dropping one is a small part of it. */
const batchesPerBuffer = 8;
/** What a document costs in memory beside its bytes, so that a flood of tiny ones is bounded too. */
const overheadBytes = 256;

interface Batch {
  documents: Uint8Array[];
  /** In memory. */
  bytes: number;
  /** When its first document came. */
  receivedAtMs: number;
}

export interface DocumentBufferOptions {
  log: LogAppender;
  /** Most bytes of memory for documents in hand, those being appended included. */
  maxBytes: number;
  /** Documents were dropped: by the bound when there is no error, else because the log refused them. */
  onSpill: (documents: number, error?: unknown) => void;
}

export class DocumentBuffer {
  appended = 0;
  spilledOver = 0;
  inHand = 0;
  readonly #options: DocumentBufferOptions;
  readonly #batchBytes: number;
  /** Oldest first; documents are added to the last one. */
  readonly #waiting: Batch[] = [];
  #bytesInHand = 0;
  #timer: NodeJS.Timeout | null = null;
  #appending: Promise<void> | null = null;

  constructor(options: DocumentBufferOptions) {
    this.#options = options;
    this.#batchBytes = Math.min(largestBatchBytes, Math.floor(options.maxBytes / batchesPerBuffer));
  }

  /** Keeps the memory of `document` until it is decided. */
  add(document: Uint8Array): void {
    const bytes = document.length + overheadBytes;
    this.inHand++;
    this.#bytesInHand += bytes;
    const last = this.#waiting.at(-1);
    if (last && last.bytes < this.#batchBytes) {
      last.documents.push(document);
      last.bytes += bytes;
    } else {
      this.#waiting.push({ documents: [document], bytes, receivedAtMs: Date.now() });
    }
    if (this.#bytesInHand > this.#options.maxBytes) this.#dropOldest();
    if (this.#appending) return;
    if (this.#isLarge()) this.#flush();
    else this.#startTimer();
  }

  /** Resolves when everything is appended or dropped. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#appending) {
      this.#flush();
      await this.#appending;
    }
  }

  #startTimer(): void {
    this.#timer ??= setTimeout(() => this.#flush(), flushIntervalMs);
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#appending ??= this.#appendAll();
  }

  /** Appends what waits; a small batch that has just begun is left to its timer. */
  async #appendAll(): Promise<void> {
    do {
      const batch = this.#waiting.shift();
      if (batch) await this.#append(batch);
    } while (this.#isLarge() || this.#isDue());
    this.#appending = null;
    if (this.#waiting.length > 0) this.#startTimer();
  }

  #isLarge(): boolean {
    return this.#waiting.length > 1 || (this.#waiting[0]?.bytes ?? 0) >= Math.min(flushBytes, this.#batchBytes);
  }

  #isDue(): boolean {
    const first = this.#waiting[0];
    return first !== undefined && Date.now() - first.receivedAtMs >= flushIntervalMs;
  }

  async #append(batch: Batch): Promise<void> {
    try {
      await this.#options.log.append(batch.documents, batch.receivedAtMs);
      this.#release(batch);
      this.appended += batch.documents.length;
    } catch (error) {
      this.#spill(batch, error);
    }
  }

  #dropOldest(): void {
    const oldest = this.#waiting.shift();
    if (oldest) this.#spill(oldest);
  }

  #spill(batch: Batch, error?: unknown): void {
    this.#release(batch);
    this.spilledOver += batch.documents.length;
    this.#options.onSpill(batch.documents.length, error);
  }

  #release(batch: Batch): void {
    this.inHand -= batch.documents.length;
    this.#bytesInHand -= batch.bytes;
  }
}
