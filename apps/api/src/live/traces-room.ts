/**
 * The newest rows of the trace list: from storage when somebody comes, and from the writer from then on. Between two visits it
 * knows nothing, and nothing is computed for it.
 */
import type { TraceListReader } from '@fluoroscope/clickhouse/trace-list-reader';
import { type LiveTraces, liveWindowSeconds } from '@fluoroscope/contract/live';
import type { TraceRow } from '@fluoroscope/contract/traces';
import { isBeatDue, type RoomContents } from './room.js';

export const maxSnapshotRows = 500;
/** A client's clock, or a service's, may be ahead. */
const aheadSeconds = 60;
/** What was on its way when somebody came is stored by then. */
const secondLoadMs = 3_000;

export class TracesRoom implements RoomContents {
  readonly #rows = new Map<string, TraceRow>();
  readonly #changed = new Map<string, TraceRow>();
  readonly #reader: TraceListReader;
  readonly #onTrouble: (error: unknown) => void;
  #leftOut = 0;
  #unseen = 0;
  #lastDeltaAtMs = 0;
  #isOpen = false;
  #second: NodeJS.Timeout | undefined;

  constructor(reader: TraceListReader, onTrouble: (error: unknown) => void) {
    this.#reader = reader;
    this.#onTrouble = onTrouble;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    void this.#load();
    this.#second = setTimeout(() => void this.#load(), secondLoadMs);
  }

  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#second);
    this.#rows.clear();
    this.#changed.clear();
    this.#leftOut = 0;
    this.#unseen = 0;
  }

  apply({ rows, leftOut, unseen }: LiveTraces): void {
    if (!this.#isOpen) return;
    this.#leftOut += leftOut;
    this.#unseen += unseen;
    for (const row of rows) this.#put(row);
  }

  snapshot(): { rows: TraceRow[] } {
    return { rows: [...this.#rows.values()].sort(newestFirst).slice(0, maxSnapshotRows) };
  }

  delta(nowMs: number): { rows: TraceRow[]; leftOut: number; unseen: number } | null {
    const isQuiet = this.#changed.size === 0 && this.#leftOut + this.#unseen === 0;
    if (isQuiet && !isBeatDue(this.#lastDeltaAtMs, nowMs)) return null;
    const delta = { rows: [...this.#changed.values()].sort(newestFirst), leftOut: this.#leftOut, unseen: this.#unseen };
    this.#changed.clear();
    this.#leftOut = 0;
    this.#unseen = 0;
    this.#lastDeltaAtMs = nowMs;
    return delta;
  }

  /** What came live meanwhile is newer than what storage held. */
  async #load(): Promise<void> {
    try {
      const now = Date.now() / 1000;
      const filter = { outcomes: [], inProgress: false };
      const query = { from: now - liveWindowSeconds, to: now + aheadSeconds, filter };
      const { rows } = await this.#reader.page(query, maxSnapshotRows, null);
      if (this.#isOpen) for (const row of rows) this.#putStored(row);
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  #putStored(row: TraceRow): void {
    const known = this.#rows.get(row.traceId);
    if (known === undefined || known.documents < row.documents) this.#put(row);
  }

  #put(row: TraceRow): void {
    this.#rows.set(row.traceId, row);
    this.#changed.set(row.traceId, row);
    if (this.#rows.size <= maxSnapshotRows * 2) return;
    for (const old of [...this.#rows.values()].sort(newestFirst).slice(maxSnapshotRows)) {
      this.#rows.delete(old.traceId);
    }
  }
}

function newestFirst(left: TraceRow, right: TraceRow): number {
  return right.startMicros - left.startMicros;
}
