/**
 * Stored rows of the graph, asked for in chunks and kept while they are likely to be wanted again: scrubbing goes to and fro.
 *
 * Bounded: `maxChunks`, the longest unused goes first. A chunk is asked for again when it was asked for before its time had
 * settled, or long ago, because a late segment may have changed it.
 */
import { type SliceRows, sliceSeconds } from '@fluoroscope/contract/graph';
import type { HistoryPeriod } from '@fluoroscope/contract/history';

/** Epoch seconds, on the borders of the period. */
export interface StoredRange {
  from: number;
  to: number;
  period: HistoryPeriod;
}

export interface StoredAnswer {
  slices: readonly SliceRows[];
  /** See GraphSlicesAnswer. */
  containsOldGroupVersions: boolean;
}

export type AskSlices = (range: StoredRange) => Promise<StoredAnswer>;

const periodsPerChunk = 30;
const maxChunks = 96;
/** Of a graph with 800 nodes and calls these are as many rows as one answer may have. */
const maxChunksPerRequest = 4;
/** Later than this after its end a chunk seldom changes. */
const settledMs = 120_000;
const keepMs = 600_000;

interface Chunk extends StoredAnswer {
  askedMs: number;
  endMs: number;
}

/** Rows are as fine as they can be without being more than a page can take. */
export function periodFor(seconds: number): HistoryPeriod {
  if (seconds <= 1_800) return 10;
  return seconds <= 86_400 ? 60 : 3_600;
}

/** To the borders of the period around it. */
export function alignedRange({ from, to }: { from: number; to: number }, period: HistoryPeriod): StoredRange {
  return { from: Math.floor(from / period) * period, to: Math.ceil(to / period) * period, period };
}

export class StoredSlices {
  readonly #ask: AskSlices;
  readonly #now: () => number;
  readonly #chunks = new Map<string, Chunk>();
  /** What has been asked for, by chunk: nobody asks for it twice. */
  readonly #asked = new Map<string, Promise<void>>();

  constructor(ask: AskSlices, now: () => number = Date.now) {
    this.#ask = ask;
    this.#now = now;
  }

  /** The slices of the range, oldest first; throws what asking throws. */
  async range(range: StoredRange): Promise<readonly SliceRows[]> {
    for (const run of this.#missingRuns(range)) this.#load(run);
    const keys = this.#starts(range).map((start) => keyOf(start, range.period));
    await Promise.all(keys.map((key) => this.#asked.get(key)));
    return rowsIn(
      range,
      keys.map((key) => this.#chunks.get(key)),
    );
  }

  /** Without asking; null when a part of it is not there. */
  known(range: StoredRange): readonly SliceRows[] | null {
    const chunks = this.#starts(range).map((start) => this.#use(keyOf(start, range.period)));
    return chunks.includes(undefined) ? null : rowsIn(range, chunks);
  }

  /** Of the range, as far as it is known. */
  containsOldGroupVersions(range: StoredRange): boolean {
    return this.#starts(range).some((start) => this.#chunks.get(keyOf(start, range.period))?.containsOldGroupVersions);
  }

  #use(key: string): Chunk | undefined {
    const chunk = this.#chunks.get(key);
    if (!chunk || !this.#isFresh(chunk)) return undefined;
    // The order of the map is the order of use.
    this.#chunks.delete(key);
    this.#chunks.set(key, chunk);
    return chunk;
  }

  #isFresh({ askedMs, endMs }: Chunk): boolean {
    const age = this.#now() - askedMs;
    return age < (askedMs > endMs + settledMs ? keepMs : 5_000);
  }

  #starts({ from, to, period }: StoredRange): number[] {
    const length = period * periodsPerChunk;
    const starts: number[] = [];
    for (let start = Math.floor(from / length) * length; start < to; start += length) starts.push(start);
    return starts;
  }

  /** Chunks in a row that are missing are one request. */
  #missingRuns(range: StoredRange): StoredRange[] {
    const length = range.period * periodsPerChunk;
    const runs: StoredRange[] = [];
    for (const start of this.#starts(range)) {
      const key = keyOf(start, range.period);
      if (this.#asked.has(key) || this.#use(key)) continue;
      const last = runs.at(-1);
      if (last?.to === start && start - last.from < length * maxChunksPerRequest) last.to = start + length;
      else runs.push({ from: start, to: start + length, period: range.period });
    }
    return runs;
  }

  #load(run: StoredRange): void {
    const askedMs = this.#now();
    const keys = this.#starts(run).map((start) => keyOf(start, run.period));
    const asked = this.#ask(run)
      .then((answer) => this.#keep(run, answer, askedMs))
      .finally(() => {
        for (const key of keys) this.#asked.delete(key);
      });
    for (const key of keys) this.#asked.set(key, asked);
  }

  #keep(run: StoredRange, { slices, containsOldGroupVersions }: StoredAnswer, askedMs: number): void {
    const sorted = [...slices].sort((left, right) => left.slice - right.slice);
    for (const start of this.#starts(run)) {
      const chunk = { from: start, to: start + run.period * periodsPerChunk };
      const kept = { slices: sorted.filter((rows) => isIn(rows, chunk)), containsOldGroupVersions };
      this.#chunks.set(keyOf(start, run.period), { ...kept, askedMs, endMs: chunk.to * 1_000 });
    }
    for (const key of this.#chunks.keys()) {
      if (this.#chunks.size <= maxChunks) break;
      this.#chunks.delete(key);
    }
  }
}

function keyOf(start: number, period: HistoryPeriod): string {
  return `${period} ${start}`;
}

function rowsIn(range: StoredRange, chunks: ReadonlyArray<Chunk | undefined>): readonly SliceRows[] {
  return chunks.flatMap((chunk) => chunk?.slices ?? []).filter((rows) => isIn(rows, range));
}

function isIn({ slice }: SliceRows, { from, to }: { from: number; to: number }): boolean {
  return slice * sliceSeconds >= from && slice * sliceSeconds < to;
}
