/**
 * What is shown of the open trace and how: folded rows, range, search, selection. The address holds it, so that a link opens the
 * same view; rows are named by their IDs, so that it survives rows that come and go.
 */
import { adjustClocks } from '@fluoroscope/xray/adjusted-clocks';
import { criticalPathOf } from '@fluoroscope/xray/critical-path';
import { ownTimeOf } from '@fluoroscope/xray/self-time';
import { foldedRows, matchingRows, rowsAndAncestors, rowsOfAtLeast, visibleRows } from '@fluoroscope/xray/visible-rows';
import { rowFlags } from '@fluoroscope/xray/waterfall';
import { untrack } from 'svelte';
import type { Route } from '../shell/route.svelte.js';
import type { TraceData } from './messages.js';
import { fitRange, isWhole, readRange, type TimeRange, writeRange } from './range.js';
import { type Clock, hasOpenRows } from './trace-clock.svelte.js';

export type TraceViewName = 'waterfall' | 'timeline' | 'raw';

/** Above, a trace opens folded; far above, even more. */
const manyRows = 10_000;
const hugeRows = 50_000;
/** An address with more turned rows than this would be too long to send to anybody. */
const maxTurnedInAddress = 40;
export const hideShares = [0, 0.5, 1, 2, 5, 10] as const;

export class WaterfallView {
  /** The row that the keyboard is on. */
  focusedId = $state.raw<string | null>(null);
  #turned = $state.raw<ReadonlySet<string>>(new Set());

  readonly #route: Route;
  readonly #data: () => TraceData | null;
  readonly #clock: Clock;
  readonly #drawn = $derived.by(() => this.#drawNow());
  readonly #folded = $derived.by(() => this.#foldNow());
  readonly #matches = $derived.by(() => matchingRows(this.data.rows, this.query));
  readonly #shown = $derived.by(() => visibleRows(this.data.rows, this.#folded, this.#keptNow()));
  readonly #rowOf = $derived.by(() => new Map(this.data.rows.ids.map((id, row) => [id, row])));
  readonly #open = $derived.by(() => hasOpenRows(this.data.rows));
  readonly #extent = $derived.by(() => this.#clock.axisEnd(this.data.rows, this.#open));
  readonly #tip = $derived.by(() => this.#clock.growingTip(this.data.rows, this.#open));
  readonly #range = $derived.by(() => this.#rangeNow());

  constructor(route: Route, data: () => TraceData | null, clock: Clock) {
    this.#route = route;
    this.#data = data;
    this.#clock = clock;
    this.#turned = readTurned(route.get('turned'));
    this.focusedId = route.get('row');
  }

  /** Only asked for while a trace is shown. */
  get data(): TraceData {
    const data = this.#drawn;
    if (data === null) throw new Error('no trace is shown');
    return data;
  }

  /** Rows in order, without those that are folded away or hidden. */
  get shown(): Uint32Array {
    return this.#shown;
  }

  get matches(): Uint32Array {
    return this.#matches;
  }

  get extent(): number {
    return this.#extent;
  }

  get range(): TimeRange {
    return this.#range;
  }

  /** Now, in microseconds from the origin, while something grows. */
  get tip(): number | null {
    return this.#tip;
  }

  /** Something has not ended. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** An attachment for what the axis must not move under. */
  get holdAxis(): Clock['holdAxis'] {
    return this.#clock.holdAxis;
  }

  get isZoomed(): boolean {
    return !isWhole(this.range, this.extent);
  }

  get name(): TraceViewName {
    const view = this.#route.get('view');
    return view === 'timeline' || view === 'raw' ? view : 'waterfall';
  }

  get query(): string {
    return this.#route.get('q') ?? '';
  }

  get onlyMatches(): boolean {
    return this.#route.get('only') === '1' && this.query !== '';
  }

