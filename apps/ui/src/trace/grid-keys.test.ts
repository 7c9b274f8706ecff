import { beforeEach, describe, expect, it } from 'vitest';
import { GridKeys } from './grid-keys.js';
import { TraceDocuments } from './trace-documents.js';
import type { WaterfallView } from './waterfall-view.svelte.js';

describe('the keys of the treegrid', () => {
  let grid: Grid;

  beforeEach(() => {
    grid = new Grid();
  });

  it('moves by rows and by pages, and no further than the ends', () => {
    expect(grid.press('ArrowDown', 'j', 'ArrowUp', 'k', 'k', 'PageDown', 'PageDown', 'PageUp', 'End', 'Home')).toEqual([
      'b',
      'c',
      'b',
      'a',
      'a',
      'd',
      'e',
      'b',
      'e',
      'a',
    ]);
  });

  it('opens a closed row, then steps into its cells and back out again', () => {
    grid.folded.add('a');
    grid.press('ArrowRight');
    expect(grid.folded.size).toBe(0);
    expect(grid.press('ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'Home', 'End', 'ArrowLeft')).toEqual([
      'a 0',
      'a 1',
      'a 2',
      'a 2',
      'a 0',
      'a 2',
      'a 1',
    ]);
    expect(grid.press('ArrowLeft', 'ArrowLeft')).toEqual(['a 0', 'a']);
  });

  it('keeps the cell when it moves to another row', () => {
    expect(grid.press('ArrowRight', 'ArrowDown')).toEqual(['a 0', 'b 0']);
  });

  it('closes an open row, and goes from a closed one or a leaf to its parent', () => {
    grid.at('b');
    grid.press('ArrowLeft');
    expect([...grid.folded]).toEqual(['b']);
    expect(grid.press('ArrowLeft')).toEqual(['a']);
    grid.at('e');
    expect(grid.press('ArrowLeft')).toEqual(['d']);
  });

  it('opens all rows beside one, and the details of one', () => {
    grid.folded.add('b').add('d');
    grid.at('b');
    grid.press('*', 'Enter');
    expect([[...grid.folded], grid.opened]).toEqual([[], ['b']]);
  });

  it('selects what it moves to while the details are open', () => {
    grid.detailsOpen = true;
    grid.press('ArrowDown', 'ArrowDown');
    expect(grid.selected).toEqual(['b', 'c']);
  });

  it('leaves other keys, and those with a modifier, to others', () => {
    expect([grid.takes('x'), grid.takes('Tab'), grid.takes('ArrowDown', { ctrlKey: true }), grid.takes('ArrowDown')]).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

/** Rows a(b(c) d(e)), all open, with a page of three. */
class Grid {
  readonly folded = new Set<string>();
  readonly opened: string[] = [];
  readonly selected: string[] = [];
  detailsOpen = false;
  private readonly data = laidOut();
  private readonly keys: GridKeys;
  private focused = 'a';
  private cell = -1;

  constructor() {
    const view = this.view();
    this.keys = new GridKeys(() => ({
      view,
      page: 3,
      detailsOpen: this.detailsOpen,
      open: (id) => this.opened.push(id),
      focus: (row, cell = -1) => {
        this.focused = this.idOf(row);
        this.cell = cell;
      },
    }));
  }

  at(id: string): void {
    this.focused = id;
  }

  /** Where the focus is after each. */
  press(...keys: string[]): string[] {
    return keys.map((key) => {
      this.takes(key);
      return this.cell === -1 ? this.focused : `${this.focused} ${this.cell}`;
    });
  }

  takes(key: string, modifiers: Partial<KeyboardEvent> = {}): boolean {
    let taken = false;
    const event = { key, ...modifiers, preventDefault: () => (taken = true), stopPropagation: () => undefined };
    this.keys.press(event as unknown as KeyboardEvent);
    return taken;
  }

  private idOf(row: number): string {
    const { rows } = this.data;
    return rows.strings[rows.name[row] ?? 0] ?? '';
  }

  private rowOf(id: string | null): number {
    return [...this.data.rows.ids.keys()].findIndex((row) => this.idOf(row) === id);
  }

  private view(): WaterfallView {
    const grid = this;
    const { rows } = this.data;
    const view = {
      data: this.data,
      shown: Uint32Array.from(rows.ids.keys()),
      get focusedId() {
        return grid.focused;
      },
      rowOf: (id: string | null) => this.rowOf(id),
      idOf: (row: number) => this.idOf(row),
      ordinalOf: (row: number) => row,
      isParent: (row: number) => (rows.subtreeEnd[row] ?? 0) > row + 1,
      isFolded: (row: number) => this.folded.has(this.idOf(row)),
      select: (id: string) => this.selected.push(id),
      turn: (turned: readonly number[]) => {
        for (const row of turned) if (!this.folded.delete(this.idOf(row))) this.folded.add(this.idOf(row));
      },
    };
    return view as unknown as WaterfallView;
  }
}

function laidOut() {
  let next = 1;
  const part = (name: string, ...subsegments: object[]) => ({
    id: (next++).toString(16).padStart(16, '0'),
    name,
    start_time: 100,
    end_time: 101,
    subsegments,
  });
  const trace = new TraceDocuments();
  const root = part('a', part('b', part('c')), part('d', part('e')));
  trace.add(JSON.stringify({ ...root, trace_id: '1-5759e988-bd862e3fe1be46a994272793' }));
  return trace.layOut();
}
