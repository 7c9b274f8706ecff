/**
 * Who stands where on the map. The first topology is laid out as a whole; after that a new node takes a free slot and
 * nobody moves until the user presses Tidy, which can be undone. Places are remembered in this browser.
 */
import { type Places, type Point } from './geometry.js';
import { type Topology, topologyKey } from './layout.js';
import type { LayoutAnswer, LayoutRequest } from './layout.worker.js';
import { placeNew } from './slots.js';

const storageKey = 'fluoroscope.places';
/** Remembered places; with more the map is laid out anew. */
const maxRemembered = 1_500;
/** The first nodes come in a burst: they are laid out together. */
const gatherMs = 400;
const tidyMs = 250;

export class MapPlaces {
  places = $state.raw<Places>(new Map());
  /** Nodes that took a slot since the last layout. */
  slotted = $state.raw(0);
  canUndo = $state.raw(false);
  /** Grows with every whole layout: the map fits itself to the first. */
  layouts = $state.raw(0);

  /** The map was fitted to its first layout; it never fits itself again. */
  fitted = false;

  #topology: Topology = { nodes: [], edges: [] };
  #key = '';
  #number = 0;
  #answer: ((places: Places) => void) | null = null;
  #worker: Worker | null = null;
  #before: Places | null = null;
  #gathering: ReturnType<typeof setTimeout> | null = null;

  /** Takes the topology as it is now; the same topology changes nothing. */
  follow(topology: Topology): void {
    const key = topologyKey(topology);
    if (key === this.#key || topology.nodes.length === 0) return;
    this.#key = key;
    this.#topology = topology;
    if (this.places.size > 0) this.#addSlots();
    else this.#gathering ??= setTimeout(() => this.#begin(), this.layouts === 0 && remembered().size > 0 ? 0 : gatherMs);
  }

  #begin(): void {
    this.#gathering = null;
    const known = remembered();
    const kept = this.#topology.nodes.filter((id) => known.has(id));
    if (kept.length * 2 < this.#topology.nodes.length) {
      this.#layOut((places) => this.#settle(places));
      return;
    }
    this.#settle(new Map(kept.map((id) => [id, known.get(id) ?? { x: 0, y: 0 }])));
    this.#addSlots();
  }

  #settle(places: Places): void {
    this.places = places;
    this.layouts++;
    this.#addSlots();
    this.slotted = 0;
  }

  #addSlots(): void {
    const here = new Set(this.#topology.nodes);
    const known = new Map([...this.places].filter(([id]) => here.has(id)));
    this.slotted += this.#topology.nodes.filter((id) => !known.has(id)).length;
    this.places = placeNew(this.#topology, known);
    remember(this.places);
  }

  /** Lays everything out again. */
  tidy(): void {
    const before = this.places;
    this.#layOut((places) => {
      this.#before = before;
      this.canUndo = true;
      this.slotted = 0;
      this.#move(places);
    });
  }

  /** The exact places from before the last Tidy. */
  undo(): void {
    if (!this.#before) return;
    const before = this.#before;
    this.#before = null;
    this.canUndo = false;
    this.#move(placeNew(this.#topology, before));
  }

  stop(): void {
    this.#worker?.terminate();
    this.#worker = null;
    if (this.#gathering !== null) clearTimeout(this.#gathering);
  }

  #layOut(then: (places: Places) => void): void {
    this.#worker ??= this.#startWorker();
    this.#number++;
    this.#answer = then;
    this.#worker.postMessage({ number: this.#number, topology: this.#topology } satisfies LayoutRequest);
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<LayoutAnswer>) => {
      if (data.number === this.#number) this.#answer?.(new Map(data.places));
    });
    return worker;
  }

  #move(target: Places): void {
    remember(target);
    const from = this.places;
    const startMs = performance.now();
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.places = target;
      return;
    }
    const step = (nowMs: number) => {
      const share = Math.min(1, Math.max(0, (nowMs - startMs) / tidyMs));
      this.places = share === 1 ? target : between(from, target, 1 - (1 - share) ** 3);
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
}

function between(from: Places, to: Places, share: number): Places {
  const places = new Map<string, Point>();
  for (const [id, place] of to) {
    const start = from.get(id) ?? place;
    places.set(id, { x: start.x + (place.x - start.x) * share, y: start.y + (place.y - start.y) * share });
  }
  return places;
}

/** Storage may be switched off, or hold anything. */
function remembered(): Map<string, Point> {
  try {
    const rows: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]');
    return new Map(Array.isArray(rows) ? rows.filter(isRow).map(([id, x, y]) => [id, { x, y }]) : []);
  } catch {
    return new Map();
  }
}

function isRow(row: unknown): row is [string, number, number] {
  return Array.isArray(row) && typeof row[0] === 'string' && Number.isFinite(row[1]) && Number.isFinite(row[2]);
}

function remember(places: Places): void {
  try {
    const rows = [...places].slice(0, maxRemembered).map(([id, { x, y }]) => [id, x, y]);
    localStorage.setItem(storageKey, JSON.stringify(rows));
  } catch {
    // Then the places last as long as the page.
  }
}
