/** The keys of the treegrid, as the APG has them for rows that hold cells; and Left on a closed row goes to its parent. */
import type { WaterfallView } from './waterfall-view.svelte.js';

export interface GridPart {
  view: WaterfallView;
  /** Rows that fit on the screen. */
  page: number;
  detailsOpen: boolean;
  open: (id: string) => void;
  focus: (row: number, cell?: number) => void;
}

const lastCell = 2;

export class GridKeys {
  /** The cell that has the focus; -1 for the row itself. */
  private cell = -1;

  constructor(private readonly part: () => GridPart) {}

  press(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { view } = this.part();
    const row = view.rowOf(view.focusedId);
    const ordinal = row === -1 ? -1 : view.ordinalOf(row);
    if (ordinal === -1 || !this.act(event.key, row, ordinal)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The focus came by itself, by a click or by Tab. */
  follow(event: FocusEvent): void {
    const target = event.target instanceof HTMLElement ? event.target : null;
    const row = target?.closest<HTMLElement>('[data-row]');
    if (!target || !row) return;
    this.part().view.focusedId = row.dataset.row ?? null;
    this.cell = target === row ? -1 : [...row.children].indexOf(target);
  }

  private act(key: string, row: number, ordinal: number): boolean {
    const { view, page } = this.part();
    const end = view.shown.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: ordinal + 1,
      ArrowUp: ordinal - 1,
      j: ordinal + 1,
      k: ordinal - 1,
      PageDown: ordinal + page,
      PageUp: ordinal - page,
    };
    const to = moves[key];
    if (to !== undefined) this.moveTo(Math.max(0, Math.min(end, to)));
    else if (key === 'Home') this.atEdge(0, 0, row);
    else if (key === 'End') this.atEdge(end, lastCell, row);
    else if (key === 'ArrowRight') this.right(row);
    else if (key === 'ArrowLeft') this.left(row);
    else if (key === 'Enter') this.part().open(view.idOf(row));
    else if (key === '*') view.turn(foldedSiblings(view, row));
    else return false;
    return true;
  }

  private moveTo(ordinal: number): void {
    const { view, focus, detailsOpen } = this.part();
    const row = view.shown[ordinal];
    if (row === undefined) return;
    focus(row, this.cell);
    if (detailsOpen) view.select(view.idOf(row), 'replace');
  }

  /** Among rows the first or last of all; among cells the first or last of the row. */
  private atEdge(ordinal: number, cell: number, row: number): void {
    if (this.cell === -1) this.moveTo(ordinal);
    else this.focusCell(row, cell);
  }

  private right(row: number): void {
    const { view } = this.part();
    if (this.cell === -1 && view.isParent(row) && view.isFolded(row)) view.turn([row]);
    else if (this.cell < lastCell) this.focusCell(row, this.cell + 1);
  }

  private left(row: number): void {
    const { view, focus } = this.part();
    const parent = view.data.rows.parent[row] ?? -1;
    if (this.cell > -1) this.focusCell(row, this.cell - 1);
    else if (view.isParent(row) && !view.isFolded(row)) view.turn([row]);
    else if (parent !== -1) focus(parent);
  }

  private focusCell(row: number, cell: number): void {
    this.cell = cell;
    this.part().focus(row, cell);
  }
}

function foldedSiblings(view: WaterfallView, row: number): number[] {
  const { parent, subtreeEnd, count } = view.data.rows;
  const above = parent[row] ?? -1;
  const end = above === -1 ? count : (subtreeEnd[above] ?? count);
  const folded: number[] = [];
  for (let at = above + 1; at < end; at = subtreeEnd[at] ?? at + 1) if (view.isParent(at) && view.isFolded(at)) folded.push(at);
  return folded;
}
