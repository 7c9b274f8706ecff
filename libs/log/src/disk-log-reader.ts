/**
 * A named reader of the disk log, in the appender's process or another one of its tree: it is told how far the log is
 * durable (`advance`), and reads the files up to there. It waits without polling.
 *
 * The position survives in `readers/<name>.json`, written whole and fsynced by every commit. A reader registers there
 * when it is first opened, so that the log keeps what it has not read; while it is open it touches the file, so that a
 * reader which waits for its storage is not taken for one that is gone.
 */
import { utimes } from 'node:fs/promises';
import { formatBytes } from '@fluoroscope/format/bytes';
import type { DocumentBatch, LogReader } from './log.js';
import { listFiles, type ReaderFile, readerPath, readFormat, readReader, replaceFile } from './log-folder.js';
import { RecordCursor } from './record-cursor.js';
import { Waiting } from './waiting.js';

const touchIntervalMs = 60_000;
const maxStateBytes = 1024 * 1024;

export interface DiskLogReaderOptions {
  folder: string;
  name: string;
  /** What the appender's `endPosition` is now; later values come through `advance`. */
  durablePosition: number;
  logger: { error(details: object, message: string): void };
}

export class DiskLogReader implements LogReader {
  readonly name: string;
  readonly partition = 0;
  readonly #path: string;
  readonly #cursor: RecordCursor;
  readonly #touchTimer: NodeJS.Timeout;
  #durable: number;
  #committed: ReaderFile;
  /** Taken from the cursor, and too much for the answer before. */
  #held: DocumentBatch | null = null;
  /** Of what is lost, what a batch has told. */
  #toldLost = 0;
  readonly #waiting = new Waiting();
  #commits: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: DiskLogReaderOptions, committed: ReaderFile, seed: number) {
    this.name = options.name;
    this.#path = readerPath(options.folder, options.name);
    this.#durable = options.durablePosition;
    this.#committed = committed;
    const { position } = committed;
    const onLost = (from: number, documents: number) =>
      options.logger.error({ reader: options.name, position: from, documents }, 'documents of the log are damaged or gone');
    this.#cursor = new RecordCursor({ folder: options.folder, seed, position, onLost });
    this.#touchTimer = setInterval(() => void this.#touch(), touchIntervalMs).unref();
  }

  static async open(options: DiskLogReaderOptions): Promise<DiskLogReader> {
    const { folder, name } = options;
    const seed = await readFormat(folder);
    let committed = await readReader(folder, name);
    if (!committed) {
      committed = { position: (await listFiles(folder))[0]?.base ?? 0, state: null };
      await replaceFile(readerPath(folder, name), JSON.stringify(committed));
    }
    const reader = new DiskLogReader(options, committed, seed);
    await reader.#touch();
    return reader;
  }

  /** Everything before `durablePosition` is durable, and may be read. */
  advance(durablePosition: number): void {
    if (durablePosition <= this.#durable) return;
    this.#durable = durablePosition;
    this.#waiting.end();
  }

  /** Documents that were skipped, because their records are damaged or were deleted, since this reader was opened. */
  get lost(): number {
    return this.#cursor.lost;
  }

  async next(maxBytes: number, waitMs: number): Promise<DocumentBatch[]> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const batches = await this.#collect(maxBytes);
      const leftMs = deadline - performance.now();
      if (batches.length > 0 || leftMs <= 0 || this.#closed) return batches;
      if (this.#cursor.position >= this.#durable) await this.#waiting.begin(leftMs);
    }
  }

  async commit(position: number, state: unknown): Promise<void> {
    const committed = { position, state };
    const text = JSON.stringify(committed);
    if (text.length > maxStateBytes)
      throw new RangeError(`the state of reader ${this.name} has ${formatBytes(text.length)}, and may have ${formatBytes(maxStateBytes)}`);
    const written = this.#commits.then(() => replaceFile(this.#path, text));
    // A commit that failed is its caller's to handle; the next one starts anew.
    this.#commits = written.catch(() => {});
    await written;
    this.#committed = committed;
  }

  async committed(): Promise<{ position: number; state: unknown }> {
    return this.#committed;
  }

  unread(): number {
    return Math.max(0, this.#durable - (this.#held?.position ?? this.#cursor.position));
  }

  /** The files have one reader of a name. */
  throwIfLost(): void {}

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#touchTimer);
    this.#waiting.end();
    await this.#commits;
    await this.#cursor.close();
  }

  async #collect(maxBytes: number): Promise<DocumentBatch[]> {
    const batches: DocumentBatch[] = [];
    let bytes = 0;
    while (!this.#closed) {
      const batch = this.#held ?? this.#take();
      this.#held = null;
      if (batch) {
        bytes += batch.bytes.length;
        if (bytes > maxBytes && batches.length > 0) {
          this.#held = batch;
          break;
        }
        batches.push(batch);
      } else if (batches.length > 0)
        break; // what is not in memory yet waits for the next call
      else if (!(await this.#cursor.fill(this.#durable))) return this.#lossAtTheEnd();
    }
    return batches;
  }

  /** The next batch that is in memory, with what was lost before it. */
  #take(): DocumentBatch | null {
    const batch = this.#cursor.take();
    if (batch) batch.lost = this.#tellLost();
    return batch;
  }

  #tellLost(): number {
    const lost = this.#cursor.lost - this.#toldLost;
    this.#toldLost = this.#cursor.lost;
    return lost;
  }

  #lossAtTheEnd(): DocumentBatch[] {
    const lost = this.#tellLost();
    if (lost === 0) return [];
    const { position } = this.#cursor;
    return [{ partition: this.partition, position, receivedAtMs: 0, bytes: new Uint8Array(), ends: new Uint32Array(), lost }];
  }

  /** A sign of life; the log's folder may be gone at the very end. */
  async #touch(): Promise<void> {
    const now = new Date();
    await utimes(this.#path, now, now).catch(() => {});
  }
}
