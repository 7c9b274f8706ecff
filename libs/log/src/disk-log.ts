/**
 * The disk implementation of the log: append-only files, one appender per folder.
 *
 * Group commit: what is appended while a sync runs is written with one writev and one fdatasync, then resolves together;
 * so appends are durable in the order in which they were made. Positions are given at that moment: a refused append
 * leaves no gap. A file is deleted when every live reader is past it; with no reader yet, everything is kept.
 *
 * Bounds: bytes on disk (`capBytes`) and bytes waiting in memory (`maxPendingBytes`); both refuse with `LogFull`, and
 * so does a full disk, whose partial write is cut off again. An fsync error is `LogBroken` for good: the kernel may
 * have dropped the pages, so asking again proves nothing.
 */
import { open } from 'node:fs/promises';
import { formatBytes } from '@fluoroscope/format/bytes';
import { AppendQueue, type PendingAppend } from './append-queue.js';
import { DiskLogReader } from './disk-log-reader.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { type LogAppender, LogBroken, LogFull } from './log.js';
import { LogFiles } from './log-files.js';
import { createFolder, type LogFile, listFiles, listReaders, readFormat } from './log-folder.js';
import { ReaderWatch } from './reader-watch.js';
import { maxRecordBytes, recordBytes, sealRecord } from './record.js';
import { recoverLastFile } from './recovery.js';

const defaultFileBytes = 64 * 1024 * 1024;
/** A file is at most this part of the cap, so that a full log can always free something once it has been read. */
const filesPerCap = 8;
const defaultMaxPendingBytes = 64 * 1024 * 1024;
const defaultReaderGoneMs = 24 * 3600 * 1000;
const sweepIntervalMs = 2_000;
/** While the log is full, how often an append may look whether readers have moved on. */
const fullSweepIntervalMs = 100;

/** What this needs of a logger; pino's fits. */
export interface LogLogger {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface DiskLogOptions {
  folder: string;
  /** Most bytes of log files on disk. */
  capBytes: number;
  logger: LogLogger;
  fileBytes?: number;
  maxPendingBytes?: number;
  /** How long a reader that shows no sign of life still holds files, measured while this process runs. */
  readerGoneMs?: number;
  /** Node's `open`, unless a test brings a disk that fails. */
  openFile?: typeof open;
}

/** Since this process's start, but `endPosition`, `bytes`, `files` and `pendingBytes`, which are of the moment. */
export interface DiskLogCounters {
  endPosition: number;
  bytes: number;
  files: number;
  pendingBytes: number;
  appendedDocuments: number;
  appendedBytes: number;
  syncs: number;
  /** Appends refused: byte cap, memory, full disk, fsync error or closed. */
  refusedAtCap: number;
  refusedForMemory: number;
  refusedByDisk: number;
  refusedBroken: number;
  /** Found at start: bytes of a torn tail that was cut, damaged places in the last file, and documents lost in them. */
  tornBytes: number;
  damagedRegions: number;
  lostDocuments: number;
  deletedFiles: number;
  droppedReaders: number;
}

type DurableListener = (endPosition: number) => void;
/** What `open` has found and prepared. */
interface Start {
  seed: number;
  files: LogFiles;
  end: number;
  lock: FolderLock;
}

export class DiskLog implements LogAppender {
  readonly #options: Required<DiskLogOptions>;
  readonly #counters: DiskLogCounters;
  readonly #seed: number;
  readonly #lock: FolderLock;
  readonly #queue = new AppendQueue();
  readonly #watch: ReaderWatch;
  readonly #listeners = new Set<DurableListener>();
  readonly #readers = new Set<DiskLogReader>();
  readonly #sweepTimer: NodeJS.Timeout;
  readonly #files: LogFiles;
  #end: number;
  #flushing: Promise<void> | null = null;
  #sweeping: Promise<void> | null = null;
  #nextFullSweepMs = 0;
  #refusal: LogBroken | null = null;
  #full: LogFull | null = null;

  private constructor(options: Required<DiskLogOptions>, start: Start, counters: DiskLogCounters) {
    this.#options = options;
    this.#counters = counters;
    this.#seed = start.seed;
    this.#lock = start.lock;
    this.#files = start.files;
    this.#end = start.end;
    this.#watch = new ReaderWatch(options.readerGoneMs);
    this.#sweepTimer = setInterval(() => void this.sweep(), sweepIntervalMs).unref();
  }

