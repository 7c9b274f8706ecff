/**
 * The stretch of time whose sums the page shows: it follows now, or it is stored and stands still.
 *
 * A live one is fed by the stream, which knows its last minutes; what is older comes once from storage, in rows of a minute or
 * an hour, and the stream may not touch it. A stored one is fed from storage alone. Rates of a live one are those of its last ten
 * seconds, of a stored one the average of the whole.
 */
import { type SliceRows, sliceSeconds } from '@fluoroscope/contract/graph';
import { liveWindowSeconds } from '@fluoroscope/contract/live';
import { GraphWindow, type Rates } from '@fluoroscope/xray/graph-window';
import type { WindowTotals } from '@fluoroscope/xray/window-totals';

/** Nodes and edges that a page holds; the rows of what comes beyond are left out and counted. */
export const maxNodes = 1_500;
export const maxEdges = 6_000;

export abstract class GraphSpan {
  readonly window: GraphWindow;

  protected constructor(readonly seconds: number) {
    this.window = new GraphWindow({ windowSeconds: seconds, maxNodes, maxEdges });
  }

  /** The moment at which it ends, epoch milliseconds. */
  abstract get nowMs(): number;
  abstract nodeRates(id: string): Rates;
  abstract edgeRates(id: string): Rates;

  /** Epoch seconds. */
  get from(): number {
    return this.nowMs / 1_000 - this.seconds;
  }

  get to(): number {
    return this.nowMs / 1_000;
  }

  /** Rows outside the stretch are ignored too, and nobody misses them. */
  get isFull(): boolean {
    return this.window.nodes.size >= maxNodes || this.window.edges.size >= maxEdges;
  }
}

export class LiveSpan extends GraphSpan {
  #clockAheadMs = 0;
  /** Rows of earlier slices come from storage only. */
  #storedUntil = Number.NEGATIVE_INFINITY;

  constructor(seconds: number) {
    super(seconds);
  }

  get nowMs(): number {
    return Date.now() + this.#clockAheadMs;
  }

  /** All that the stream knows: what it knew of its minutes before is replaced. */
  snapshot(slices: readonly SliceRows[], serverNowMs: number): void {
    this.#clockAheadMs = serverNowMs - Date.now();
    this.window.advance(serverNowMs);
    if (this.seconds <= liveWindowSeconds) {
      this.window.replaceAll(slices);
      return;
    }
    const first = Math.max(this.#storedUntil, Math.floor(serverNowMs / 1_000 / sliceSeconds) - liveWindowSeconds / sliceSeconds + 1);
    const named = new Set(slices.map(({ slice }) => slice));
    const gone = this.window.snapshot().filter(({ slice }) => slice >= first && !named.has(slice));
    this.window.apply(gone.map(({ slice }) => ({ slice, stored: true, nodes: [], edges: [] })));
    this.window.apply(this.#own(slices).map((rows) => ({ ...rows, stored: true })));
  }

  delta(slices: readonly SliceRows[], serverNowMs: number): void {
    this.#clockAheadMs = serverNowMs - Date.now();
    this.window.advance(serverNowMs);
    this.window.apply(this.#own(slices));
  }

  /** What is older than the stream knows, up to `until` (epoch seconds). */
  older(slices: readonly SliceRows[], until: number): void {
    this.#storedUntil = Math.floor(until / sliceSeconds);
    const stored = slices.filter(({ slice }) => slice < this.#storedUntil);
    const named = new Set(stored.map(({ slice }) => slice));
    const gone = this.window.snapshot().filter(({ slice }) => slice < this.#storedUntil && !named.has(slice));
    this.window.advance(this.nowMs);
    this.window.apply(gone.map(({ slice }) => ({ slice, stored: true, nodes: [], edges: [] })));
    this.window.apply(stored.map((rows) => ({ ...rows, stored: true })));
  }

  #own(slices: readonly SliceRows[]): readonly SliceRows[] {
    return slices.every(({ slice }) => slice >= this.#storedUntil) ? slices : slices.filter(({ slice }) => slice >= this.#storedUntil);
  }

  nodeRates(id: string): Rates {
    return this.window.nodeRates(id, this.nowMs);
  }

  edgeRates(id: string): Rates {
    return this.window.edgeRates(id, this.nowMs);
  }
}

/** Of a group, whose slices are told as they are stored: it ends where they end, and stands still until more are told. */
export class GroupSpan extends LiveSpan {
  #endMs = 0;

  override get nowMs(): number {
    return this.#endMs;
  }

  override snapshot(slices: readonly SliceRows[], endMs: number): void {
    this.#endMs = endMs;
    super.snapshot(slices, endMs);
  }

  override delta(slices: readonly SliceRows[], endMs: number): void {
    this.#endMs = endMs;
    super.delta(slices, endMs);
  }
}

/** Bounds in epoch seconds, on the borders of a period. */
export interface StoredBounds {
  from: number;
  to: number;
}

export class StoredSpan extends GraphSpan {
  readonly #to: number;

  constructor({ from, to }: StoredBounds, slices: readonly SliceRows[]) {
    super(to - from);
    this.#to = to;
    this.window.advance(this.nowMs - 1);
    this.window.replaceAll(slices.filter(({ slice }) => slice * sliceSeconds >= from && slice * sliceSeconds < to));
  }

  get nowMs(): number {
    return this.#to * 1_000;
  }

  nodeRates(id: string): Rates {
    return this.#average(this.window.nodes.get(id));
  }

  edgeRates(id: string): Rates {
    return this.#average(this.window.edges.get(id));
  }

  #average(totals: WindowTotals | undefined): Rates {
    if (!totals) return { ok: 0, error: 0, throttle: 0, fault: 0 };
    const { ok, error, throttle, fault } = totals.statistics;
    return { ok: ok / this.seconds, error: error / this.seconds, throttle: throttle / this.seconds, fault: fault / this.seconds };
  }
}
