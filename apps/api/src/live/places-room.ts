/** What others have changed of the places of the map. */
import type { PlaceChange, PlacesAnswer } from '@fluoroscope/contract/control';
import type { ControlSource } from '../dashboard/control-source.js';
import type { RoomContents } from './room.js';

export class PlacesRoom implements RoomContents {
  readonly #control: ControlSource;
  /** Since the last tick; the last of each node is what counts, so there are no more than nodes. */
  readonly #changed = new Map<string, PlaceChange>();
  #version = 0;

  constructor(control: ControlSource) {
    this.#control = control;
  }

  /** The answer ends it. */
  follow(): () => void {
    return this.#control.log.onApplied(({ record, refused, version }) => {
      if (record?.kind !== 'places' || refused !== null) return;
      for (const change of record.changes) this.#changed.set(change.node, change);
      this.#version = version;
    });
  }

  snapshot(): PlacesAnswer {
    return this.#control.state.places();
  }

  delta(): { changes: PlaceChange[]; version: number } | null {
    if (this.#changed.size === 0) return null;
    const changes = [...this.#changed.values()];
    this.#changed.clear();
    return { changes, version: this.#version };
  }
}
