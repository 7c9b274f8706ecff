/**
 * Who stands where on the map. The first topology is laid out as a whole; after that a new node takes a free slot and
 * nobody moves until the user presses Tidy or drags, which can be undone. What the user put somewhere is pinned: Tidy
 * leaves it there. A node that comes back takes its old place, when that is free. Where others put a node, it goes.
 */
import type { Places, Point } from './geometry.js';
import { type Topology, topologyKey } from './layout.js';
import type { LayoutAnswer, LayoutRequest } from './layout.worker.js';
import type { KeptPlace, KeptPlaces, PlaceKeeper } from './place-book.svelte.js';
import { nearestFree, placeAround, placeNew } from './slots.js';

/** The first nodes come in a burst: they are laid out together. */
const gatherMs = 400;
const tidyMs = 250;

interface Arrangement {
  places: Places;
  pinned: ReadonlySet<string>;
}

export class MapPlaces {
  places = $state.raw<Places>(new Map());
  pinned = $state.raw<ReadonlySet<string>>(new Set());
  /** Nodes that took a slot since the last layout. */
  slotted = $state.raw(0);
  /** What can be undone; null when nothing can. */
  undoable = $state.raw<'tidy' | 'move' | null>(null);
  /** Grows with every whole layout: the map fits itself to the first. */
  layouts = $state.raw(0);

  readonly #keeper: PlaceKeeper;
  #topology: Topology = { nodes: [], edges: [] };
  #key = '';
  #number = 0;
  #answer: ((places: Places) => void) | null = null;
  #worker: Worker | null = null;
  #before: Arrangement | null = null;
  #gathering: AbortController | null = null;

  constructor(keeper: PlaceKeeper) {
    this.#keeper = keeper;
    keeper.follow((places) => this.#adopt(places));
  }

  /** Takes the topology as it is now; the same topology changes nothing. */
  follow(topology: Topology): void {
    const key = topologyKey(topology);
    if (key === this.#key || topology.nodes.length === 0) return;
    this.#key = key;
    this.#topology = topology;
    if (this.places.size > 0) this.#addSlots();
    else void this.#gather();
  }

  async #gather(): Promise<void> {
    if (this.#gathering) return;
    const gathering = new AbortController();
    this.#gathering = gathering;
    await this.#keeper.whenKnown();
    if (this.#keeper.known().size === 0) await new Promise((resolve) => setTimeout(resolve, gatherMs));
    if (gathering.signal.aborted) return;
    this.#gathering = null;
    this.#begin();
  }

  #begin(): void {
    const known = this.#keeper.known();
    const kept = this.#topology.nodes.filter((id) => known.has(id));
    this.pinned = new Set(kept.filter((id) => known.get(id)?.pinned));
    if (kept.length * 2 < this.#topology.nodes.length) this.#layOut((places) => this.#settle(this.#aroundPinned(places, known)));
    else this.#settle(new Map(kept.map((id) => [id, pointOf(known.get(id))])));
  }

  #settle(places: Places): void {
    this.places = places;
    this.#addSlots();
    this.layouts++;
    this.slotted = 0;
  }

  #addSlots(): void {
    const here = new Set(this.#topology.nodes);
    const standing = new Map([...this.places].filter(([id]) => here.has(id)));
    const fresh = this.#topology.nodes.filter((id) => !standing.has(id));
    const known = this.#keeper.known();
    const back = fresh.filter((id) => known.has(id));
    const places = placeAround(standing, new Map(back.map((id) => [id, pointOf(known.get(id))])));
    this.pinned = new Set([...this.pinned, ...back.filter((id) => known.get(id)?.pinned)]);
    this.slotted += fresh.length - back.length;
    this.places = placeNew(this.#topology, places);
    this.#keep();
  }

  /** What another browser has moved. */
  #adopt(changed: KeptPlaces): void {
    if (this.places.size === 0 || this.#dragging) return;
    const here = [...changed].filter(([id]) => this.places.has(id));
    const places = new Map(this.places);
    const pinned = new Set(this.pinned);
    for (const [id, { x, y, pinned: isPinned }] of here) {
      places.set(id, { x, y });
      if (isPinned) pinned.add(id);
      else pinned.delete(id);
    }
    if (here.length === 0) return;
    this.places = places;
    this.pinned = pinned;
  }

  /** Lays everything out again but what is pinned. */
  tidy(): void {
    const before = { places: this.places, pinned: this.pinned };
    this.#layOut((places) => {
      this.#remember(before, 'tidy');
      this.slotted = 0;
      this.#animate(this.#aroundPinned(places, this.places));
    });
  }

  #aroundPinned(places: Places, known: Places): Places {
    const pinned = new Map([...this.pinned].flatMap((id) => (places.has(id) && known.has(id) ? [[id, pointOf(known.get(id))]] : [])));
    return pinned.size === 0 ? places : placeAround(pinned, places);
  }

  /** The exact places from before the last Tidy or move. */
  undo(): void {
    const before = this.#before;
    if (!before) return;
    this.#before = null;
    this.undoable = null;
    this.pinned = before.pinned;
    this.#animate(placeNew(this.#topology, before.places));
  }

  /** While it is dragged; `drop` ends it. */
  drag(id: string, dx: number, dy: number): void {
    const place = this.places.get(id);
    if (!place) return;
    if (this.undoable !== 'move' || !this.#dragging) this.#remember({ places: this.places, pinned: this.pinned }, 'move');
    this.#dragging = true;
    this.places = new Map(this.places).set(id, { x: place.x + dx, y: place.y + dy });
  }
  #dragging = false;

  /** Ends a move: the card lies on no other, and stays there. */
  drop(id: string): void {
    this.#dragging = false;
    const place = this.places.get(id);
    if (!place) return;
    const others = new Map(this.places);
    others.delete(id);
    this.places = others.set(id, nearestFree({ x: Math.round(place.x), y: Math.round(place.y) }, others));
    this.pinned = new Set([...this.pinned, id]);
    this.#keep();
  }

  /** Pinned, or free for Tidy again. */
  togglePin(id: string): void {
    const pinned = new Set(this.pinned);
    if (!pinned.delete(id)) pinned.add(id);
    this.pinned = pinned;
    this.#keep();
  }

  stop(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#gathering?.abort();
    this.#gathering = null;
    // Who comes back asks again.
    if (this.places.size === 0) this.#key = '';
  }

  #remember(before: Arrangement, what: 'tidy' | 'move'): void {
    this.#before = before;
    this.undoable = what;
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

  #keep(): void {
    const kept = new Map<string, KeptPlace>();
    for (const [id, { x, y }] of this.places) kept.set(id, { x, y, pinned: this.pinned.has(id) });
    this.#keeper.keep(kept);
  }

  #animate(target: Places): void {
    const from = this.places;
    const startMs = performance.now();
    const step = (nowMs: number) => {
      const share = Math.min(1, Math.max(0, (nowMs - startMs) / tidyMs));
      this.places = share === 1 ? target : between(from, target, 1 - (1 - share) ** 3);
      if (share < 1) requestAnimationFrame(step);
      else this.#keep();
    };
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) step(Number.POSITIVE_INFINITY);
    else requestAnimationFrame(step);
  }
}

function pointOf(place: Point | undefined): Point {
  return { x: place?.x ?? 0, y: place?.y ?? 0 };
}

function between(from: Places, to: Places, share: number): Places {
  const places = new Map<string, Point>();
  for (const [id, place] of to) {
    const start = from.get(id) ?? place;
    places.set(id, { x: start.x + (place.x - start.x) * share, y: start.y + (place.y - start.y) * share });
  }
  return places;
}
