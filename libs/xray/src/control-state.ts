/**
 * The fold of the control log: what people have edited, after every record so far. Pure, and the same in every process: a
 * record that is refused (one place too many) is refused everywhere, because the order of the log decides.
 *
 * What is not a record of a kind that is known here (a newer version wrote it) is counted and passed over.
 */
import {
  type ControlChange,
  type ControlRecord,
  type ControlRefusal,
  maxNodeAddressLength,
  maxPlaceChanges,
  maxPlaceCoordinate,
  maxPlaces,
  type Place,
  type PlaceChange,
  type PlacesAnswer,
  type SamplingRuleChange,
} from '@fluoroscope/contract/control';
import type { SamplingRuleRecord } from '@fluoroscope/contract/sampling';
import { SamplingRuleBook } from './sampling-rule-book.js';
import { samplingRuleOf, samplingRuleUpdateOf, tagsOf } from './sampling-rules.js';

/** What became of a record. */
export interface ControlOutcome {
  record: ControlRecord | null;
  refused: ControlRefusal | null;
  /** Of the places, behind the record. */
  version: number;
  /** As a change of sampling rules left it, or what a deletion took away. */
  rule: SamplingRuleRecord | null;
}

export class ControlState {
  /** Records that were not understood. */
  unknown = 0;
  /** Records that were refused for what was there before them. */
  refused = 0;
  readonly samplingRules = new SamplingRuleBook();
  private readonly placeOf = new Map<string, Place>();
  private version = 0;

  places(): PlacesAnswer {
    return { places: [...this.placeOf.values()], version: this.version };
  }

  /** `position` is the record's in the log. */
  apply(text: string, position: number): ControlOutcome {
    const record = readRecord(text);
    if (record === null) {
      this.unknown++;
      return { record, refused: null, version: this.version, rule: null };
    }
    const outcome = record.kind === 'places' ? this.applyPlaces(record.changes, position) : this.samplingRules.apply(record, record.at);
    const { refused, rule } = { refused: null, rule: null, ...outcome };
    if (refused !== null) this.refused++;
    return { record, refused, version: this.version, rule };
  }

  /** Plain data, from which `restore` goes on. */
  snapshot(): unknown {
    return { ...this.places(), samplingRules: this.samplingRules.snapshot() };
  }

  /** False, and nothing changed, when it is not a snapshot. */
  restore(snapshot: unknown): boolean {
    if (!isObject(snapshot) || !Array.isArray(snapshot.places) || !Number.isSafeInteger(snapshot.version)) return false;
    const places = snapshot.places.map(placeOf);
    if (places.some((place) => place === null)) return false;
    // Snapshots of a version that knew no rules have none.
    if (snapshot.samplingRules !== undefined && !this.samplingRules.restore(snapshot.samplingRules)) return false;
    this.placeOf.clear();
    for (const place of places) if (place !== null) this.placeOf.set(place.node, place);
    this.version = Number(snapshot.version);
    return true;
  }

  /** All of a record, or nothing. */
  private applyPlaces(changes: readonly PlaceChange[], position: number): { refused: ControlRefusal | null } {
    const after = new Map(changes.map((change) => [change.node, 'removed' in change ? null : change]));
    let places = this.placeOf.size;
    for (const [node, place] of after) places += Number(place !== null) - Number(this.placeOf.has(node));
    const message = `A map keeps at most ${maxPlaces} places; remove some first`;
    if (places > maxPlaces) return { refused: { code: 'too_many_places', message } };
    for (const [node, place] of after) {
      if (place === null) this.placeOf.delete(node);
      else this.placeOf.set(node, place);
    }
    this.version = position + 1;
    return { refused: null };
  }
}

/** Null for text that is not a record of a known kind. */
function readRecord(text: string): ControlRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const { id, at, actor } = value;
  const change = changeOf(value);
  if (typeof id !== 'string' || typeof at !== 'number' || typeof actor !== 'string' || change === null) return null;
  return { id, at, actor, ...change };
}

function changeOf(value: Record<string, unknown>): ControlChange | null {
  if (value.kind !== 'places') return samplingRuleChangeOf(value);
  const changes = placeChangesOf(value.changes);
  return typeof changes === 'string' ? null : { kind: value.kind, changes };
}

function samplingRuleChangeOf({ kind, rule, tags, name, update }: Record<string, unknown>): SamplingRuleChange | null {
  if (kind === 'create sampling rule') {
    const [newRule, newTags] = [samplingRuleOf(rule), tagsOf(tags)];
    return newRule === null || newTags === null ? null : { kind, rule: newRule, tags: newTags };
  }
  if (typeof name !== 'string') return null;
  if (kind === 'delete sampling rule') return { kind, name };
  const members = kind === 'update sampling rule' ? samplingRuleUpdateOf(update) : null;
  return members === null ? null : { kind: 'update sampling rule', name, update: members };
}

/** The changes, with nothing else in them, or in a sentence what is wrong with them. */
export function placeChangesOf(value: unknown): PlaceChange[] | string {
  if (!Array.isArray(value) || value.length === 0) return 'changes is a list of places, and not an empty one';
  if (value.length > maxPlaceChanges) return `${value.length} changes are more than ${maxPlaceChanges} at once`;
  const changes: PlaceChange[] = [];
  for (const [at, one] of value.entries()) {
    const change = placeChangeOf(one);
    if (change === null) return `Change ${at} is neither {node, x, y, pinned} nor {node, removed: true}, with finite numbers`;
    changes.push(change);
  }
  return changes;
}

function placeChangeOf(value: unknown): PlaceChange | null {
  if (isObject(value) && value.removed === true && isNode(value.node)) return { node: value.node, removed: true };
  return placeOf(value);
}

function placeOf(value: unknown): Place | null {
  if (!isObject(value)) return null;
  const { node, x, y, pinned } = value;
  return isNode(node) && isCoordinate(x) && isCoordinate(y) && typeof pinned === 'boolean' ? { node, x, y, pinned } : null;
}

function isNode(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxNodeAddressLength;
}

function isCoordinate(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= maxPlaceCoordinate;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
