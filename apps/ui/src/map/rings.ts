/**
 * Paints the rings of all nodes, with their type inside and their trouble beside them, on one canvas. As elements, rings that change ten times a second made the browser style, lay
 * out and put together hundreds of drawings; here a change is a few arcs. A ring is painted again only when it looks
 * different, and only where it is seen.
 */
import { troubleOf } from '../live/say.js';
import { smallSample } from '../live/statistics.js';
import type { View } from './camera.svelte.js';
import { type Box, meets, type Places, type Point, ringPlace } from './geometry.js';
import { familyOf, glyphs } from './glyphs.js';
import { type Arc, ringArcs, type State, totalOf } from './ring.js';
import type { MapNode } from './scene.svelte.js';
import { statusLineWidth, statusShapeSize, statusShapes } from './status-shapes.js';

/** What a card shows at the zoom that is on: everything, its name, or nothing but the ring. */
export type Detail = 'full' | 'name' | 'disc';

export interface RingPalette extends Record<State, string> {
  progress: string;
  /** The drawing of the type. */
  text2: string;
  /** Hollow and stale rings. */
  text3: string;
  /** The card. */
  bg1: string;
}

export interface RingScene {
  nodes: readonly MapNode[];
  places: Places;
  view: View;
  /** What is seen, in map units. */
  seen: Box;
  /** Without words in the cards the trouble is marked beside the ring; on a disc the ring stands alone, and larger. */
  detail: Detail;
  stale: boolean;
  /** Ids that are not dimmed; null when none is. */
  shown: ReadonlySet<string> | null;
  palette: RingPalette;
}

/** Rings that are painted in one frame when numbers change; the others come in the next. */
const mostPainted = 40;
const radius = 16.5;
const stroke = 5;
/** Around it: requests in progress, or that the stream is silent. */
const outerRadius = 21;
/** Half of the square around all of that. */
const reach = 23;
const discScale = 1.3;
const typeSize = 18;
const markSize = 18;
/** From the middle of the ring to the nearest corner of the mark, right and up: it does not touch the ring. */
const markOffset = 12;
const dimmedAlpha = 0.35;
const fewAlpha = 0.5;
/** Ends of arcs that are nearer than this, in screen pixels, look the same. */
const finestPixels = 0.25;
const radians = Math.PI / 180;

export class RingPainter {
  readonly #context: CanvasRenderingContext2D | null;
  /** How each ring that is seen was painted: its arcs, and what is around, in and beside them. */
  readonly #looks = new Map<string, { arcs: string; rest: string }>();
  /** Where the next frame goes on: nobody waits for those before him. */
  #next = 0;
  #scene: RingScene | null = null;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext('2d');
  }

  /** Everything, at once: places, view or colours are others. */
  paintAll(scene: RingScene): void {
    const context = this.#context;
    if (!context) return;
    this.#scene = scene;
    this.#looks.clear();
    const { x, y, zoom } = scene.view;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(devicePixelRatio * zoom, 0, 0, devicePixelRatio * zoom, devicePixelRatio * x, devicePixelRatio * y);
    this.#paint(context, scene, Number.POSITIVE_INFINITY);
  }

  /** What looks different now; false when all is painted. */
  paintChanged(): boolean {
    return this.#context !== null && this.#scene !== null && this.#paint(this.#context, this.#scene, mostPainted);
  }

  #paint(context: CanvasRenderingContext2D, scene: RingScene, most: number): boolean {
    const { nodes, places, seen } = scene;
    for (let painted = 0, visited = 0; visited < nodes.length; visited++) {
      if (painted === most) return true;
      const node = nodes[this.#next++ % nodes.length];
      const place = node && places.get(node.id);
      if (place && meets(place, seen) && this.#paintOne(context, drawingOf(node, place, scene), scene)) painted++;
    }
    return false;
  }

  /** False when it looks as it did. */
  #paintOne(context: CanvasRenderingContext2D, drawing: Drawing, scene: RingScene): boolean {
    const { id } = drawing.node;
    const known = this.#looks.get(id);
    const look = { arcs: arcsLook(drawing, scene.view.zoom), rest: restLook(drawing, scene) };
    if (known?.arcs === look.arcs && known.rest === look.rest) return false;
    this.#looks.set(id, look);
    if (known?.rest === look.rest) repaintArcs(context, drawing, scene.palette);
    else {
      if (known) clearRing(context, drawing);
      drawRing(context, drawing, scene);
    }
    return true;
  }
}

interface Drawing {
  node: MapNode;
  /** The middle of the ring. */
  at: Point;
  scale: number;
  /** Of everything. */
  alpha: number;
  arcs: readonly Arc[];
  few: boolean;
  /** Marked beside the ring. */
  trouble: State | null;
}

function drawingOf(node: MapNode, place: Point, { detail, shown }: RingScene): Drawing {
  const { outcomes } = node.geometry;
  const total = totalOf(outcomes);
  const disc = detail === 'disc';
  return {
    node,
    at: ringPlace(place, disc),
    scale: disc ? discScale : 1,
    alpha: shown && !shown.has(node.id) ? dimmedAlpha : 1,
    arcs: ringArcs(outcomes),
    few: total < smallSample,
    trouble: detail === 'full' ? null : (troubleOf({ outcomes, total })?.state ?? null),
  };
}

