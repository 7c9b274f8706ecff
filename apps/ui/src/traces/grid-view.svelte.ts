/**
 * Where the reader is in the list: scroll offset, the row that has the keys, and whether anybody is reading at all. Rows have
 * one fixed height, so every place is a product, and only the rows on the screen are in the document.
 */
import type { TraceRow } from '@fluoroscope/contract/traces';
import { tick, untrack } from 'svelte';

/** Rows beyond the screen, so that a scroll does not show a gap before the next frame. */
const spareRows = 6;

export interface Anchor {
  traceId: string;
  /** Of the row's top from the top of the screen. */
  offset: number;
}

export interface PlacedRow {
  row: TraceRow;
  index: number;
}

export class GridView {
  scrollTop = $state.raw(0);
  /** Of the part that shows rows. */
  height = $state.raw(600);
  rowHeight = $state.raw(32);
  /** The head that stays above the rows. */
  headHeight = $state.raw(32);
  #element: HTMLElement | null = null;
  #pointerInside = false;
  #focusInside = false;

  /** Listens to the scrolling element; the answer stops. Whoever attaches does not depend on what scrolling changes. */
  attach = (element: HTMLElement): (() => void) => untrack(() => this.#listen(element));

  #listen(element: HTMLElement): () => void {
    this.#element = element;
    const stop = new AbortController();
    const on = (event: string, does: () => void) => element.addEventListener(event, does, { passive: true, signal: stop.signal });
    on('scroll', () => (this.scrollTop = element.scrollTop));
    on('pointerenter', () => (this.#pointerInside = true));
    on('pointerleave', () => (this.#pointerInside = false));
    on('focusin', () => (this.#focusInside = true));
    on('focusout', () => (this.#focusInside = false));
    const sizes = new ResizeObserver(
      ([entry]) => (this.height = Math.max(0, (entry?.contentRect.height ?? this.height) - this.headHeight)),
    );
    sizes.observe(element);
    if (this.scrollTop > 0) this.#scrollTo(this.scrollTop);
    return () => {
      stop.abort();
      sizes.disconnect();
      this.#element = null;
      this.#pointerInside = false;
      this.#focusInside = false;
    };
  }

  /** Nobody would see a row move: new ones may come in at the top. */
  get isIdle(): boolean {
    return this.scrollTop <= 0 && !this.#pointerInside && !this.#focusInside;
  }

  /** What is in the document: the screen, a little more, and the row that has the focus wherever it is. */
  visible(rows: readonly TraceRow[], keep: string | null): PlacedRow[] {
    const first = Math.max(0, Math.floor(this.scrollTop / this.rowHeight) - spareRows);
    const count = Math.ceil(this.height / this.rowHeight) + 2 * spareRows;
    const shown = rows.slice(first, first + count).map((row, at) => ({ row, index: first + at }));
    if (keep === null || shown.some(({ row }) => row.traceId === keep)) return shown;
    const index = rows.findIndex(({ traceId }) => traceId === keep);
    const row = rows[index];
    return row ? [...shown, { row, index }] : shown;
  }

  /** Of so many rows the last ones are seen, or nearly. */
  isNearEnd(count: number): boolean {
    return (this.scrollTop + this.height) / this.rowHeight + 2 * spareRows >= count;
  }

  /** The first row that is seen, to be found at the same place later; null at the top. */
  anchor(rows: readonly TraceRow[]): Anchor | null {
    if (this.scrollTop <= 0) return null;
    const index = Math.floor(this.scrollTop / this.rowHeight);
    const row = rows[index];
    return row ? { traceId: row.traceId, offset: index * this.rowHeight - this.scrollTop } : null;
  }

  /** Scrolls so that the row stands where it stood. False when it is not there. */
  restore(anchor: Anchor, rows: readonly TraceRow[]): boolean {
    const index = rows.findIndex(({ traceId }) => traceId === anchor.traceId);
    if (index < 0) return false;
    this.#scrollTo(index * this.rowHeight - anchor.offset);
    return true;
  }

  toTop(): void {
    this.#scrollTo(0);
  }

  /** The least scroll that shows the whole row. */
  reveal(index: number): void {
    const top = index * this.rowHeight;
    const lowest = top + this.rowHeight - this.height;
    if (this.scrollTop > top) this.#scrollTo(top);
    else if (this.scrollTop < lowest) this.#scrollTo(lowest);
  }

  get rowsPerScreen(): number {
    return Math.max(1, Math.floor(this.height / this.rowHeight) - 1);
  }

  /** The state goes first, so that the rows that come into sight are drawn in the same frame. */
  #scrollTo(scrollTop: number): void {
    this.scrollTop = Math.max(0, scrollTop);
    void tick().then(() => this.#element?.scrollTo({ top: this.scrollTop, behavior: 'instant' }));
  }
}
