/** Draws all edges on one canvas, and tells which edge is under a point. */
import { isMessaging } from '@fluoroscope/xray/inferred';
import { readColours } from '../charts/colours.js';
import { troubleOf } from '../live/say.js';
import type { View } from './camera.svelte.js';
import type { Places, Point } from './geometry.js';
import { type State, totalOf } from './ring.js';
import { type Curve, distanceTo, flatten, lengthOf, pointAt, routeEdge } from './route.js';
import type { MapEdge } from './scene.svelte.js';

export interface EdgeShape {
  edge: MapEdge;
  path: Path2D;
  points: Float64Array;
  length: number;
  middle: Point;
}

/** Colours as the canvas takes them. */
export interface Palette extends Record<State, string> {
  edge: string;
  accent: string;
}

/** Half of the hit area, in screen pixels. */
const hitPixels = 6;
/** Lines are no thinner on the screen. */
const thinnestPixels = 1.25;
/** A non-ok share colours at least so much of the line, so that it can be seen. */
const troubleMinPixels = 10;
/** Below this share a line stays neutral. */
const troubleShare = 0.01;

export function shapeEdges(edges: readonly MapEdge[], places: Places): EdgeShape[] {
  const shapes: EdgeShape[] = [];
  for (const edge of edges) {
    const caller = places.get(edge.caller.id);
    const callee = places.get(edge.callee.id);
    if (!caller || !callee) continue;
    const curve = routeEdge(caller, callee, places);
    const points = flatten(curve);
    const length = lengthOf(points);
    shapes.push({ edge, path: pathOf(curve), points, length, middle: pointAt(points, length / 2) });
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

export interface EdgeScene {
  shapes: readonly EdgeShape[];
  view: View;
  palette: Palette;
  /** Drawn in the accent colour. */
  selected: string | null;
  hovered: string | null;
  /** Drawn faintly. Null: none. */
  shown: ReadonlySet<string> | null;
}

export function drawEdges(canvas: HTMLCanvasElement, scene: EdgeScene): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const ratio = devicePixelRatio;
  const { x, y, zoom } = scene.view;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * x, ratio * y);
  for (const shape of scene.shapes) drawEdge(context, shape, scene);
}

function drawEdge(context: CanvasRenderingContext2D, shape: EdgeShape, scene: EdgeScene): void {
  const { edge } = shape;
  const chosen = scene.selected === edge.id;
  const pointed = scene.hovered === edge.id;
  const quiet = totalOf(edge.geometry.outcomes) === 0;
  context.globalAlpha = scene.shown && !scene.shown.has(edge.id) ? 0.2 : 1;
  // Lines shrink with the map, but never so far that they vanish.
  context.lineWidth = Math.max(edgeWidth(edge.geometry.ratePerSecond) + (chosen || pointed ? 1 : 0), thinnestPixels / scene.view.zoom);
  context.strokeStyle = chosen || pointed ? scene.palette.accent : scene.palette.edge;
  context.lineCap = 'butt';
  context.setLineDash(quiet ? [2, 4] : isAsync(edge) ? [6, 4] : []);
  context.stroke(shape.path);
  if (!quiet) drawTrouble(context, shape, scene);
  drawHead(context, shape, scene);
}

/** The last part of the line, near the callee, in the colour of the worst outcome. */
function drawTrouble(context: CanvasRenderingContext2D, shape: EdgeShape, { palette, view }: EdgeScene): void {
  const { outcomes } = shape.edge.geometry;
  const total = totalOf(outcomes);
  const share = (total - outcomes.ok) / total;
  if (share < troubleShare) return;
  const trouble = troubleOf({ ...shape.edge.figures, outcomes, total });
  if (!trouble) return;
  const length = Math.min(shape.length, Math.max(troubleMinPixels / view.zoom, share * shape.length));
  context.strokeStyle = palette[trouble.state];
  context.setLineDash([0, shape.length - length, length, 1]);
  context.stroke(shape.path);
}

/** A small arrow head at the callee. */
function drawHead(context: CanvasRenderingContext2D, { points, edge }: EdgeShape, { view }: EdgeScene): void {
  const x = points[points.length - 2] ?? 0;
  const y = points[points.length - 1] ?? 0;
  const size = Math.max(3.5 + edgeWidth(edge.geometry.ratePerSecond) / 2, 2.5 / view.zoom);
  context.fillStyle = context.strokeStyle;
  context.beginPath();
  context.moveTo(x + 1, y);
  context.lineTo(x - size * 1.5, y - size);
  context.lineTo(x - size * 1.5, y + size);
  context.fill();
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

/** Work that a queue or a stream stands between. */
function isAsync(edge: MapEdge): boolean {
  return isMessaging(edge.callee.key.type) || isMessaging(edge.caller.key.type);
}

export function readPalette(element: HTMLElement): Palette {
  return readColours(element, ['ok', 'error', 'throttle', 'fault', 'edge', 'accent']);
}