  /** Of the trace, in percent; shorter rows are hidden. */
  get least(): number {
    const least = Number(this.#route.get('least') ?? 0);
    return hideShares.find((share) => share === least) ?? 0;
  }

  get path(): boolean {
    return this.#route.get('path') === '1';
  }

  /** Times are estimates: what clocks seem to be apart is taken out. */
  get isAdjusted(): boolean {
    return this.#route.get('clocks') === 'adjusted';
  }

  adjust(on: boolean): void {
    this.#route.set({ clocks: on ? 'adjusted' : null, range: null }, 'replace');
  }

  get colour(): 'outcome' | 'service' {
    return this.#route.get('colour') === 'service' ? 'service' : 'outcome';
  }

  get selectedId(): string | null {
    const id = this.#route.get('row');
    return id !== null && this.#data() !== null && this.#rowOf.has(id) ? id : null;
  }

  /** Rows at this depth and below are folded; null when none is. */
  get depth(): number | null {
    const depth = this.#route.get('depth');
    if (depth === 'all') return null;
    if (depth !== null && /^\d{1,4}$/.test(depth)) return Number(depth);
    const { count } = this.data.rows;
    if (count > hugeRows) return 2;
    return count > manyRows ? 3 : null;
  }

  rowOf(id: string | null): number {
    return id === null ? -1 : (this.#rowOf.get(id) ?? -1);
  }

  idOf(row: number): string {
    return this.data.rows.ids[row] ?? '';
  }

  isFolded(row: number): boolean {
    return this.#folded[row] === 1;
  }

  isParent(row: number): boolean {
    return (this.data.rows.subtreeEnd[row] ?? 0) > row + 1;
  }

  isInProgress(row: number): boolean {
    return ((this.data.rows.flags[row] ?? 0) & rowFlags.inProgress) !== 0;
  }

  /** Place among the rows that are shown; -1 when it is not. */
  ordinalOf(row: number): number {
    let low = 0;
    let high = this.#shown.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = this.#shown[middle] ?? 0;
      if (at === row) return middle;
      if (at < row) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  select(id: string | null, step: 'push' | 'replace' = 'push'): void {
    if (id !== null) this.focusedId = id;
    this.#route.set({ row: id }, step);
  }

  show(view: TraceViewName): void {
    this.#route.set({ view: view === 'waterfall' ? null : view });
  }

  find(query: string): void {
    this.#route.set({ q: query }, 'replace');
  }

  set(changes: Record<string, string | null>): void {
    this.#route.set(changes, 'replace');
  }

  zoom(range: TimeRange): void {
    const next = fitRange(range, this.extent);
    this.#route.set({ range: isWhole(next, this.extent) ? null : writeRange(next) }, 'replace');
  }

  /** The row and a little around it. */
  zoomToRow(row: number): void {
    const from = this.data.rows.start[row] ?? 0;
    const duration = this.data.rows.duration[row] ?? 0;
    this.zoom({ from: from - duration * 0.1, to: from + duration * 1.1 });
  }

  turn(rows: readonly number[]): void {
    const turned = new Set(this.#turned);
    for (const row of rows) {
      const id = this.idOf(row);
      if (!turned.delete(id)) turned.add(id);
    }
    this.#setTurned(turned);
  }

  foldTo(depth: number | null): void {
    this.#route.set({ depth: depth === null ? 'all' : String(depth) }, 'replace');
    this.#setTurned(new Set());
  }

  /** Opens what the row is folded into. */
  reveal(row: number): void {
    const above: number[] = [];
    for (let at = this.data.rows.parent[row] ?? -1; at !== -1; at = this.data.rows.parent[at] ?? -1) if (this.isFolded(at)) above.push(at);
    if (above.length > 0) this.turn(above);
    const { onlyMatches, least } = this;
    if (this.ordinalOf(row) === -1 && (onlyMatches || least > 0)) this.#route.set({ only: null, least: null }, 'replace');
  }

  #setTurned(turned: ReadonlySet<string>): void {
    this.#turned = turned;
    const ids = [...turned].slice(0, maxTurnedInAddress).map(encodeURIComponent);
    this.#route.set({ turned: ids.length === 0 ? null : ids.join(',') }, 'replace');
  }

  #drawNow(): TraceData | null {
    const data = this.#data();
    if (data === null || !this.isAdjusted || data.skew.length === 0) return data;
    const { rows, moved } = adjustClocks(data.rows, data.skew);
    return { ...data, rows, moved, ...ownTimeOf(rows), path: criticalPathOf(rows) };
  }

  #foldNow(): Uint8Array {
    return foldedRows(this.data.rows, this.depth, this.#turned);
  }

  #keptNow(): Uint8Array | null {
    const { rows } = this.data;
    if (this.onlyMatches) return rowsAndAncestors(rows, this.#matches);
    return this.least === 0 ? null : rowsOfAtLeast(rows, (rows.extentMicros * this.least) / 100);
  }

  #rangeNow(): TimeRange {
    return fitRange(readRange(this.#route.get('range')) ?? { from: 0, to: this.extent }, this.extent);
  }

  /** Whether another reading would leave what is on the screen in its place: from the first row to the last, the same IDs. */
  keepsInPlace(next: TraceData, window: { first: number; last: number }): boolean {
    return untrack(() => {
      const ids: string[] = [];
      for (let ordinal = window.first; ordinal <= window.last && ordinal < this.#shown.length; ordinal++)
        ids.push(this.idOf(this.#shown[ordinal] ?? 0));
      const shown = visibleRows(next.rows, foldedRows(next.rows, this.depth, this.#turned), null);
      const first = next.rows.ids.indexOf(ids[0] ?? '');
      const at = first === -1 ? -1 : shown.indexOf(first);
      return at !== -1 && ids.every((id, i) => next.rows.ids[shown[at + i] ?? 0] === id);
    });
  }
}

function readTurned(text: string | null): Set<string> {
  const ids = (text ?? '').split(',').filter((id) => id !== '');
  return new Set(ids.flatMap(decoded));
}

function decoded(text: string): string[] {
  try {
    return [decodeURIComponent(text)];
  } catch {
    return [];
  }
}
