/**
 * A log that is new to a database which already has facts: of another log, or of this one whose commits are gone. A fact's version is
 * its position, and the highest wins, so positions begin behind the newest version that is stored. The shift is kept with
 * every commit; nothing of what is stored is touched.
 */
import type { DocumentBatch, LogReader } from '@fluoroscope/log/log';

interface ShiftedState {
  shift?: number;
}

/** How far the positions of this log are moved, by what it has committed; null where it has committed nothing of its own. */
export function shiftOf(committed: { state: unknown }): number | null {
  const state = committed.state as ShiftedState | null;
  return state === null ? null : (state.shift ?? 0);
}

/** Behind the newest version; a multiple of `step`, so that what lies between two messages stays between them. */
export function shiftBehind(newestVersion: number, step: number): number {
  return newestVersion === 0 ? 0 : Math.ceil((newestVersion + 1) / step) * step;
}

export class ShiftedReader implements LogReader {
  readonly name: string;
  readonly partition: number;

  constructor(
    private readonly reader: LogReader,
    private readonly shift: number,
  ) {
    this.name = reader.name;
    this.partition = reader.partition;
  }

  async next(maxBytes: number, waitMs: number): Promise<DocumentBatch[]> {
    const batches = await this.reader.next(maxBytes, waitMs);
    return batches.map((batch) => ({ ...batch, position: batch.position + this.shift }));
  }

  commit(position: number, state: unknown): Promise<void> {
    return this.reader.commit(position - this.shift, { ...Object(state), shift: this.shift });
  }

  async committed(): Promise<{ position: number; state: unknown }> {
    const committed = await this.reader.committed();
    return { ...committed, position: committed.position + this.shift };
  }

  unread(): number {
    return this.reader.unread();
  }

  throwIfLost(): void {
    this.reader.throwIfLost();
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}
