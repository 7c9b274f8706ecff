/**
 * The rows of the trace list, merged from stored pages and live messages. A row is placed (it can be read) or it waits.
 *
 * Guarantees: a trace has one row, in the best version that was seen, whatever came first; what is placed keeps its place
 * and its order until `sort`, and gets new values where it stands; a new row is seen only after `place` or `append`.
 * Bounded: the oldest beyond `maxPlaced` and `maxWaiting` are left out and counted. They are still in storage.
 */
import type { TraceRow } from '@fluoroscope/contract/traces';

export const maxPlaced = 5_000;
export const maxWaiting = 1_000;

export type Compare = (left: TraceRow, right: TraceRow) => number;
type Matches = (row: TraceRow) => boolean;

export interface RowLimits {
  placed?: number;
  waiting?: number;
}

/** Newest first. The ID makes the order one that no arrival can change. */
export const newestFirst: Compare = (left, right) => right.startMicros - left.startMicros || (left.traceId < right.traceId ? -1 : 1);

/** What tells more about the trace: more documents, then fewer that are open, then the later end. */
const merits: ReadonlyArray<(row: TraceRow) => number> = [
  ({ documents }) => documents,
  ({ inProgress }) => (inProgress ? 0 : 1),
  ({ responseMicros }) => responseMicros ?? -1,
  ({ durationMicros }) => durationMicros,
];

/** The better of two versions of a row; the same one in whatever order they came. */
export function betterOf(left: TraceRow, right: TraceRow): TraceRow {
  for (const merit of merits) {
    const lead = merit(left) - merit(right);
    if (lead !== 0) return lead > 0 ? left : right;
  }
  return left === right || JSON.stringify(left) >= JSON.stringify(right) ? left : right;
}

export class TraceRows {
  /** Rows that did not fit any more. */
  dropped = 0;
  waitingDropped = 0;
  readonly #placed = new Map<string, TraceRow>();
  readonly #waiting = new Map<string, TraceRow>();
  #order: string[] = [];
  readonly #limits: Required<RowLimits>;

  constructor(limits: RowLimits = {}) {
    this.#limits = { placed: limits.placed ?? maxPlaced, waiting: limits.waiting ?? maxWaiting };
  }

  get size(): number {
    return this.#placed.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get isFull(): boolean {
    return this.#placed.size >= this.#limits.placed;
  }

  has(traceId: string): boolean {
    return this.#placed.has(traceId);
  }

  get(traceId: string): TraceRow | undefined {
    return this.#placed.get(traceId) ?? this.#waiting.get(traceId);
  }

  /** As they are read. */
  rows(): TraceRow[] {
    return this.#order.flatMap((id) => this.#placed.get(id) ?? []);
  }

  waitingRows(): TraceRow[] {
    return [...this.#waiting.values()];
  }

  /** New versions change placed rows where they stand; new traces wait. True when any placed row changed. */
  accept(rows: readonly TraceRow[], matches: Matches = () => true): boolean {
    let changed = false;
    for (const row of rows) {
      if (this.#placed.has(row.traceId)) changed = this.#improve(row) || changed;
      else this.#wait(row, matches);
    }
    this.#trimWaiting();
    return changed;
  }

  /** An older page: new traces come after all that is placed. */
  append(rows: readonly TraceRow[], matches: Matches = () => true): void {
    const added: string[] = [];
    for (const row of rows) {
      if (this.#improve(row)) continue;
      if (this.#placed.has(row.traceId) || !matches(row)) continue;
      if (this.#waiting.has(row.traceId)) this.#wait(row, matches);
      else if (!this.isFull) {
        this.#placed.set(row.traceId, row);
        added.push(row.traceId);
      } else this.dropped++;
    }
    this.#order = [...this.#order, ...added];
  }

  /** Puts what waits among the placed rows, each before the first that comes after it; answers the new IDs. */
  place(compare: Compare): string[] {
    const fresh = [...this.#waiting.values()].sort(compare);
    const order: string[] = [];
    let next = 0;
    for (const row of this.rows()) {
      for (let waiting = fresh[next]; waiting && compare(waiting, row) < 0; waiting = fresh[++next]) order.push(waiting.traceId);
      order.push(row.traceId);
    }
    for (const row of fresh.slice(next)) order.push(row.traceId);
    for (const row of fresh) this.#placed.set(row.traceId, row);
    this.#order = order;
    this.#waiting.clear();
    this.#trimPlaced();
    return fresh.map(({ traceId }) => traceId);
  }

  /** All placed rows in that order: only when the user asks. */
  sort(compare: Compare): void {
    this.#order = this.rows()
      .sort(compare)
      .map(({ traceId }) => traceId);
  }

  /** The order is not that of the values any more. */
  isOutOfOrder(compare: Compare): boolean {
    const rows = this.rows();
    return rows.some((row, index) => {
      const after = rows[index + 1];
      return after !== undefined && compare(row, after) > 0;
    });
  }

  /** True when a placed row became another one. */
  #improve(row: TraceRow): boolean {
    const held = this.#placed.get(row.traceId);
    if (held === undefined) return false;
    const better = betterOf(held, row);
    if (better === held) return false;
    this.#placed.set(row.traceId, better);
    return true;
  }

  #wait(row: TraceRow, matches: Matches): void {
    const held = this.#waiting.get(row.traceId);
    const better = held ? betterOf(held, row) : row;
    if (matches(better)) this.#waiting.set(row.traceId, better);
    else this.#waiting.delete(row.traceId);
  }

  #trimWaiting(): void {
    const excess = this.#waiting.size - this.#limits.waiting;
    if (excess <= 0) return;
    for (const { traceId } of oldest(this.#waiting, excess)) this.#waiting.delete(traceId);
    this.waitingDropped += excess;
  }

  #trimPlaced(): void {
    const excess = this.#placed.size - this.#limits.placed;
    if (excess <= 0) return;
    for (const { traceId } of oldest(this.#placed, excess)) this.#placed.delete(traceId);
    this.#order = this.#order.filter((id) => this.#placed.has(id));
    this.dropped += excess;
  }
}

function oldest(rows: ReadonlyMap<string, TraceRow>, count: number): TraceRow[] {
  return [...rows.values()].sort(newestFirst).slice(-count);
}
