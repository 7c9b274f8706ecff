/**
 * Paints all lines on one canvas. What the user does is painted at once. New numbers are painted over the next frames, on a
 * canvas that nobody sees and that is then shown whole; and only when some line that is seen looks different by them.
 */
import { readColours } from '../charts/colours.js';
import { troubleOf } from '../live/say.js';
import type { View } from './camera.svelte.js';
import { type EdgeShape, edgeWidth } from './edges.js';
import type { Box } from './geometry.js';
import { type State, totalOf } from './ring.js';

/** Colours as the canvas takes them. */
export interface Palette extends Record<State, string> {
  edge: string;
  accent: string;
}

export interface EdgeScene {
  shapes: readonly EdgeShape[];
  view: View;
  /** What is seen, in map units. */
  seen: Box;
  palette: Palette;
  /** Drawn in the accent colour. */
  selected: string | null;
  hovered: string | null;
  /** Ids that are not drawn faintly. Null: none is. */
  shown: ReadonlySet<string> | null;
}

/** Lines that are painted in one frame. */
const mostPainted = 25;
/** Lines are no thinner on the screen. */
const thinnestPixels = 1.25;
/** A non-ok share colours at least so much of the line, so that it can be seen. */
const troubleMinPixels = 10;
/** Widths and lengths that are nearer than this, in screen pixels, look the same. */
const finestPixels = 0.25;

export class EdgePainter {
  readonly #front: CanvasRenderingContext2D | null;
  readonly #back = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  #scene: EdgeScene | null = null;
  /** The lines that are seen, and how they were painted last. */
  #seen: readonly EdgeShape[] = [];
  #looks: readonly string[] = [];
  /** Of those, the next to be painted on the hidden canvas. */
  #next: number | null = null;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.#front = canvas.getContext('2d');
  }

  /** Everything, at once: places, view, colours or choice are others. */
  paintAll(scene: EdgeScene): void {
    if (!this.#front) return;
    this.#scene = scene;
    this.#next = null;
    this.#seen = scene.shapes.filter(({ box }) => overlap(box, scene.seen));
    this.#looks = this.#seen.map((shape) => lookOf(shape, scene));
    clear(this.#front, scene.view);
    for (const shape of this.#seen) drawEdge(this.#front, shape, scene);
  }

  /** Begins anew when some line looks different, and goes on; false when all is painted. */
  paintChanged(): boolean {
    if (!this.#scene || !this.#front || !this.#back) return false;
    if (this.#next === null && !this.#begin(this.#scene, this.#back)) return false;
    return this.#goOn(this.#scene, this.#front, this.#back);
  }

  #begin(scene: EdgeScene, back: CanvasRenderingContext2D): boolean {
    const looks = this.#seen.map((shape) => lookOf(shape, scene));
    if (looks.every((look, at) => look === this.#looks[at])) return false;
    this.#looks = looks;
    this.#next = 0;
    if (back.canvas.width !== this.canvas.width) back.canvas.width = this.canvas.width;
    if (back.canvas.height !== this.canvas.height) back.canvas.height = this.canvas.height;
    clear(back, scene.view);
    return true;
  }

  #goOn(scene: EdgeScene, front: CanvasRenderingContext2D, back: CanvasRenderingContext2D): boolean {
    const from = this.#next ?? 0;
    for (const shape of this.#seen.slice(from, from + mostPainted)) drawEdge(back, shape, scene);
    // A browser only notes what is drawn, until somebody looks; it would do all of it in the last frame.
    back.getImageData(0, 0, 1, 1);
    this.#next = from + mostPainted;
    if (this.#next < this.#seen.length) return true;
    this.#next = null;
    front.setTransform(1, 0, 0, 1, 0, 0);
    front.globalAlpha = 1;
    front.globalCompositeOperation = 'copy';
    front.drawImage(back.canvas, 0, 0);
    front.globalCompositeOperation = 'source-over';
    return false;
  }
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
}

/** Ready to draw in map units. */
function clear(context: CanvasRenderingContext2D, { x, y, zoom }: View): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.setTransform(devicePixelRatio * zoom, 0, 0, devicePixelRatio * zoom, devicePixelRatio * x, devicePixelRatio * y);
}

function lookOf(shape: EdgeShape, { view }: EdgeScene): string {
  const trouble = troubleEnd(shape, view);
  const steps = (length: number) => Math.round((length * view.zoom) / finestPixels);
  const width = steps(edgeWidth(shape.edge.geometry.ratePerSecond));
  return `${totalOf(shape.edge.geometry.outcomes) === 0} ${width} ${trouble ? `${trouble.state} ${steps(trouble.length)}` : ''}`;
}

function drawEdge(context: CanvasRenderingContext2D, shape: EdgeShape, scene: EdgeScene): void {
  const { edge } = shape;
  const picked = scene.selected === edge.id || scene.hovered === edge.id;
  const quiet = totalOf(edge.geometry.outcomes) === 0;
  context.globalAlpha = scene.shown && !scene.shown.has(edge.id) ? 0.2 : 1;
  // Lines shrink with the map, but never so far that they vanish.
  context.lineWidth = Math.max(edgeWidth(edge.geometry.ratePerSecond) + (picked ? 1 : 0), thinnestPixels / scene.view.zoom);
  context.strokeStyle = picked ? scene.palette.accent : scene.palette.edge;
  context.lineCap = 'butt';
  context.setLineDash(quiet ? [2, 4] : edge.type === 'link' ? [6, 4] : []);
  context.stroke(shape.path);
  if (!quiet) drawTrouble(context, shape, scene);
  drawHead(context, shape, scene);
}

/** The last part of the line, near the callee, in the colour of the worst outcome. */
function drawTrouble(context: CanvasRenderingContext2D, shape: EdgeShape, { palette, view }: EdgeScene): void {
  const trouble = troubleEnd(shape, view);
  if (!trouble) return;
  context.strokeStyle = palette[trouble.state];
  context.setLineDash([0, shape.length - trouble.length, trouble.length, 1]);
  context.stroke(shape.path);
}

function troubleEnd(shape: EdgeShape, view: View): { state: State; length: number } | null {
  const { outcomes } = shape.edge.geometry;
  const total = totalOf(outcomes);
  const trouble = troubleOf({ outcomes, total });
  if (!trouble) return null;
  const share = (total - outcomes.ok) / total;
  return { state: trouble.state, length: Math.min(shape.length, Math.max(troubleMinPixels / view.zoom, share * shape.length)) };
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

export function readPalette(element: HTMLElement): Palette {
  return readColours(element, ['ok', 'error', 'throttle', 'fault', 'edge', 'accent']);
}
