/** Where the map is looked at from. Moves only when the user acts, or to uncover what the user selected. */
import type { Box, Point } from './geometry.js';

export interface View {
  /** Screen position of the map's origin. */
  x: number;
  y: number;
  zoom: number;
}

export const zoomMin = 0.15;
export const zoomMax = 2;
/** One step of the zoom buttons and keys. */
export const zoomStep = 1.25;
/** The first view shows no less detail than names, rather than everything. */
const openZoomMin = 0.45;
/** Space between what is fitted and the frame. */
const margin = 32;
/** Space between what is revealed and the frame. */
const revealMargin = 24;

export interface Frame {
  width: number;
  height: number;
  /** Covered by the panel. */
  coveredRight: number;
  /** Taken by the controls along the top and the bottom. */
  bars: number;
}

export class Camera {
  view = $state.raw<View>({ x: 0, y: 0, zoom: 1 });
  /** The user has moved it: then it belongs into the address. */
  moved = $state.raw(false);

  /** By the user, as are `zoomAt` and `fit`. */
  pan(dx: number, dy: number): void {
    this.moved = true;
    this.#shift(dx, dy);
  }

  #shift(dx: number, dy: number): void {
    const { x, y, zoom } = this.view;
    this.view = { x: x + dx, y: y + dy, zoom };
  }

  /** The point of the screen stays over the same point of the map. */
  zoomAt(point: Point, factor: number): void {
    const { x, y, zoom } = this.view;
    this.moved = true;
    const next = clampZoom(zoom * factor);
    const scale = next / zoom;
    this.view = { x: point.x - (point.x - x) * scale, y: point.y - (point.y - y) * scale, zoom: next };
  }

  /** The whole box, never larger than life. */
  fit(box: Box, frame: Frame): void {
    this.moved = true;
    this.#fit(box, frame);
  }

  #fit(box: Box, frame: Frame): void {
    const width = frame.width - frame.coveredRight - 2 * margin;
    const height = frame.height - frame.bars - 2 * margin;
    const zoom = clampZoom(Math.min(1, width / (box.right - box.left), height / (box.bottom - box.top)));
    this.view = {
      x: margin + (width - (box.right - box.left) * zoom) / 2 - box.left * zoom,
      y: margin + frame.bars / 2 + (height - (box.bottom - box.top) * zoom) / 2 - box.top * zoom,
      zoom,
    };
  }

  /** The first view: everything if its names can be read, else from the callers on. */
  open(box: Box, frame: Frame): void {
    this.#fit(box, frame);
    if (this.view.zoom >= openZoomMin) return;
    const y = frame.height / 2 - ((box.top + box.bottom) / 2) * openZoomMin;
    const spare = frame.width - (box.right - box.left) * openZoomMin;
    this.view = { x: Math.max(margin, spare / 2) - box.left * openZoomMin, y, zoom: openZoomMin };
  }

  /** The least movement that shows the box. */
  reveal(box: Box, frame: Frame): void {
    const { x, y, zoom } = this.view;
    const dx = shift(box.left * zoom + x, box.right * zoom + x, frame.width - frame.coveredRight);
    const dy = shift(box.top * zoom + y, box.bottom * zoom + y, frame.height - frame.bars);
    if (dx !== 0 || dy !== 0) this.#shift(dx, dy);
  }

  /** `x,y,percent`: the middle of the frame on the map, so that a screen of another size shows the same. */
  address({ width, height }: Frame): string {
    const { x, y } = this.toMap({ x: width / 2, y: height / 2 });
    return `${x.toFixed(1)},${y.toFixed(1)},${(this.view.zoom * 100).toFixed(1)}`;
  }

  /** False when the address cannot be read; then nothing changes. */
  restore(address: string, { width, height }: Frame): boolean {
    const [x, y, percent, ...rest] = address.split(',').map(Number);
    if (x === undefined || y === undefined || percent === undefined || rest.length > 0) return false;
    if (![x, y, percent].every((part) => Number.isFinite(part) && Math.abs(part) < 1e6)) return false;
    const zoom = clampZoom(percent / 100);
    this.view = { x: width / 2 - x * zoom, y: height / 2 - y * zoom, zoom };
    this.moved = true;
    return true;
  }

  toMap({ x, y }: Point): Point {
    return { x: (x - this.view.x) / this.view.zoom, y: (y - this.view.y) / this.view.zoom };
  }

  toScreen({ x, y }: Point): Point {
    return { x: x * this.view.zoom + this.view.x, y: y * this.view.zoom + this.view.y };
  }
}

function clampZoom(zoom: number): number {
  return Math.min(zoomMax, Math.max(zoomMin, zoom));
}

function shift(from: number, to: number, limit: number): number {
  if (from < revealMargin) return revealMargin - from;
  if (to > limit - revealMargin) return Math.max(limit - revealMargin - to, revealMargin - from);
  return 0;
}
