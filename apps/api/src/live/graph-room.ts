/**
 * The live service graph: the slices of the last minutes, from storage at the start and from the writer's deltas from then
 * on. It adds up slices and never sees a segment, so its cost does not grow with the segment rate.
 */
import type { ShardRows, SliceRows } from '@fluoroscope/contract/graph';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { liveWindowSeconds } from '@fluoroscope/contract/live';
import { GraphWindow, type GraphWindowLimits } from '@fluoroscope/xray/graph-window';
import { ShardSums } from '@fluoroscope/xray/shard-sums';
import { isBeatDue, type RoomContents } from './room.js';

/** More than a page draws; what is new beyond it is left out until something leaves, and counted. */
const maxLiveNodes = 2_000;
const maxLiveEdges = 10_000;

export class GraphRoom implements RoomContents {
  readonly #window: GraphWindow;
  readonly #sums = new ShardSums();
  readonly #windowSeconds: number;
  #lastDeltaAtMs = 0;

  constructor(nowMs: number, { windowSeconds = liveWindowSeconds, ...limits }: GraphWindowLimits = {}) {
    this.#windowSeconds = windowSeconds;
    this.#window = new GraphWindow({ windowSeconds, maxNodes: maxLiveNodes, maxEdges: maxLiveEdges, ...limits });
    this.#window.advance(nowMs);
  }

  /** Rows that were left out: beyond the limits, or outside the window. */
  get ignoredRows(): number {
    return this.#window.ignoredRows + this.#sums.ignoredRows;
  }

  /** What the writers have just computed. Absolute per slice and shard, so what comes twice changes nothing. */
  apply(rows: readonly ShardRows[]): void {
    this.#sums.apply(rows);
  }

  /** What storage held, under what came live in the meantime. */
  load(stored: readonly ShardRows[]): void {
    this.#sums.fill(stored);
  }

  snapshot(nowMs: number): { slices: SliceRows[] } {
    this.#addUp(nowMs);
    return { slices: this.#window.snapshot() };
  }

  delta(nowMs: number): { slices: SliceRows[] } | null {
    this.#addUp(nowMs);
    // Totals are for whoever draws; nobody reads them here, and their changes must not pile up.
    this.#window.drainChanged();
    const slices = this.#window.drainDelta();
    if (slices.length === 0 && !isBeatDue(this.#lastDeltaAtMs, nowMs)) return null;
    this.#lastDeltaAtMs = nowMs;
    return { slices };
  }

  #addUp(nowMs: number): void {
    this.#window.advance(nowMs);
    this.#window.apply(this.#sums.drain(windowSlicesAt(nowMs, this.#windowSeconds).first));
  }
}

/** The slices that a window holds at `nowMs`, first to last. */
export function windowSlicesAt(nowMs: number, windowSeconds = liveWindowSeconds): { first: number; last: number } {
  const last = Math.floor(nowMs / 1000 / sliceSeconds);
  return { first: last - Math.ceil(windowSeconds / sliceSeconds) + 1, last };
}
