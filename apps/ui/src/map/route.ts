/**
 * The line of an edge: out of the caller's right side, into the callee's left side, through the gaps between the cards of
 * the ranks it passes. A pure function of the places, so an edge moves only when a card does.
 */
import { nodeHeight, nodeWidth, type Places, type Point } from './geometry.js';

/** Cubic Bézier segments: x0 y0, then (c1x c1y c2x c2y x y) each. */
export type Curve = number[];

/** Free space kept above and below a card that a line passes. */
const clearance = 14;
/** How far a line that runs back bulges out of the cards. */
const bulge = 72;

export function routeEdge(caller: Point, callee: Point, places: Places): Curve {
  const start = { x: caller.x + nodeWidth, y: caller.y + nodeHeight / 2 };
  const end = { x: callee.x, y: callee.y + nodeHeight / 2 };
  if (caller === callee) return selfLoop(caller);
  if (end.x < start.x + 16) return backwards(start, end);
  return through(start, end, passages(start, end, places));
}

function selfLoop({ x, y }: Point): Curve {
  const right = x + nodeWidth;
  const middle = y + nodeHeight / 2;
  return [right, middle, right + 44, middle, right + 20, y - 34, x + nodeWidth / 2, y - 30, x - 20, y - 34, x - 44, middle, x, middle];
}

function backwards(start: Point, end: Point): Curve {
  const down = Math.max(start.y, end.y) + bulge;
  const middle = { x: (start.x + end.x) / 2, y: down };
  return [
    start.x,
    start.y,
    start.x + bulge,
    start.y,
    start.x + bulge,
    down,
    middle.x,
    middle.y,
    end.x - bulge,
    down,
    end.x - bulge,
    end.y,
    end.x,
    end.y,
  ];
}

interface Passage {
  left: number;
  right: number;
  y: number;
}

/** Cards that stand side by side, or nearly: a line passes them together. */
interface Column {
  left: number;
  right: number;
  tops: number[];
}

/** Where the line passes each rank between its ends: at its own height, or through the nearest gap. */
function passages(start: Point, end: Point, places: Places): Passage[] {
  let from = start;
  return columnsBetween(start.x, end.x, places).map(({ left, right, tops }) => {
    const share = ((left + right) / 2 - from.x) / (end.x - from.x);
    const y = nearestGap(from.y + (end.y - from.y) * share, tops);
    from = { x: right, y };
    return { left, right, y };
  });
}

/** From left to right, apart from each other: what a person moved a little stays with its rank. */
function columnsBetween(from: number, to: number, places: Places): Column[] {
  const between = [...places.values()].filter(({ x }) => x >= from && x + nodeWidth <= to).sort((a, b) => a.x - b.x);
  const columns: Column[] = [];
  for (const { x, y } of between) {
    const last = columns.at(-1);
    if (last && x < last.right) {
      last.right = x + nodeWidth;
      last.tops.push(y);
    } else columns.push({ left: x, right: x + nodeWidth, tops: [y] });
  }
  return columns;
}

function nearestGap(wanted: number, tops: readonly number[]): number {
  const blocked = (y: number) => tops.some((top) => y > top - clearance + 0.5 && y < top + nodeHeight + clearance - 0.5);
  if (!blocked(wanted)) return wanted;
  const candidates = tops.flatMap((top) => [top - clearance, top + nodeHeight + clearance]).filter((y) => !blocked(y));
  return candidates.reduce((best, y) => (Math.abs(y - wanted) < Math.abs(best - wanted) ? y : best), candidates[0] ?? wanted);
}

function through(start: Point, end: Point, stops: readonly Passage[]): Curve {
  const curve: Curve = [start.x, start.y];
  let from = start;
  for (const { left, right, y } of stops) {
    bend(curve, from, { x: left, y });
    curve.push(left, y, right, y, right, y);
    from = { x: right, y };
  }
  bend(curve, from, end);
  return curve;
}

/** An S between two heights; its handles reach half way, so that it leaves and arrives level. */
function bend(curve: Curve, from: Point, to: Point): void {
  const reach = Math.max(24, (to.x - from.x) / 2);
  curve.push(from.x + reach, from.y, to.x - reach, to.y, to.x, to.y);
}

const stepsPerBend = 14;

/** The curve as a chain of points: x, y, x, y… for hit testing, lengths and labels. */
export function flatten(curve: Curve): Float64Array {
  const bends = (curve.length - 2) / 6;
  const points = new Float64Array(2 + bends * stepsPerBend * 2);
  points[0] = curve[0] ?? 0;
  points[1] = curve[1] ?? 0;
  for (let bendIndex = 0; bendIndex < bends; bendIndex++) {
    for (let step = 1; step <= stepsPerBend; step++) {
      const at = 2 + (bendIndex * stepsPerBend + step - 1) * 2;
      points[at] = cubic(curve, bendIndex * 6, step / stepsPerBend);
      points[at + 1] = cubic(curve, bendIndex * 6 + 1, step / stepsPerBend);
    }
  }
  return points;
}

function cubic(curve: Curve, at: number, t: number): number {
  const u = 1 - t;
  const [a = 0, b = 0, c = 0, d = 0] = [curve[at], curve[at + 2], curve[at + 4], curve[at + 6]];
  return u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * d;
}

export function lengthOf(points: Float64Array): number {
  let length = 0;
  for (let at = 2; at < points.length; at += 2) length += segmentLength(points, at);
  return length;
}

function segmentLength(points: Float64Array, at: number): number {
  return Math.hypot((points[at] ?? 0) - (points[at - 2] ?? 0), (points[at + 1] ?? 0) - (points[at - 1] ?? 0));
}

/** The point at a distance from the start. */
export function pointAt(points: Float64Array, distance: number): Point {
  let left = distance;
  for (let at = 2; at < points.length; at += 2) {
    const length = segmentLength(points, at);
    if (length >= left && length > 0) {
      const share = left / length;
      return { x: mix(points, at, share), y: mix(points, at + 1, share) };
    }
    left -= length;
  }
  return { x: points[points.length - 2] ?? 0, y: points[points.length - 1] ?? 0 };
}

function mix(points: Float64Array, at: number, share: number): number {
  const from = points[at - 2] ?? 0;
  return from + ((points[at] ?? 0) - from) * share;
}

/** Distance from a point to the chain. */
export function distanceTo(points: Float64Array, { x, y }: Point): number {
  let nearest = Infinity;
  for (let at = 2; at < points.length; at += 2) {
    const [ax = 0, ay = 0, bx = 0, by = 0] = points.subarray(at - 2, at + 2);
    const square = (bx - ax) ** 2 + (by - ay) ** 2;
    const t = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square));
    nearest = Math.min(nearest, Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)));
  }
  return nearest;
}
