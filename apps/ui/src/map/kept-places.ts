/** Places that outlive the page: remembered in this browser, one list for each way to draw the map. */
import type { Point } from './geometry.js';

export interface KeptPlace extends Point {
  /** Put there by the user: Tidy leaves it. */
  pinned: boolean;
}

export interface PlaceKeeper {
  known(): ReadonlyMap<string, KeptPlace>;
  keep(places: ReadonlyMap<string, KeptPlace>): void;
}

const storageKey = 'fluoroscope.places';
/** Remembered places of one map; with more it is laid out anew. */
const maxRemembered = 1_500;

/** Keeps nothing: what the user looks at for a moment. */
export const forgetful: PlaceKeeper = { known: () => new Map(), keep: () => {} };

/** Storage may be switched off, or hold anything. */
export class BrowserKeeper implements PlaceKeeper {
  readonly #key: string;

  constructor(scope: string) {
    this.#key = scope === '' ? storageKey : `${storageKey}.${scope}`;
  }

  known(): ReadonlyMap<string, KeptPlace> {
    try {
      const rows: unknown = JSON.parse(localStorage.getItem(this.#key) ?? '[]');
      return new Map(Array.isArray(rows) ? rows.filter(isRow).map(([id, x, y, pinned]) => [id, { x, y, pinned: pinned === 1 }]) : []);
    } catch {
      return new Map();
    }
  }

  keep(places: ReadonlyMap<string, KeptPlace>): void {
    try {
      const rows = [...places].slice(-maxRemembered).map(([id, { x, y, pinned }]) => [id, x, y, pinned ? 1 : 0]);
      localStorage.setItem(this.#key, JSON.stringify(rows));
    } catch {
      // Then the places last as long as the page.
    }
  }
}

function isRow(row: unknown): row is [string, number, number, number?] {
  return Array.isArray(row) && typeof row[0] === 'string' && Number.isFinite(row[1]) && Number.isFinite(row[2]);
}
