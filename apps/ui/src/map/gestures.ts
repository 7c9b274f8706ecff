/**
 * Pan and zoom by mouse, wheel, touch pad and fingers. A drag that moved is not a click; a wheel pans, and zooms with
 * Ctrl or Cmd (which is also what a pinch on a touch pad sends).
 */
import type { Camera } from './camera.svelte.js';
import type { Point } from './geometry.js';

export interface GestureHandlers {
  camera(): Camera;
  /** The pointer rests or moves over the map; null when it leaves. Screen pixels from the map's corner. */
  over(point: Point | null): void;
  /** A click or tap on no node. */
  click(point: Point): void;
  /** A node is dragged by so many screen pixels. By touch the map is panned instead: a thumb is always on some node. */
  drag(node: string, dx: number, dy: number): void;
  drop(node: string): void;
}

/** A pointer that moved less has clicked. */
const dragPixels = 4;
const wheelZoom = 0.0025;
const linePixels = 16;

class Gestures {
  readonly #pointers = new Map<number, Point>();
  #start: Point = { x: 0, y: 0 };
  #dragging = false;
  /** The node that was pressed. */
  #node: string | null = null;
  /** The node that is moved. */
  #carried: string | null = null;

  constructor(
    readonly element: HTMLElement,
    readonly handlers: GestureHandlers,
  ) {}

  down(event: PointerEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    if (event.button !== 0 || target?.closest('[data-still]')) return;
    if (this.#pointers.size === 0) {
      this.#start = this.#local(event);
      this.#dragging = false;
      this.#node = target?.closest<HTMLElement>('[data-node]')?.dataset.node ?? null;
    }
    this.#pointers.set(event.pointerId, this.#local(event));
  }

  move(event: PointerEvent): void {
    const point = this.#local(event);
    const last = this.#pointers.get(event.pointerId);
    if (!last) {
      const free = !(event.target instanceof Element && event.target.closest('[data-node], [data-still]'));
      if (event.pointerType === 'mouse') this.handlers.over(free ? point : null);
      return;
    }
    if (!this.#dragging && Math.hypot(point.x - this.#start.x, point.y - this.#start.y) < dragPixels) return;
    if (!this.#dragging) this.#begin(event);
    if (this.#carried !== null) this.handlers.drag(this.#carried, point.x - last.x, point.y - last.y);
    else if (this.#pointers.size === 2) this.#pinch(event.pointerId, point);
    else this.handlers.camera().pan(point.x - last.x, point.y - last.y);
    this.#pointers.set(event.pointerId, point);
  }

  #begin({ pointerId, pointerType }: PointerEvent): void {
    this.#dragging = true;
    this.#carried = pointerType === 'touch' ? null : this.#node;
    this.handlers.over(null);
    this.element.setPointerCapture(pointerId);
  }

  #pinch(moving: number, point: Point): void {
    const from = this.#pointers.get(moving);
    const other = [...this.#pointers].find(([id]) => id !== moving)?.[1];
    if (!from || !other) return;
    const before = Math.hypot(from.x - other.x, from.y - other.y);
    const after = Math.hypot(point.x - other.x, point.y - other.y);
    this.handlers.camera().zoomAt({ x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 }, after / Math.max(1, before));
    this.handlers.camera().pan((point.x - from.x) / 2, (point.y - from.y) / 2);
  }

  up(event: PointerEvent): void {
    if (!this.#pointers.delete(event.pointerId) || this.#pointers.size > 0) return;
    if (this.#carried !== null) this.handlers.drop(this.#carried);
    this.#carried = null;
    if (!this.#dragging && this.#node === null && event.type === 'pointerup') this.handlers.click(this.#local(event));
  }

  /** The click that ends a drag selects nothing. */
  swallow(event: MouseEvent): void {
    if (!this.#dragging) return;
    this.#dragging = false;
    event.stopPropagation();
    event.preventDefault();
  }

  wheel(event: WheelEvent): void {
    event.preventDefault();
    const scale = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? linePixels : 1;
    if (event.ctrlKey || event.metaKey) this.handlers.camera().zoomAt(this.#local(event), Math.exp(-event.deltaY * scale * wheelZoom));
    else if (event.shiftKey && event.deltaX === 0) this.handlers.camera().pan(-event.deltaY * scale, 0);
    else this.handlers.camera().pan(-event.deltaX * scale, -event.deltaY * scale);
  }

  #local(event: MouseEvent): Point {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

/** Listens on the map's frame; the answer stops. */
export function listenToGestures(element: HTMLElement, handlers: GestureHandlers): () => void {
  const gestures = new Gestures(element, handlers);
  const stop = new AbortController();
  const { signal } = stop;
  element.addEventListener('pointerdown', (event) => gestures.down(event), { signal });
  element.addEventListener('pointermove', (event) => gestures.move(event), { signal, passive: true });
  element.addEventListener('pointerup', (event) => gestures.up(event), { signal });
  element.addEventListener('pointercancel', (event) => gestures.up(event), { signal });
  element.addEventListener('pointerleave', () => handlers.over(null), { signal });
  element.addEventListener('click', (event) => gestures.swallow(event), { signal, capture: true });
  element.addEventListener('wheel', (event) => gestures.wheel(event), { signal, passive: false });
  return () => stop.abort();
}
