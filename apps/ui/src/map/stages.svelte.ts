/** Ways to draw the map, each with its own places and its own camera: who comes back to one finds it as it was. */
import { Camera } from './camera.svelte.js';
import { forgetful, PlaceBook, type PlaceKeeper } from './place-book.svelte.js';
import { MapPlaces } from './places.svelte.js';

export class Stage {
  readonly camera = new Camera();
  readonly places: MapPlaces;
  /** It was fitted to its first layout; it never fits itself again. */
  opened = false;

  constructor(keeper: PlaceKeeper) {
    this.places = new MapPlaces(keeper);
  }
}

export class Stages {
  readonly book = new PlaceBook();
  readonly #stages = new Map<string, Stage>();
  /** Of the last neighbourhood: they come and go. */
  #passing: { scope: string; stage: Stage } | null = null;

  /** The whole map, one for each grouping; its places are kept. */
  kept(scope: string): Stage {
    const known = this.#stages.get(scope) ?? new Stage(this.book.keeper(scope));
    this.#stages.set(scope, known);
    return known;
  }

  /** A neighbourhood: laid out for itself. */
  passing(scope: string): Stage {
    if (this.#passing?.scope === scope) return this.#passing.stage;
    this.#passing?.stage.places.stop();
    this.#passing = { scope, stage: new Stage(forgetful) };
    return this.#passing.stage;
  }

  stop(): void {
    for (const { places } of this.#stages.values()) places.stop();
    this.#passing?.stage.places.stop();
  }
}
