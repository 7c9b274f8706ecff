/**
 * Which element of the list shows which row. While the list scrolls, an element goes from the row that leaves to the row that
 * comes. A row that arrives while it stands still gets an element of its own: to a browser, other words in an old element are
 * a layout that jumps.
 */
import type { TraceRow } from '@fluoroscope/contract/traces';
import { RowSlots } from '../parts/row-slots.js';
import type { PlacedRow } from './grid-view.svelte.js';

export interface MountedRow extends PlacedRow {
  /** Of the element. */
  key: string;
}

export class RowElements {
  readonly #slots = new RowSlots();
  /** By slot. */
  readonly #keys: string[] = [];
  readonly #shows: string[] = [];
  #rows: readonly TraceRow[] | null = null;
  #made = 0;

  /** `placed` are those of `rows` that are wanted in the document. */
  mount(placed: readonly PlacedRow[], rows: readonly TraceRow[]): MountedRow[] {
    const scrolls = rows === this.#rows;
    this.#rows = rows;
    return [...this.#slots.assign(placed.map(({ row }) => row.traceId))].flatMap((place, slot) => {
      const wanted = placed[place];
      return wanted ? [{ ...wanted, key: this.#keyOf(slot, wanted.row.traceId, scrolls) }] : [];
    });
  }

  #keyOf(slot: number, traceId: string, scrolls: boolean): string {
    const held = this.#keys[slot];
    const keeps = held !== undefined && (scrolls || this.#shows[slot] === traceId);
    const key = keeps ? held : String(this.#made++);
    this.#keys[slot] = key;
    this.#shows[slot] = traceId;
    return key;
  }
}
