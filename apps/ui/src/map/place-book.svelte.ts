/**
 * Where everything stands, as the server keeps it for everybody: what this page changes is sent, what others change is told
 * to whoever draws it. Who may only read moves nodes for themselves alone. The last change of a node wins; what is still to be sent is not overwritten by an older echo.
 */
import { maxPlaceChanges, type Place, type PlaceChange } from '@fluoroscope/contract/control';
import { type ApiTrouble, fetchJson, troubleFrom } from '../live/fetch-json.js';
import type { LiveStream } from '../live/stream.svelte.js';
import { session } from '../session/session.svelte.js';
import type { Point } from './geometry.js';

export interface KeptPlace extends Point {
  /** Put there by a person: Tidy leaves it. */
  pinned: boolean;
}

export type KeptPlaces = ReadonlyMap<string, KeptPlace>;

/** The places of one way to draw the map. */
export interface PlaceKeeper {
  /** Resolves when `known` is what the server has. */
  whenKnown(): Promise<void>;
  known(): KeptPlaces;
  keep(places: KeptPlaces): void;
  /** Calls with what others have changed. One listener. */
  follow(changed: (places: KeptPlaces) => void): void;
}

/** Keeps nothing: what the user looks at for a moment. */
export const forgetful: PlaceKeeper = { whenKnown: async () => {}, known: () => new Map(), keep: () => {}, follow: () => {} };

/** Changes of one gesture go together. */
const sendAfterMs = 200;
/** Without an answer for so long the map is laid out without it. */
const patienceMs = 3_000;

export class PlaceBook {
  /** Why the last change was not kept; null when it was. */
  trouble = $state.raw<ApiTrouble | null>(null);
  /** By scope, then by the id on the map. */
  readonly #known = new Map<string, Map<string, KeptPlace>>();
  readonly #unsent = new Map<string, Place>();
  readonly #listeners = new Map<string, (places: KeptPlaces) => void>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isKnown = false;
  #tellKnown: () => void = () => {};
  readonly #whenKnown = new Promise<void>((resolve) => {
    this.#tellKnown = resolve;
  });

  /** Until the answer is called. */
  follow(stream: LiveStream): () => void {
    const patience = setTimeout(this.#tellKnown, patienceMs);
    const stop = stream.followPlaces({
      placesSnapshot: ({ places }) => this.#take(places),
      placesDelta: ({ changes }) => this.#take(changes),
    });
    return () => {
      clearTimeout(patience);
      stop();
    };
  }

  keeper(scope: string): PlaceKeeper {
    return {
      whenKnown: () => this.#whenKnown,
      known: () => this.#places(scope),
      keep: (places) => this.#keep(scope, places),
      follow: (changed) => this.#listeners.set(scope, changed),
    };
  }

  #places(scope: string): Map<string, KeptPlace> {
    const places = this.#known.get(scope) ?? new Map<string, KeptPlace>();
    this.#known.set(scope, places);
    return places;
  }

  #take(changes: readonly PlaceChange[]): void {
    const changed = new Map<string, Map<string, KeptPlace>>();
    for (const change of changes) {
      if (this.#unsent.has(change.node)) continue;
      const { scope, id } = readName(change.node);
      if ('removed' in change) {
        this.#places(scope).delete(id);
        continue;
      }
      const place = { x: change.x, y: change.y, pinned: change.pinned };
      this.#places(scope).set(id, place);
      changed.set(scope, (changed.get(scope) ?? new Map()).set(id, place));
    }
    this.#isKnown = true;
    this.#tellKnown();
    for (const [scope, places] of changed) this.#listeners.get(scope)?.(places);
  }

  #keep(scope: string, places: KeptPlaces): void {
    const known = this.#places(scope);
    for (const [id, place] of places) {
      const before = known.get(id);
      if (before?.x === place.x && before.y === place.y && before.pinned === place.pinned) continue;
      known.set(id, place);
      const node = writeName(scope, id);
      this.#unsent.set(node, { node, ...place });
    }
    if (session.readOnly !== null) this.#unsent.clear();
    if (this.#unsent.size > 0) this.#timer ??= setTimeout(() => void this.#send(), sendAfterMs);
  }

  async #send(): Promise<void> {
    this.#timer = null;
    const changes = [...this.#unsent.values()].slice(0, maxPlaceChanges);
    for (const { node } of changes) this.#unsent.delete(node);
    if (changes.length === 0 || !this.#isKnown) return;
    try {
      await fetchJson('/api/map/places', { method: 'PUT', body: { changes } });
      this.trouble = null;
    } catch (error) {
      this.trouble = troubleFrom(error);
    }
    if (this.#unsent.size > 0) this.#timer ??= setTimeout(() => void this.#send(), sendAfterMs);
  }
}

/** The whole map uses the addresses of nodes; another way to draw it stands in front, with a mark that no address begins with. */
function writeName(scope: string, id: string): string {
  return scope === '' ? id : `>${scope}:${id}`;
}

function readName(node: string): { scope: string; id: string } {
  const [, scope = '', id = node] = /^>(\w+):(.*)$/s.exec(node) ?? [];
  return { scope, id };
}