function arcsLook({ arcs, few }: Drawing, zoom: number): string {
  const finestDegrees = finestPixels / (radius * zoom * radians);
  let look = few ? 'few' : '';
  for (const { state, startDegrees } of arcs) look += ` ${state} ${Math.round(startDegrees / finestDegrees)}`;
  return look;
}

function restLook({ node, arcs, trouble }: Drawing, { stale }: RingScene): string {
  return `${stale} ${node.geometry.inProgress > 0} ${trouble} ${arcs.length > 0}`;
}

/** With the mark at its upper right. */
function clearRing(context: CanvasRenderingContext2D, { at, scale }: Drawing): void {
  const square = reach * scale;
  const beside = Math.max(square, markOffset * scale + markSize);
  context.clearRect(at.x - square, at.y - beside, square + beside, square + beside);
}

/** The dear parts, which are the same, stay. */
function repaintArcs(context: CanvasRenderingContext2D, { at, scale, alpha, few, arcs }: Drawing, palette: RingPalette): void {
  const box = { ...at, radius: radius * scale };
  context.globalAlpha = 1;
  context.globalCompositeOperation = 'destination-out';
  context.lineWidth = (stroke + 1) * scale;
  context.beginPath();
  context.arc(box.x, box.y, box.radius, 0, 2 * Math.PI);
  context.stroke();
  context.globalCompositeOperation = 'source-over';
  context.globalAlpha = few ? alpha * fewAlpha : alpha;
  context.lineWidth = stroke * scale;
  drawArcs(context, arcs, box, palette);
}

function drawRing(context: CanvasRenderingContext2D, drawing: Drawing, scene: RingScene): void {
  const { node, alpha, arcs, few, trouble } = drawing;
  context.save();
  context.translate(drawing.at.x, drawing.at.y);
  context.scale(drawing.scale, drawing.scale);
  context.globalAlpha = few ? alpha * fewAlpha : alpha;
  context.lineWidth = stroke;
  drawArcs(context, arcs, { x: 0, y: 0, radius }, scene.palette);
  context.globalAlpha = alpha;
  if (arcs.length === 0) drawCircle(context, radius, { colour: scene.palette.text3, width: 1.5, dash: [] });
  if (scene.stale) drawCircle(context, outerRadius, { colour: scene.palette.text3, width: 1.5, dash: [0.5, 3] });
  else if (node.geometry.inProgress > 0) drawCircle(context, outerRadius, { colour: scene.palette.progress, width: 1, dash: [4, 4] });
  drawType(context, node.key.type, scene.palette);
  context.restore();
  if (trouble) drawMark(context, { ...drawing, trouble }, scene.palette);
}

interface Circle extends Point {
  radius: number;
}

/** From 12 o'clock. */
function drawArcs(context: CanvasRenderingContext2D, arcs: readonly Arc[], circle: Circle, palette: RingPalette): void {
  context.lineCap = 'butt';
  context.setLineDash([]);
  for (const { state, startDegrees, lengthDegrees } of arcs) {
    const from = (startDegrees - 90) * radians;
    context.strokeStyle = palette[state];
    context.beginPath();
    context.arc(circle.x, circle.y, circle.radius, from, from + lengthDegrees * radians);
    context.stroke();
  }
}

interface Line {
  colour: string;
  width: number;
  dash: number[];
}

function drawCircle(context: CanvasRenderingContext2D, circleRadius: number, { colour, width, dash }: Line): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.lineCap = 'round';
  context.beginPath();
  context.arc(0, 0, circleRadius, 0, 2 * Math.PI);
  context.stroke();
}

function drawType(context: CanvasRenderingContext2D, type: string, { text2 }: RingPalette): void {
  context.translate(-typeSize / 2, -typeSize / 2);
  context.strokeStyle = text2;
  context.lineWidth = 1.4;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.setLineDash([]);
  context.stroke(pathOf(glyphs[familyOf(type)]));
}

/** At the ring's upper right. */
function drawMark(
  context: CanvasRenderingContext2D,
  { at, scale, alpha, trouble }: Drawing & { trouble: State },
  palette: RingPalette,
): void {
  const { solid, cut } = statusShapes[trouble];
  context.save();
  context.globalAlpha = alpha;
  context.translate(at.x + markOffset * scale, at.y - markOffset * scale - markSize);
  context.scale(markSize / statusShapeSize, markSize / statusShapeSize);
  context.fillStyle = palette[trouble];
  if (solid) context.fill(pathOf(solid));
  context.strokeStyle = palette.bg1;
  context.lineWidth = statusLineWidth;
  context.lineCap = 'round';
  if (cut) context.stroke(pathOf(cut));
  context.restore();
}

const paths = new Map<string, Path2D>();

function pathOf(shape: string): Path2D {
  const known = paths.get(shape) ?? new Path2D(shape);
  paths.set(shape, known);
  return known;
}
