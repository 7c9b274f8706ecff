/** Rows by depth, drawn on a canvas: a bar that would lie on pixels that its lane has drawn already is left out. */
import { formatDuration } from '@fluoroscope/format/format';
import { rowFlags, rowKinds, type Waterfall } from '@fluoroscope/xray/waterfall';
import type { TraceData } from './messages.js';
import type { TimeRange } from './range.js';
import { lookOf } from './row-look.js';

export const laneHeight = 22;
const barHeight = 18;
/** A narrower bar bears no words. */
const leastWordsPixels = 46;

export const laneColours = [
  'bg1',
  'text',
  'accent',
  'border',
  'bar',
  'error',
  'throttle',
  'fault',
  'series1',
  'series2',
  'series3',
  'series4',
  'series5',
] as const;
const stateColours = ['bar', 'error', 'throttle', 'fault'] as const;
const seriesColours = ['bar', 'series1', 'series2', 'series3', 'series4', 'series5'] as const;

/** By depth: its rows in order of their start. Rows that stand for others are left out, and add no depth. */
export function lanesOf(rows: Waterfall): number[][] {
  const lanes: number[][] = [];
  const laneOf = new Int32Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    const parent = rows.parent[row] ?? -1;
    const isStandIn = (rows.kind[row] ?? 0) >= rowKinds.group;
    const above = parent === -1 ? -1 : (laneOf[parent] ?? 0);
    laneOf[row] = isStandIn ? above : above + 1;
    if (isStandIn) continue;
    while (lanes.length <= above + 1) lanes.push([]);
    lanes[above + 1]?.push(row);
  }
  for (const lane of lanes) lane.sort((left, right) => (rows.start[left] ?? 0) - (rows.start[right] ?? 0) || left - right);
  return lanes;
}

/** The shortest row there, so that what lies above others can be reached; -1 for none. */
export function rowAt(
  rows: Waterfall,
  lanes: readonly number[][],
  { lane, time, slack }: { lane: number; time: number; slack: number },
): number {
  let found = -1;
  for (const row of lanes[lane] ?? []) {
    const start = rows.start[row] ?? 0;
    if (start > time + slack) break;
    const isThere = start + (rows.duration[row] ?? 0) >= time - slack;
    if (isThere && (found === -1 || (rows.duration[row] ?? 0) <= (rows.duration[found] ?? 0))) found = row;
  }
  return found;
}

interface Drawing {
  data: TraceData;
  lanes: readonly number[][];
  range: TimeRange;
  width: number;
  height: number;
  scrollTop: number;
  selected: number;
  colours: Record<(typeof laneColours)[number], string>;
  byService: boolean;
  /** Where bars in progress end. */
  tip: number | null;
}

export function drawLanes(context: CanvasRenderingContext2D, drawing: Drawing): void {
  const first = Math.floor(drawing.scrollTop / laneHeight);
  const last = Math.ceil((drawing.scrollTop + drawing.height) / laneHeight);
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  for (let lane = first; lane <= last; lane++) drawLane(context, drawing, lane);
}

function drawLane(context: CanvasRenderingContext2D, drawing: Drawing, lane: number): void {
  const { data, range, width } = drawing;
  const scale = width / (range.to - range.from);
  const y = lane * laneHeight - drawing.scrollTop + (laneHeight - barHeight) / 2;
  let drawnTo = -1;
  for (const row of drawing.lanes[lane] ?? []) {
    const start = data.rows.start[row] ?? 0;
    const end = isOpen(data.rows, row) && drawing.tip !== null ? drawing.tip : start + (data.rows.duration[row] ?? 0);
    const left = Math.max(0, (start - range.from) * scale);
    const right = Math.min(width, (end - range.from) * scale);
    const isSeen = right >= 0 && left <= width && (right > drawnTo || row === drawing.selected);
    if (!isSeen) continue;
    drawBar(context, drawing, { row, x: left, y, w: Math.max(1, right - left) });
    drawnTo = Math.max(drawnTo, right, left + 1);
  }
}

function drawBar(
  context: CanvasRenderingContext2D,
  drawing: Drawing,
  { row, x, y, w }: { row: number; x: number; y: number; w: number },
): void {
  const { data, colours } = drawing;
  const look = lookOf(data, row);
  const outcome = data.rows.outcome[row] ?? 0;
  const name = outcome === 0 && drawing.byService ? seriesColours[look.series] : stateColours[outcome];
  const inset = w > 3 ? 0.5 : 0;
  context.fillStyle = colours.bg1;
  context.fillRect(x, y, w, barHeight);
  context.globalAlpha = isOpen(data.rows, row) ? 0.22 : 0.36;
  context.fillStyle = colours[name ?? 'bar'];
  context.fillRect(x, y, w - inset, barHeight);
  context.globalAlpha = 1;
  context.fillRect(x, y, Math.min(w, 3), barHeight);
  if (row === drawing.selected) {
    context.strokeStyle = colours.accent;
    context.lineWidth = 2;
    context.strokeRect(x + 1, y + 1, Math.max(1, w - 2), barHeight - 2);
  }
  if (w < leastWordsPixels) return;
  context.save();
  context.beginPath();
  context.rect(x, y, w - 4, barHeight);
  context.clip();
  context.fillStyle = colours.text;
  const seconds = isOpen(data.rows, row) ? 'in progress' : formatDuration(data.rows.duration[row] ?? 0);
  context.fillText(`${look.name}  ${seconds}`, x + 7, y + barHeight / 2 + 0.5);
  context.restore();
}

function isOpen(rows: Waterfall, row: number): boolean {
  return ((rows.flags[row] ?? 0) & rowFlags.inProgress) !== 0;
}
