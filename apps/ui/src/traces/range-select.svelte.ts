/**
 * Selecting a part of the scatter, by pointer or by keys. With keys there is a cursor on a grid of cells: arrows move it,
 * Shift and arrows grow the box from where it began, Enter applies, Esc gives up. Positions are shares of the picture.
 */
import type { Box } from './scatter.js';

/** Cells of the keyboard's cursor. */
export const cellsAcross = 24;
export const cellsUp = 12;
/** A pointer that moved less has clicked. */
const leastDragPixels = 4;

interface Cell {
  across: number;
  up: number;
}

const steps: Record<string, Cell> = {
  ArrowRight: { across: 1, up: 0 },
  ArrowLeft: { across: -1, up: 0 },
  ArrowUp: { across: 0, up: 1 },
  ArrowDown: { across: 0, up: -1 },
};

export class RangeSelect {
  box = $state.raw<Box | null>(null);
  isDragging = $state.raw(false);
  readonly #apply: (box: Box) => void;
  readonly #click: (x: number, y: number) => void;
  #cursor: Cell = { across: cellsAcross - 1, up: Math.floor(cellsUp / 2) };
  #began: Cell = this.#cursor;

  constructor(does: { apply: (box: Box) => void; click: (x: number, y: number) => void }) {
    this.#apply = does.apply;
    this.#click = does.click;
  }

  attach = (element: HTMLElement): (() => void) => {
    const stop = new AbortController();
    const { signal } = stop;
    element.addEventListener('pointerdown', (event) => this.#down(element, event), { signal });
    element.addEventListener('keydown', (event) => this.#key(event), { signal });
    element.addEventListener('blur', () => this.clear(), { signal });
    return () => stop.abort();
  };

  clear(): void {
    this.box = null;
    this.isDragging = false;
  }

  #down(element: HTMLElement, event: PointerEvent): void {
    if (event.button !== 0) return;
    const frame = element.getBoundingClientRect();
    const at = ({ clientX, clientY }: PointerEvent) => ({
      x: clamp((clientX - frame.left) / frame.width),
      y: clamp(1 - (clientY - frame.top) / frame.height),
    });
    const start = at(event);
    const stop = new AbortController();
    element.setPointerCapture(event.pointerId);
    const move = (next: PointerEvent) => {
      const far = Math.hypot(next.clientX - event.clientX, next.clientY - event.clientY) >= leastDragPixels;
      if (!far && !this.isDragging) return;
      this.isDragging = true;
      const end = at(next);
      this.box = { x0: start.x, x1: end.x, y0: start.y, y1: end.y };
    };
    const up = () => {
      stop.abort();
      const box = this.isDragging ? this.box : null;
      this.clear();
      if (box) this.#apply(box);
      else this.#click(start.x, start.y);
    };
    element.addEventListener('pointermove', move, { signal: stop.signal });
    element.addEventListener('pointerup', up, { signal: stop.signal });
    element.addEventListener(
      'pointercancel',
      () => {
        stop.abort();
        this.clear();
      },
      { signal: stop.signal },
    );
  }

  #key(event: KeyboardEvent): void {
    const step = steps[event.key];
    if (step) this.#move(step, event.shiftKey);
    else if (event.key === 'Enter' && this.box) {
      const { box } = this;
      this.clear();
      this.#apply(box);
    } else if (event.key === 'Escape' && this.box) this.clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #move(step: Cell, grows: boolean): void {
    const across = Math.min(cellsAcross - 1, Math.max(0, this.#cursor.across + (this.box ? step.across : 0)));
    const up = Math.min(cellsUp - 1, Math.max(0, this.#cursor.up + (this.box ? step.up : 0)));
    this.#cursor = { across, up };
    if (!grows || !this.box) this.#began = this.#cursor;
    this.box = {
      x0: Math.min(this.#began.across, across) / cellsAcross,
      x1: (Math.max(this.#began.across, across) + 1) / cellsAcross,
      y0: Math.min(this.#began.up, up) / cellsUp,
      y1: (Math.max(this.#began.up, up) + 1) / cellsUp,
    };
  }
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
