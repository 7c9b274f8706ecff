/**
 * The live service graph: the slices of the last minutes, from storage at the start and from the writer's deltas from then
 * on. It adds up slices and never sees a segment, so its cost does not grow with the segment rate.
 */
import type { SliceRows } from '@fluoroscope/contract/graph';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import { liveWindowSeconds } from '@fluoroscope/contract/live';
import { GraphWindow } from '@fluoroscope/xray/graph-window';
import { isBeatDue, type RoomContents } from './room.js';

/** More than a page draws; what is new beyond it is left out until something leaves, and counted. */
const maxLiveNodes = 2_000;
const maxLiveEdges = 10_000;

export class GraphRoom implements RoomContents {
  readonly #window: GraphWindow;
  #lastDeltaAtMs = 0;

  constructor(nowMs: number, limits = { maxNodes: maxLiveNodes, maxEdges: maxLiveEdges }) {
    this.#window = new GraphWindow(limits);
    this.#window.advance(nowMs);
  }

  /** Rows that were left out: beyond the limits, or outside the window. */
  get ignoredRows(): number {
    return this.#window.ignoredRows;
  }

  /** What the writer has just computed. Absolute per slice, so what comes twice changes nothing. */
  apply(rows: readonly SliceRows[]): void {
    this.#window.apply(rows);
  }

  /** What storage held, under what came live in the meantime. */
  load(stored: readonly SliceRows[]): void {
    const live = this.#window.snapshot();
    this.#window.apply(stored);
    this.#window.apply(live.map((rows) => ({ ...rows, stored: false })));
  }

  snapshot(): { slices: SliceRows[] } {
    return { slices: this.#window.snapshot() };
  }

  delta(nowMs: number): { slices: SliceRows[] } | null {
    this.#window.advance(nowMs);
    // Totals are for whoever draws; nobody reads them here, and their changes must not pile up.
    this.#window.drainChanged();
    const slices = this.#window.drainDelta();
    if (slices.length === 0 && !isBeatDue(this.#lastDeltaAtMs, nowMs)) return null;
    this.#lastDeltaAtMs = nowMs;
    return { slices };
  }
}

/** The slices that a window holds at `nowMs`, first to last. */
export function windowSlicesAt(nowMs: number): { first: number; last: number } {
  const last = Math.floor(nowMs / 1000 / sliceSeconds);
  return { first: last - Math.ceil(liveWindowSeconds / sliceSeconds) + 1, last };
}