  /** Owns the folder from here to `close`. Throws `LogFolderError`, with a line for the user, when that cannot be. */
  static async open(given: DiskLogOptions): Promise<DiskLog> {
    const options = { ...defaults(given), ...given };
    options.fileBytes = Math.max(1, Math.min(options.fileBytes, Math.floor(options.capBytes / filesPerCap)));
    const counters = noCounters();
    await createFolder(options.folder);
    const lock = lockFolder(options.folder);
    try {
      const seed = await readFormat(options.folder);
      const found = await listFiles(options.folder);
      const end = await recover({ options, seed, files: found, counters });
      const files = await LogFiles.open(options, found);
      return new DiskLog(options, { seed, files, end, lock }, counters);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  append(documents: readonly Uint8Array[], receivedAtMs: number): Promise<void> {
    if (documents.length === 0) return Promise.resolve();
    const bytes = recordBytes(documents);
    if (bytes > maxRecordBytes) return Promise.reject(new RangeError(`an append of ${formatBytes(bytes)} is longer than a record may be`));
    const refusal = this.#refuse(bytes);
    if (refusal) return Promise.reject(refusal);
    const durable = this.#queue.add(documents, receivedAtMs, bytes);
    this.#flushing ??= this.#flush();
    return durable;
  }

  /** One past the last durable document. */
  endPosition(): number {
    return this.#end;
  }

  /** Calls back with the end position after every group that became durable. Returns how to stop that. */
  onDurable(listener: DurableListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Why the last append was refused that might be tried again; null when it was not. */
  fullBecause(): LogFull | null {
    return this.#full;
  }

  /** Why nothing can be appended any more; null while the log works. */
  brokenBy(): LogBroken | null {
    return this.#refusal;
  }

  counters(): DiskLogCounters {
    const { bytes, count: files } = this.#files;
    return { ...this.#counters, endPosition: this.#end, bytes, files, pendingBytes: this.#queue.bytes };
  }

  /** A reader in this process, told about every durable append, and closed with the log. */
  async reader(name: string): Promise<DiskLogReader> {
    const reader = await DiskLogReader.open({
      folder: this.#options.folder,
      name,
      durablePosition: this.#end,
      logger: this.#options.logger,
    });
    // What became durable while the reader was opened.
    reader.advance(this.#end);
    this.#readers.add(reader);
    this.onDurable((end) => reader.advance(end));
    return reader;
  }

  /** Waits for what was appended; later appends are refused. */
  async close(): Promise<void> {
    clearInterval(this.#sweepTimer);
    this.#refusal ??= new LogBroken('the log is closed');
    await this.#flushing;
    await this.#sweeping;
    await Promise.all([...this.#readers].map((reader) => reader.close()));
    await this.#files.close();
    this.#lock.release();
  }

  /** Deletes what every live reader is past, and drops readers that are gone. Runs by itself every 2 s. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#deleteRead()
      .catch((error) => this.#options.logger.warn({ err: error }, 'could not delete log files'))
      .finally(() => {
        this.#sweeping = null;
      });
    return this.#sweeping;
  }

  #refuse(bytes: number): Error | null {
    if (this.#refusal) {
      this.#counters.refusedBroken++;
      return this.#refusal;
    }
    const held = this.#files.bytes + this.#queue.bytes;
    if (held + bytes > this.#options.capBytes) {
      this.#counters.refusedAtCap++;
      this.#sweepSoon();
      this.#full = new LogFull(`the log holds ${formatBytes(held)}, and may hold ${formatBytes(this.#options.capBytes)}`);
      return this.#full;
    }
    if (this.#queue.bytes + bytes > this.#options.maxPendingBytes) {
      this.#counters.refusedForMemory++;
      return new LogFull(`${formatBytes(this.#queue.bytes)} already wait for the disk`);
    }
    return null;
  }

  #sweepSoon(): void {
    const now = performance.now();
    if (now < this.#nextFullSweepMs) return;
    this.#nextFullSweepMs = now + fullSweepIntervalMs;
    void this.sweep();
  }

  /** Writes groups until nothing waits. Never rejects: each append has its own answer. */
  async #flush(): Promise<void> {
    // What the same turn of the event loop appends belongs to the first group.
    await null;
    for (let group = this.#queue.takeGroup(); group.length > 0; group = this.#queue.takeGroup()) {
      const error = this.#refusalByFault() ?? (await this.#writeGroup(group));
      this.#queue.settle(group, error);
      if (!error) for (const listener of this.#listeners) listener(this.#end);
    }
    this.#flushing = null;
  }

  /** Closing still writes what was taken; a broken disk does not. */
  #refusalByFault(): LogBroken | null {
    return this.#refusal?.cause ? this.#refusal : null;
  }

  async #writeGroup(group: readonly PendingAppend[]): Promise<LogFull | LogBroken | null> {
    const bytes = group.reduce((sum, { record }) => sum + record.length, 0);
    let position = this.#end;
    for (const { record, count } of group) {
      sealRecord(record, position, this.#seed);
      position += count;
    }
    const records = group.map(({ record }) => record);
    const error = await this.#files.write(records, this.#end);
    if (error) return this.#refused(error);
    this.#full = null;
    this.#end = position;
    this.#countGroup(group, bytes);
    return null;
  }

  #refused(error: LogFull | LogBroken): LogFull | LogBroken {
    this.#counters.refusedByDisk++;
    if (error instanceof LogFull) this.#full = error;
    else {
      this.#refusal = error;
      this.#options.logger.error({ err: error.cause }, error.message);
    }
    return error;
  }

  #countGroup(group: readonly PendingAppend[], bytes: number): void {
    this.#counters.syncs++;
    this.#counters.appendedBytes += bytes;
    for (const { count } of group) this.#counters.appendedDocuments += count;
  }

  async #deleteRead(): Promise<void> {
    this.#lock.renew();
    const held = this.#watch.heldPosition(await listReaders(this.#options.folder), this.#end);
    for (const name of held.dropped) {
      this.#counters.droppedReaders++;
      this.#options.logger.warn({ reader: name }, 'a reader showed no sign of life for too long: it holds no files any more');
    }
    const deleted = await this.#files.deleteBefore(held.position);
    if (deleted > 0) this.#full = null;
    this.#counters.deletedFiles += deleted;
  }
}

/**
 * The end position of what is on disk, never below what a reader has committed: after a disk lost what it had promised,
 * a reader would take new documents for those it has done.
 */
async function recover(given: { options: DiskLogOptions; seed: number; files: LogFile[]; counters: DiskLogCounters }): Promise<number> {
  const { options, seed, files, counters } = given;
  const last = files.at(-1);
  let end = 0;
  if (last) {
    const found = await recoverLastFile(options.folder, last, seed);
    last.bytes = found.bytes;
    end = found.end;
    counters.tornBytes = found.tornBytes;
    counters.damagedRegions = found.damagedRegions;
    counters.lostDocuments = found.lostDocuments;
    const { tornBytes, damagedRegions, lostDocuments } = found;
    if (tornBytes > 0) options.logger.warn({ tornBytes }, 'cut an incomplete record off the end of the log');
    if (damagedRegions > 0) options.logger.error({ damagedRegions, lostDocuments }, 'the log is damaged; readers skip these documents');
  }
  const committed = (await listReaders(options.folder)).reduce((most, { position }) => Math.max(most, position), 0);
  if (committed > end)
    options.logger.error({ documents: committed - end }, 'the disk lost documents that a reader has done; their positions stay taken');
  return Math.max(end, committed);
}

function defaults(given: DiskLogOptions): Required<DiskLogOptions> {
  return {
    fileBytes: defaultFileBytes,
    maxPendingBytes: defaultMaxPendingBytes,
    readerGoneMs: defaultReaderGoneMs,
    openFile: open,
    ...given,
  };
}

function noCounters(): DiskLogCounters {
  const now = { endPosition: 0, bytes: 0, files: 0, pendingBytes: 0 };
  const refused = { refusedAtCap: 0, refusedForMemory: 0, refusedByDisk: 0, refusedBroken: 0 };
  const found = { tornBytes: 0, damagedRegions: 0, lostDocuments: 0 };
  return { ...now, ...refused, ...found, appendedDocuments: 0, appendedBytes: 0, syncs: 0, deletedFiles: 0, droppedReaders: 0 };
}
