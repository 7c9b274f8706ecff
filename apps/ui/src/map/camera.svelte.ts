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

  pan(dx: number, dy: number): void {
    const { x, y, zoom } = this.view;
    this.view = { x: x + dx, y: y + dy, zoom };
  }

  /** The point of the screen stays over the same point of the map. */
  zoomAt(point: Point, factor: number): void {
    const { x, y, zoom } = this.view;
    const next = clampZoom(zoom * factor);
    const scale = next / zoom;
    this.view = { x: point.x - (point.x - x) * scale, y: point.y - (point.y - y) * scale, zoom: next };
  }

  /** The whole box, never larger than life. */
  fit(box: Box, frame: Frame): void {
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
    this.fit(box, frame);
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
    if (dx !== 0 || dy !== 0) this.pan(dx, dy);
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
