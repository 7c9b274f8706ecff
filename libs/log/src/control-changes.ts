/**
 * What a control log is, wherever its records lie: a change is appended, and answered when its own record has been read back and
 * folded. Bounded: the bytes of a record, the changes in hand, and the time that an answer may take.
 */
import { randomUUID } from 'node:crypto';
import type { Actor } from '@fluoroscope/contract/control';
import { formatBytes } from '@fluoroscope/format/bytes';
import { formatDuration } from '@fluoroscope/format/format';
import { type DocumentBatch, type LogAppender, LogBroken, LogFull } from './log.js';

const maxRecordBytes = 2 * 1024 * 1024;
const maxInHand = 1_000;
const answerLimitMs = 10_000;

/** What the records are folded into. */
export interface ControlFold<Outcome> {
  /** Never throws: what it does not know it passes over. */
  apply(text: string, position: number): Outcome;
  snapshot(): unknown;
  /** False when it is not a snapshot. */
  restore(snapshot: unknown): boolean;
}

interface InHand<Outcome> {
  resolve: (outcome: Outcome) => void;
  timer: NodeJS.Timeout;
}

export class ControlChanges<Outcome> {
  /** Records that were folded. */
  applied = 0;
  readonly #appender: LogAppender;
  readonly #fold: ControlFold<Outcome>;
  readonly #inHand = new Map<string, InHand<Outcome>>();
  readonly #listeners = new Set<(outcome: Outcome) => void>();

  constructor(appender: LogAppender, fold: ControlFold<Outcome>) {
    this.#appender = appender;
    this.#fold = fold;
  }

  /**
   * Appends a change and resolves with what became of it. Rejects with `LogFull` or `LogBroken` when it was not appended,
   * with a RangeError when it is too long, and with `LogBroken` when its record did not come back in time.
   */
  async change(change: object, actor: Actor): Promise<Outcome> {
    if (this.#inHand.size >= maxInHand) throw new LogFull(`${maxInHand} changes are in hand already`);
    const at = Date.now();
    const id = randomUUID();
    const bytes = Buffer.from(JSON.stringify({ id, at, ...actor, ...change }));
    if (bytes.length > maxRecordBytes)
      throw new RangeError(`a change of ${formatBytes(bytes.length)} is longer than ${formatBytes(maxRecordBytes)}`);
    const applied = this.#comesBack(id);
    try {
      await this.#appender.append([bytes], at);
    } catch (error) {
      this.#letGo(id);
      throw error;
    }
    return applied;
  }

  /** Calls back with every outcome from now on, in order. Returns how to stop that. */
  onApplied(listener: (outcome: Outcome) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Folds records that were read, each once and in order. */
  take(batch: DocumentBatch): void {
    const bytes = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
    let start = 0;
    for (const [at, end] of batch.ends.entries()) {
      this.#apply(bytes.toString('utf8', start, end), batch.position + at);
      start = end;
    }
  }

  #comesBack(id: string): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#inHand.delete(id);
        reject(new LogBroken(`the change did not come back from the log within ${formatDuration(answerLimitMs * 1_000)}`));
      }, answerLimitMs);
      this.#inHand.set(id, { resolve, timer });
    });
  }

  #letGo(id: string): InHand<Outcome> | undefined {
    const waiting = this.#inHand.get(id);
    clearTimeout(waiting?.timer);
    this.#inHand.delete(id);
    return waiting;
  }

  #apply(text: string, position: number): void {
    const outcome = this.#fold.apply(text, position);
    this.applied++;
    const id = this.#inHand.size === 0 ? null : idOf(text);
    if (id !== null) this.#letGo(id)?.resolve(outcome);
    for (const listener of this.#listeners) listener(outcome);
  }
}

function idOf(text: string): string | null {
  const id = parse(text)?.id;
  return typeof id === 'string' ? id : null;
}

/** The members of an object; null for what is none. */
export function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
