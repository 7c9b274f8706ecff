/** What the user wants to see of the map. All of it stands in the address, so that a link shows the same. */
import type { GraphStore } from '../live/graph-store.svelte.js';
import type { Route } from '../shell/route.svelte.js';
import { matches } from './focus.js';
import { type GroupBy, groupAbove, groupId, groupings } from './grouping.js';
import { hopsMost } from './neighbourhood.js';
import { type Scene, sceneOf } from './scene.svelte.js';
import type { Stage, Stages } from './stages.svelte.js';

export class MapView {
  readonly #graph: GraphStore;
  readonly #route: Route;
  readonly #stages: Stages;

  #step = $state.raw<string | null>(null);

  constructor(graph: GraphStore, route: Route, stages: Stages) {
    this.#graph = graph;
    this.#route = route;
    this.#stages = stages;
  }

  /** Null: the user has not chosen. */
  readonly chosen: GroupBy | null = $derived.by(() => {
    const word = this.#route.get('by');
    return groupings.find((by) => by === word) ?? null;
  });

  readonly crowded = $derived.by(() => this.#graph.nodes.filter(({ isClient }) => !isClient).length > groupAbove);

  readonly by: GroupBy = $derived.by(() => this.chosen ?? (this.crowded ? 'prefix' : 'none'));

  /** Names of groups that are open, each part written so that it holds no comma. */
  readonly opened: readonly string[] = $derived.by(() =>
    (this.#route.get('open') ?? '')
      .split(',')
      .filter((part) => part !== '')
      .map(readPart),
  );

  readonly focus: { id: string; hops: number } | null = $derived.by(() => {
    const id = this.#route.get('focus');
    const hops = Number(this.#route.get('hops') ?? 1);
    return id === null ? null : { id, hops: hops >= 1 && hops <= hopsMost ? Math.floor(hops) : 1 };
  });

  readonly scene: Scene = $derived.by(() => {
    const opened = new Set(this.opened.map((name) => groupId(this.by, name)));
    return sceneOf(this.#graph, { by: this.by, opened, focus: this.focus });
  });

  readonly stage: Stage = $derived.by(() => {
    if (this.focus) return this.#stages.passing(`${this.focus.hops} ${this.focus.id}`);
    return this.#stages.kept(this.by === 'none' ? '' : this.by);
  });

  /** Cards that match the search, from left to right. */
  readonly matches: readonly string[] = $derived.by(() => {
    const { query } = this.#route;
    if (query.trim() === '') return [];
    const places = this.stage.places.places;
    const left = (id: string) => places.get(id) ?? { x: 0, y: 0 };
    const ids = this.scene.nodes.filter((node) => matches(node, query)).map(({ id }) => id);
    return ids.sort((a, b) => left(a).x - left(b).x || left(a).y - left(b).y);
  });

  /** The match that the search stands at. */
  readonly found: string | null = $derived.by(() => this.matches.find((id) => id === this.#step) ?? null);

  /** To the next match, or to the one before. */
  step(back: boolean): void {
    const at = this.found === null ? (back ? 0 : -1) : this.matches.indexOf(this.found);
    this.#step = this.matches.at((at + (back ? -1 : 1)) % Math.max(1, this.matches.length)) ?? null;
  }

  /** "2 of 5"; null without a search. */
  get searchNote(): string | null {
    if (this.#route.query.trim() === '') return null;
    if (this.found === null) return `${this.matches.length} found`;
    return `${this.matches.indexOf(this.found) + 1} of ${this.matches.length}`;
  }

  /** One step around the node, then two, then the whole map again. */
  cycleFocus(id: string): void {
    if (this.focus?.id !== id) this.focusOn(id);
    else if (this.focus.hops === 1) this.focusOn(id, 2);
    else this.showAll();
  }

  group(by: GroupBy): void {
    this.#route.set({ by, open: null, at: null });
  }

  openGroup(name: string): void {
    this.#write([...this.opened.filter((one) => one !== name), name]);
  }

  closeGroup(name: string): void {
    this.#write(this.opened.filter((one) => one !== name));
  }

  #write(names: readonly string[]): void {
    this.#route.set({ open: names.map(encodeURIComponent).join(',') || null });
  }

  focusOn(id: string, hops = 1): void {
    this.#route.set({ focus: id, hops: hops === 1 ? null : String(hops), at: null });
  }

  /** One step more or less; not beyond what can be read. */
  reach(by: 1 | -1): void {
    if (!this.focus) return;
    this.focusOn(this.focus.id, Math.min(hopsMost, Math.max(1, this.focus.hops + by)));
  }

  showAll(): void {
    this.#route.set({ focus: null, hops: null, at: null });
  }
}

function readPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
