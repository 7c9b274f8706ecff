/** The lines of the calls: where they run, how thick they are, and which one is under a point. */
import type { Box, Places, Point } from './geometry.js';
import { type Curve, distanceTo, flatten, lengthOf, pointAt, routeEdge } from './route.js';
import type { MapEdge } from './scene.svelte.js';

export interface EdgeShape {
  edge: MapEdge;
  path: Path2D;
  points: Float64Array;
  /** Around the line as it is drawn. */
  box: Box;
  length: number;
  middle: Point;
}

/** Half of the hit area, in screen pixels. */
const hitPixels = 6;
/** Half of the thickest line, or of the largest head, in map units. */
const drawnReach = 18;

export function shapeEdges(edges: readonly MapEdge[], places: Places): EdgeShape[] {
  const shapes: EdgeShape[] = [];
  for (const edge of edges) {
    const caller = places.get(edge.caller.id);
    const callee = places.get(edge.callee.id);
    if (!caller || !callee) continue;
    const curve = routeEdge(caller, callee, places);
    const points = flatten(curve);
    const length = lengthOf(points);
    shapes.push({ edge, path: pathOf(curve), points, box: boxOf(points), length, middle: pointAt(points, length / 2) });
  }
  return shapes;
}

/** 1 request per second is 1.5 pixels wide, a thousand are 5.25. */
export function edgeWidth(ratePerSecond: number): number {
  return ratePerSecond > 0 ? Math.min(6, Math.max(1, 1.5 + 1.25 * Math.log10(ratePerSecond))) : 1;
}

export function edgeUnder(shapes: readonly EdgeShape[], point: Point, zoom: number): EdgeShape | null {
  const reach = Math.max(hitPixels, 4) / zoom;
  let nearest: EdgeShape | null = null;
  let best = reach;
  for (const shape of shapes) {
    const distance = distanceTo(shape.points, point);
    if (distance > best) continue;
    best = distance;
    nearest = shape;
  }
  return nearest;
}

function pathOf(curve: Curve): Path2D {
  const path = new Path2D();
  path.moveTo(curve[0] ?? 0, curve[1] ?? 0);
  for (let at = 2; at < curve.length; at += 6) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = curve.slice(at, at + 6);
    path.bezierCurveTo(a, b, c, d, e, f);
  }
  return path;
}

/** With room for its width and its head. */
function boxOf(points: Float64Array): Box {
  const box: Box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let at = 0; at + 1 < points.length; at += 2) {
    const [x = 0, y = 0] = [points[at], points[at + 1]];
    box.left = Math.min(box.left, x - drawnReach);
    box.right = Math.max(box.right, x + drawnReach);
    box.top = Math.min(box.top, y - drawnReach);
    box.bottom = Math.max(box.bottom, y + drawnReach);
  }
  return box;
}
