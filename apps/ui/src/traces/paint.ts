/**
 * The two pictures of the strip on a canvas: a point for each trace, shaped and coloured by its outcome (dot, triangle, bar,
 * cross, ring: the shape alone says it), and the count of each part of the window, stacked by outcome.
 */
import type { TraceRow } from '@fluoroscope/contract/traces';
import { type Bucket, type DurationSpan, type PointState, shownMicros, stateOf, type TimeSpan, xOf, yOf } from './scatter.js';

export interface Area {
  width: number;
  height: number;
}

/** Trouble is drawn last, over what is well. */
export const paintOrder: readonly PointState[] = ['progress', 'ok', 'error', 'throttle', 'fault'];
export type Palette = Record<PointState | 'line' | 'text', string>;

const radius = 2.5;
const okOpacity = 0.75;

/** Of the theme as it is now. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name);
  return {
    ok: colour('--scatter-ok'),
    error: colour('--scatter-error'),
    throttle: colour('--scatter-throttle'),
    fault: colour('--scatter-fault'),
    progress: colour('--scatter-progress'),
    line: colour('--scatter-line'),
    text: colour('--scatter-text'),
  };
}

/** A context in which one unit is one pixel of the page. */
export function prepare(canvas: HTMLCanvasElement, { width, height }: Area): CanvasRenderingContext2D | null {
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  context?.setTransform(scale, 0, 0, scale, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

export interface Scatter {
  rows: readonly TraceRow[];
  time: TimeSpan;
  durations: DurationSpan;
  /** Everything older has not been loaded. */
  loadedFromMicros: number | null;
}

export function paintScatter(
  context: CanvasRenderingContext2D,
  area: Area,
  { scatter, palette }: { scatter: Scatter; palette: Palette },
): void {
  paintDecades(context, area, { durations: scatter.durations, palette });
  paintUnloaded(context, area, { scatter, palette });
  const byState = new Map<PointState, TraceRow[]>(paintOrder.map((state) => [state, []]));
  for (const row of scatter.rows) byState.get(stateOf(row))?.push(row);
  for (const state of paintOrder) {
    context.fillStyle = palette[state];
    context.strokeStyle = palette[state];
    context.lineWidth = 1.4;
    context.globalAlpha = state === 'ok' ? okOpacity : 1;
    context.beginPath();
    for (const row of byState.get(state) ?? []) {
      const x = xOf(row.startMicros, scatter.time) * area.width;
      const y = (1 - yOf(shownMicros(row), scatter.durations)) * area.height;
      marks[state](context, x, Math.min(area.height - radius, Math.max(radius, y)));
    }
    if (state === 'ok' || state === 'error') context.fill();
    else context.stroke();
  }
  context.globalAlpha = 1;
}

type Mark = (context: CanvasRenderingContext2D, x: number, y: number) => void;

const marks: Record<PointState, Mark> = {
  ok: (context, x, y) => context.rect(x - 1.5, y - 1.5, 3, 3),
  error: (context, x, y) => {
    context.moveTo(x, y - 4);
    context.lineTo(x + 4, y + 3);
    context.lineTo(x - 4, y + 3);
    context.closePath();
  },
  throttle: (context, x, y) => {
    context.moveTo(x - 3, y - 3);
    context.lineTo(x + 3, y - 3);
    context.moveTo(x - 3, y + 3);
    context.lineTo(x + 3, y + 3);
    context.moveTo(x, y - 3);
    context.lineTo(x, y + 3);
  },
  fault: (context, x, y) => {
    context.moveTo(x - 3, y - 3);
    context.lineTo(x + 3, y + 3);
    context.moveTo(x + 3, y - 3);
    context.lineTo(x - 3, y + 3);
  },
  progress: (context, x, y) => {
    context.moveTo(x + 3, y);
    context.arc(x, y, 3, 0, 2 * Math.PI);
  },
};

function paintDecades(
  context: CanvasRenderingContext2D,
  area: Area,
  { durations, palette }: { durations: DurationSpan; palette: Palette },
): void {
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.beginPath();
  for (let decade = durations.lowDecade; decade <= durations.highDecade; decade++) {
    const y = Math.round((1 - (decade - durations.lowDecade) / (durations.highDecade - durations.lowDecade)) * (area.height - 1)) + 0.5;
    context.moveTo(0, y);
    context.lineTo(area.width, y);
  }
  context.stroke();
}

/** Hatched: there may be traces, but they are not here. */
function paintUnloaded(context: CanvasRenderingContext2D, area: Area, { scatter, palette }: { scatter: Scatter; palette: Palette }): void {
  if (scatter.loadedFromMicros === null) return;
  const width = Math.min(1, xOf(scatter.loadedFromMicros, scatter.time)) * area.width;
  if (width <= 0) return;
  context.save();
  context.beginPath();
  context.rect(0, 0, width, area.height);
  context.clip();
  context.strokeStyle = palette.line;
  context.beginPath();
  for (let x = -area.height; x < width; x += 8) {
    context.moveTo(x, area.height);
    context.lineTo(x + area.height, 0);
  }
  context.stroke();
  context.restore();
}

export function paintCounts(
  context: CanvasRenderingContext2D,
  area: Area,
  { buckets, palette }: { buckets: readonly Bucket[]; palette: Palette },
): void {
  const most = Math.max(1, ...buckets.map(countOf));
  const step = area.width / Math.max(1, buckets.length);
  buckets.forEach((bucket, index) => {
    let bottom = area.height;
    for (const state of paintOrder.toReversed()) {
      const height = (bucket[state] / most) * (area.height - 2);
      if (height <= 0) continue;
      // One fault among a thousand is still seen.
      const seen = Math.max(1.5, height);
      const bar: Bar = [index * step + 0.5, bottom - seen, Math.max(1, step - 1), seen];
      context.fillStyle = palette[state];
      context.strokeStyle = palette[state];
      if (state === 'progress') strokeInside(context, bar);
      else context.fillRect(...bar);
      bottom -= seen;
    }
  });
  context.fillStyle = palette.line;
  context.fillRect(0, area.height - 1, area.width, 1);
}

type Bar = [x: number, y: number, width: number, height: number];

/** Hollow: not over yet. */
function strokeInside(context: CanvasRenderingContext2D, [x, y, width, height]: Bar): void {
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}

export function countOf(bucket: Bucket): number {
  return paintOrder.reduce((sum, state) => sum + bucket[state], 0);
}
