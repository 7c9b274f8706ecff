/** Which row gets the keys next: those of a grid, and `j` and `k` from anywhere on the page. */
import type { TraceRow } from '@fluoroscope/contract/traces';
import { tick } from 'svelte';
import type { GridView } from './grid-view.svelte.js';

export interface RowKeysSetup {
  rows: () => readonly TraceRow[];
  view: GridView;
  active: () => string | null;
  activate: (row: TraceRow) => void;
  open: (row: TraceRow) => void;
}

export class RowKeys {
  constructor(private readonly setup: RowKeysSetup) {}

  /** To the next or previous row; the first press takes up the row that has the keys, or the first that is seen. */
  step(by: number): void {
    const { rows, view, active } = this.setup;
    const at = rows().findIndex(({ traceId }) => traceId === active());
    const isFocused = document.activeElement instanceof HTMLElement && document.activeElement.dataset.trace !== undefined;
    if (at < 0) void this.#focus(Math.ceil(view.scrollTop / view.rowHeight));
    else void this.#focus(isFocused ? at + by : at);
  }

  /** On a row that has the focus. */
  press(event: KeyboardEvent): void {
    const focused = event.target instanceof HTMLElement ? event.target.dataset.trace : undefined;
    if (focused === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = this.setup.rows();
    const at = rows.findIndex(({ traceId }) => traceId === focused);
    const wanted = this.#places(at, rows.length)[event.key];
    const row = rows[at];
    if (wanted !== undefined) void this.#focus(wanted);
    else if (event.key === 'Enter' && row) this.setup.open(row);
    else return;
    event.preventDefault();
  }

  #places(at: number, count: number): Record<string, number> {
    const screen = this.setup.view.rowsPerScreen;
    return { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1, PageDown: at + screen, PageUp: at - screen };
  }

  async #focus(wanted: number): Promise<void> {
    const rows = this.setup.rows();
    const index = Math.min(rows.length - 1, Math.max(0, wanted));
    const row = rows[index];
    if (!row) return;
    this.setup.activate(row);
    this.setup.view.reveal(index);
    await tick();
    document.querySelector<HTMLElement>(`[data-trace="${CSS.escape(row.traceId)}"]`)?.focus({ preventScroll: true });
  }
}
