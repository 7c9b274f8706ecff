/**
 * The fold of the control log: what people have edited, after every record so far. Pure, and the same in every process: a
 * record that is refused (one place too many) is refused everywhere, because the order of the log decides.
 *
 * What is not a record of a kind that is known here (a newer version wrote it) is counted and passed over.
 */

import type { Place, PlaceChange, PlacesAnswer, TagChange } from '@fluoroscope/contract/control';
import { type ControlChange, type ControlRecord, type ControlRefusal, type Edited, maxPlaces } from '@fluoroscope/contract/control';
import { AuditTrail } from './audit-trail.js';
import { isAudited } from './audited-action.js';
import { type BookOutcome, refuse } from './book-outcome.js';
import { placeOf, readRecord } from './control-record.js';
import { GroupBook } from './group-book.js';
import { InsightBook } from './insights/insight-book.js';
import { isObject } from './json-values.js';
import { ResourcePolicyBook } from './resource-policy-book.js';
import { SamplingRuleBook } from './sampling-rule-book.js';
import { SettingsBook } from './settings-book.js';

/** What became of a record. */
export interface ControlOutcome {
  record: ControlRecord | null;
  refused: ControlRefusal | null;
  /** Of the places, behind the record. */
  version: number;
  before: Edited;
  after: Edited;
}

export class ControlState {
  /** Records that were not understood. */
  unknown = 0;
  /** Records that were refused for what was there before them. */
  refused = 0;
  private books = emptyBooks();
  private readonly placeOf = new Map<string, Place>();
  private version = 0;

  get samplingRules(): SamplingRuleBook {
    return this.books.samplingRules;
  }

  get groups(): GroupBook {
    return this.books.groups;
  }

  get settings(): SettingsBook {
    return this.books.settings;
  }

  get resourcePolicies(): ResourcePolicyBook {
    return this.books.resourcePolicies;
  }

  get insights(): InsightBook {
    return this.books.insights;
  }

  get audit(): AuditTrail {
    return this.books.audit;
  }

  places(): PlacesAnswer {
    return { places: [...this.placeOf.values()], version: this.version };
  }

  /** `position` is the record's in the log. */
  apply(text: string, position: number): ControlOutcome {
    const record = readRecord(text);
    if (record === null) this.unknown++;
    const outcome = record === null ? unchanged : this.change(record, { atMs: record.at, position });
    if ('refused' in outcome) this.refused++;
    const became = { refused: null, ...unchanged, ...outcome };
    if (record !== null && isAudited(record)) this.audit.add({ record, ...became }, position);
    return { record, ...became, version: this.version };
  }

  /** Plain data, from which `restore` goes on. */
  snapshot(): unknown {
    const books = Object.entries(this.books).map(([name, book]) => [name, book.snapshot()]);
    return { ...this.places(), ...Object.fromEntries(books) };
  }

  /** False, and nothing changed, when it is not a snapshot. */
  restore(snapshot: unknown): boolean {
    if (!isObject(snapshot) || !Array.isArray(snapshot.places) || !Number.isSafeInteger(snapshot.version)) return false;
    const places = snapshot.places.map(placeOf);
    if (places.some((place) => place === null)) return false;
    const books = restoredBooks(snapshot);
    if (books === null) return false;
    this.books = books;
    this.placeOf.clear();
    for (const place of places) if (place !== null) this.placeOf.set(place.node, place);
    this.version = Number(snapshot.version);
    return true;
  }

  private change(change: ControlChange, { atMs, position }: { atMs: number; position: number }): Outcome {
    switch (change.kind) {
      case 'places':
        return this.applyPlaces(change.changes, position);
      case 'replay dead documents':
        return unchanged;
      case 'create sampling rule':
      case 'update sampling rule':
      case 'delete sampling rule':
        return named('samplingRule', this.samplingRules.apply(change, atMs));
      case 'create group':
      case 'update group':
      case 'delete group':
        return named('group', this.groups.apply(change, atMs));
      case 'put encryption config':
        return named('encryption', this.settings.setEncryption(change));
      case 'update indexing rule':
        return named('indexingRule', this.settings.setIndexing(change, atMs));
      case 'update trace segment destination':
        return named('destination', this.settings.setDestination(change));
      case 'put resource policy':
      case 'delete resource policy':
        return named('resourcePolicy', this.resourcePolicies.apply(change, atMs));
      case 'tag resource':
      case 'untag resource':
        return this.retag(change);
      case 'insight':
        return named('insight', this.insights.apply(change.event));
    }
  }

  private retag(change: TagChange): Outcome {
    const { kind, name } = change.resource;
    if (kind === 'group') return named('group', this.groups.retag(name, change));
    return named('samplingRule', this.samplingRules.retag(name, change));
  }

  /** All of a record, or nothing. */
  private applyPlaces(changes: readonly PlaceChange[], position: number): Outcome {
    const after = new Map(changes.map((change) => [change.node, 'removed' in change ? null : change]));
    let places = this.placeOf.size;
    for (const [node, place] of after) places += Number(place !== null) - Number(this.placeOf.has(node));
    if (places > maxPlaces) return refuse('too_many_places', `A map keeps at most ${maxPlaces} places; remove some first`);
    const before = this.placesOf(after.keys());
    for (const [node, place] of after) {
      if (place === null) this.placeOf.delete(node);
      else this.placeOf.set(node, place);
    }
    this.version = position + 1;
    return { before: { places: before }, after: { places: this.placesOf(after.keys()) } };
  }

  private placesOf(nodes: Iterable<string>): Place[] {
    return Array.from(nodes, (node) => this.placeOf.get(node)).filter((place) => place !== undefined);
  }
}

type Outcome = Pick<ControlOutcome, 'before' | 'after'> | { refused: ControlRefusal };

const unchanged = { before: {}, after: {} };

function named<Name extends keyof Edited>(name: Name, outcome: BookOutcome<Edited[Name]>): Outcome {
  if ('refused' in outcome) return outcome;
  const edited = (item: Edited[Name] | null) => (item === null ? {} : { [name]: item });
  return { before: edited(outcome.before), after: edited(outcome.after) };
}

function emptyBooks() {
  return {
    samplingRules: new SamplingRuleBook(),
    groups: new GroupBook(),
    settings: new SettingsBook(),
    resourcePolicies: new ResourcePolicyBook(),
    insights: new InsightBook(),
    audit: new AuditTrail(),
  };
}

/** Snapshots of a version that did not know a book have nothing for it. Null when what they have is none. */
function restoredBooks(snapshot: Record<string, unknown>): ReturnType<typeof emptyBooks> | null {
  const books = emptyBooks();
  const isRestored = Object.entries(books).every(([name, book]) => snapshot[name] === undefined || book.restore(snapshot[name]));
  return isRestored ? books : null;
}
