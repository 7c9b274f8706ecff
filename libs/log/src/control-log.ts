/**
 * State that people edit, folded from an ordered log. A change is appended, and answered when its own record has been read
 * back and applied: who has an answer reads what was written, and the order in the log decides between two.
 *
 * Every `recordsPerSnapshot` records, and at the end, the state is written to a file of its own, whole; a start reads it and the
 * records behind. The log is the audit trail: its oldest files go only when it holds more than `keptBytes`, and only those
 * that a snapshot covers.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '@fluoroscope/contract/control';
import { ControlChanges, type ControlFold, parse } from './control-changes.js';
import type { LogAppender } from './log.js';
import { listFiles, readerPath, readFormat, replaceFile, unlessMissing } from './log-folder.js';
import { RecordCursor } from './record-cursor.js';

const recordsPerSnapshot = 1_000;
/** Until a disk that could not be read is asked again. */
const readRetryMs = 500;
/** Of a log that is kept for the audit; beyond it the oldest files go. */
const auditBytes = 32 * 1024 * 1024;
/** Of the log's folder: what is kept for the audit, what is being written, and room while a snapshot waits. */
export const controlLogBytes = 2 * auditBytes;

export interface ControlLogOptions<Outcome> {
  folder: string;
  /** Of the process that keeps this state; its snapshot bears it. */
  name: string;
  appender: LogAppender;
  /** What the appender's end position is now; later values come through `advance`. */
  durablePosition: number;
  fold: ControlFold<Outcome>;
  /** Of the newest records, which stay although a snapshot covers them; 32 MB. */
  keptBytes?: number;
  logger: { warn(details: object, message: string): void; error(details: object, message: string): void };
}

/** Since this process's start. */
export interface ControlLogCounters {
  applied: number;
  lost: number;
  snapshots: number;
  failedSnapshots: number;
}

export class ControlLog<Outcome> {
  readonly #options: ControlLogOptions<Outcome>;
  readonly #cursor: RecordCursor;
  readonly #changes: ControlChanges<Outcome>;
  readonly #counters = { snapshots: 0, failedSnapshots: 0 };
  #durable: number;
  /** Records that the newest snapshot covers, of those that were applied. */
  #appliedBefore = 0;
  #reading: Promise<void> | null = null;
  #saving: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: ControlLogOptions<Outcome>, seed: number, position: number) {
    this.#options = options;
    this.#changes = new ControlChanges(options.appender, options.fold);
    this.#durable = options.durablePosition;
    const onLost = (from: number, documents: number) =>
      options.logger.error({ position: from, documents }, 'records of the control log are damaged or gone');
    this.#cursor = new RecordCursor({ folder: options.folder, seed, position, onLost });
  }

  /** Resolves when every durable record has been applied. */
  static async open<Outcome>(options: ControlLogOptions<Outcome>): Promise<ControlLog<Outcome>> {
    const seed = await readFormat(options.folder);
    // What the disk has lost of the log is still in the snapshot; its positions are given anew.
    const position = Math.min(await restore(options), options.durablePosition);
    const log = new ControlLog(options, seed, position);
    await log.#read();
    return log;
  }

  /** Everything before `durablePosition` is durable. */
  advance(durablePosition: number): void {
    this.#durable = Math.max(this.#durable, durablePosition);
    if (this.#closed) return;
    this.#reading ??= this.#read()
      .catch((error: unknown) => this.#waitForDisk(error))
      .finally(() => {
        this.#reading = null;
        if (this.#cursor.position < this.#durable && !this.#closed) this.advance(this.#durable);
      });
  }

  /** As `ControlChanges` has it. */
  change(change: object, actor: Actor): Promise<Outcome> {
    return this.#changes.change(change, actor);
  }

  onApplied(listener: (outcome: Outcome) => void): () => void {
    return this.#changes.onApplied(listener);
  }

  counters(): ControlLogCounters {
    return { ...this.#counters, applied: this.#changes.applied, lost: this.#cursor.lost };
  }

  /** Before the log itself is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#reading;
    if (this.#sinceSnapshot() > 0) this.#save();
    await this.#saving;
    await this.#cursor.close();
  }

  /** The file is opened anew then. */
  async #waitForDisk(error: unknown): Promise<void> {
    this.#options.logger.error({ err: error }, 'the control log cannot be read');
    await this.#cursor.close();
    await sleep(readRetryMs);
  }

  async #read(): Promise<void> {
    while (await this.#cursor.fill(this.#durable)) {
      for (let batch = this.#cursor.take(); batch !== null; batch = this.#cursor.take()) this.#changes.take(batch);
      if (this.#sinceSnapshot() >= recordsPerSnapshot) this.#save();
    }
  }

  #sinceSnapshot(): number {
    return this.#changes.applied - this.#appliedBefore;
  }

  /** Of the state as it is now; a failure costs the next start some reading. */
  #save(): void {
    this.#appliedBefore = this.#changes.applied;
    const { folder, name, fold, keptBytes = auditBytes, logger } = this.#options;
    const position = this.#cursor.position;
    const text = JSON.stringify({ position, state: fold.snapshot() });
    this.#saving = this.#saving
      .then(() => replaceFile(snapshotPath(folder, name), text))
      .then(() => keepNewest(this.#options, { position, keptBytes }))
      .then(() => void this.#counters.snapshots++)
      .catch((error: unknown) => {
        this.#counters.failedSnapshots++;
        logger.warn({ err: error }, 'the snapshot of the control log could not be written');
      });
  }
}

/** The position behind what was restored; 0 when there is no snapshot that can be read. */
async function restore<Outcome>({ folder, name, fold, logger }: ControlLogOptions<Outcome>): Promise<number> {
  const text = await readFile(snapshotPath(folder, name), 'utf8').catch(unlessMissing);
  if (text === null) return 0;
  const snapshot = parse(text);
  const position = Number(snapshot?.position);
  if (Number.isSafeInteger(position) && fold.restore(snapshot?.state)) return position;
  logger.error({ name }, 'the snapshot of the control log is damaged; the log is read from its beginning');
  return 0;
}

/** The log deletes what its readers are past: this one is held back, so that the newest files stay for the audit. */
async function keepNewest(
  { folder, name }: { folder: string; name: string },
  { position, keptBytes }: { position: number; keptBytes: number },
): Promise<void> {
  const files = await listFiles(folder);
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let from = files[0]?.base ?? 0;
  for (const [at, file] of files.entries()) {
    const next = files[at + 1];
    if (bytes <= keptBytes || next === undefined || next.base > position) break;
    bytes -= file.bytes;
    from = next.base;
  }
  await replaceFile(readerPath(folder, name), JSON.stringify({ position: from, state: null }));
}

function snapshotPath(folder: string, name: string): string {
  return join(folder, `${name}.snapshot.json`);
}
