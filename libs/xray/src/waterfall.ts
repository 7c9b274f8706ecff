/**
 * A trace as the rows of a waterfall, depth first, as a struct of arrays: 50,000 rows cost a few megabytes, cross from a worker
 * to its page without being copied, and are searched and folded without an object for each.
 *
 * Rows that no document sent stand for several that did: five or more siblings in a row with one name (`group`), what has no
 * parent here (`missing`), and circles of parents, cut (`circle`). Linear but for one sort; iterative at any depth.
 */
import type { EntityDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { type EntityKind, entityKinds } from './entities.js';
import { numberOf } from './json-values.js';
import { nodeId } from './node-key.js';
import { labelOf } from './row-labels.js';
import { forestOf, type TraceForest } from './trace-forest.js';
import type { TraceEntity, TraceView } from './trace-view.js';

/** The first three are `entityKinds`. */
export const rowKinds = { ...entityKinds, group: 4, missing: 5, circle: 6 } as const;
type RowKind = EntityKind | (typeof rowKinds)['group' | 'missing' | 'circle'];

export const rowFlags = {
  inProgress: 1,
  /** Nobody on the other side sent a segment: known from its caller, or uploaded as inferred. */
  inferred: 2,
  /** Has exceptions of its own. */
  exception: 4,
  /** The initialization of a Lambda function, and the function that was initialized. */
  cold: 8,
  /** A function's segment below the Lambda service's segment of the same function. */
  pair: 16,
} as const;

/** So many siblings in a row, of one name, are one group. */
export const minGroupSize = 5;
const maxDepth = 65_535;

/** Times are microseconds; starts count from `originMicros`. */
export interface Waterfall {
  traceId: string;
  count: number;
  originMicros: number;
  /** From the origin to the last end that is known. */
  extentMicros: number;
  /** Row of the parent, -1 for a root. */
  parent: Int32Array;
  /** The row after the last descendant. */
  subtreeEnd: Int32Array;
  start: Float64Array;
  /** Of what is in progress: until the last thing that is known of it. */
  duration: Float64Array;
  depth: Uint16Array;
  kind: Uint8Array;
  /** An `Outcome`; of a group and of what is missing, the worst of its members. */
  outcome: Uint8Array;
  flags: Uint8Array;
  /** How often an SDK says that it tried; 0 when it does not say. */
  attempts: Uint8Array;
  /** Into `services`: whose work it is. */
  service: Uint16Array;
  /** Into `strings`. */
  name: Uint32Array;
  note: Uint32Array;
  services: NodeKey[];
  strings: string[];
  /** By row: the (sub)segment's ID, or one that stays the same while the rows around it change. */
  ids: string[];
}

export interface WaterfallWithSources {
  waterfall: Waterfall;
  /** By row; null for a row that no document sent. */
  sources: (EntityDocument | null)[];
}

export function waterfallOf(view: TraceView): WaterfallWithSources {
  const writer = new RowWriter(view, forestOf(view));
  writer.write();
  return { waterfall: writer.finish(), sources: writer.sources };
}

/** What is still to be written below a row: one entity, or the members of a group. */
type Pending = { parent: number; depth: number } & ({ item: number } | { members: readonly number[]; ordinal: number });

class RowWriter {
  readonly sources: (EntityDocument | null)[] = [];
  private readonly rows: Waterfall;
  private readonly pending: Pending[] = [];
  private readonly names = new Interned();
  private readonly nodes = new Map<string, number>();
  /** By item: what it calls itself, once per entity and not once per comparison. */
  private readonly labels: { name: number; note: number }[];

  constructor(
    private readonly view: TraceView,
    private readonly forest: TraceForest,
  ) {
    this.labels = forest.items.map(({ source }) => {
      const { name, note } = labelOf(source);
      return { name: this.names.indexOf(name), note: this.names.indexOf(note) };
    });
    this.rows = emptyWaterfall(forest.items.length);
    this.rows.traceId = view.traceId;
    this.rows.originMicros = forest.items.reduce((first, { entity }) => Math.min(first, entity.startMicros), Number.POSITIVE_INFINITY);
    this.serviceIndex({ name: '', type: '', accountId: '' });
  }

  write(): void {
    this.descend(this.forest.roots, -1, 0);
    this.writeTogether(rowKinds.missing, this.forest.missing);
    this.writeTogether(rowKinds.circle, this.forest.circles);
  }

  finish(): Waterfall {
    const { rows } = this;
    if (rows.count === 0) rows.originMicros = 0;
    spanSubtrees(rows);
    rows.strings = this.names.texts;
    return trimmed(rows);
  }

  /** Entities without a parent here, below one row that says so. */
  private writeTogether(kind: RowKind, items: readonly number[]): void {
    if (items.length === 0) return;
    const row = this.addStandIn(kind, kind === rowKinds.missing ? 'missing' : 'circle', { parent: -1, depth: 0 });
    this.descend(items, row, 1);
  }

  private descend(items: ArrayLike<number>, parent: number, depth: number): void {
    this.push(items, { parent, depth });
    for (let next = this.pending.pop(); next !== undefined; next = this.pending.pop()) {
      const row = 'item' in next ? this.addEntity(next.item, next) : this.addGroup(next.members, next);
      const below = { parent: row, depth: next.depth + 1 };
      if ('item' in next) this.push(this.forest.childrenOf(next.item), below);
      else for (let i = next.members.length - 1; i >= 0; i--) this.pending.push({ ...below, item: next.members[i] ?? 0 });
    }
  }

  /** In reverse, so that the first is taken first. */
  private push(items: ArrayLike<number>, below: { parent: number; depth: number }): void {
    const runs: Pending[] = [];
    const ordinals = new Map<number, number>();
    for (let from = 0; from < items.length; ) {
      const to = this.endOfRun(items, from);
      const run = Array.from({ length: to - from }, (_, offset) => items[from + offset] ?? 0);
      if (run.length < minGroupSize) for (const item of run) runs.push({ ...below, item });
      else {
        const name = this.labels[run[0] ?? 0]?.name ?? 0;
        const ordinal = ordinals.get(name) ?? 0;
        ordinals.set(name, ordinal + 1);
        runs.push({ ...below, members: run, ordinal });
      }
      from = to;
    }
    for (let i = runs.length - 1; i >= 0; i--) {
      const run = runs[i];
      if (run !== undefined) this.pending.push(run);
    }
  }

  private endOfRun(items: ArrayLike<number>, from: number): number {
    const first = items[from] ?? 0;
    let to = from + 1;
    while (to < items.length && this.isAlike(first, items[to] ?? 0)) to++;
    return to;
  }

  private isAlike(left: number, right: number): boolean {
    return (
      this.labels[left]?.name === this.labels[right]?.name && this.forest.items[left]?.entity.kind === this.forest.items[right]?.entity.kind
    );
  }

  private addGroup(members: readonly number[], place: { parent: number; depth: number; ordinal: number }): number {
    const first = members[0] ?? 0;
    const name = this.labels[first]?.name ?? 0;
    const above = place.parent === -1 ? '' : (this.rows.ids[place.parent] ?? '');
    const row = this.addStandIn(rowKinds.group, `${above}*${place.ordinal}*${this.names.texts[name]}`, place);
    this.rows.name[row] = name;
    this.rows.service[row] = this.serviceOf(this.forest.items[first], place.parent);
    return row;
  }

  private addStandIn(kind: RowKind, id: string, { parent, depth }: { parent: number; depth: number }): number {
    const row = this.addRow(id, null, { parent, depth });
    this.rows.kind[row] = kind;
    this.rows.start[row] = Number.POSITIVE_INFINITY;
    return row;
  }

  private addEntity(item: number, place: { parent: number; depth: number }): number {
    const { rows } = this;
    const known = this.forest.items[item];
    const label = this.labels[item];
    if (known === undefined || label === undefined) throw new Error(`there is no entity ${item}`);
    const { entity, source } = known;
    const row = this.addRow(entity.id, source, place);
    rows.kind[row] = entity.kind;
    rows.start[row] = entity.startMicros - rows.originMicros;
    rows.duration[row] = entity.responseMicros;
    rows.outcome[row] = entity.outcome;
    rows.attempts[row] = attemptsOf(source);
    rows.service[row] = this.serviceOf(known, place.parent);
    rows.name[row] = label.name;
    rows.note[row] = label.note;
    rows.flags[row] = this.flagsOf(known, row);
    return row;
  }

  private addRow(id: string, source: EntityDocument | null, { parent, depth }: { parent: number; depth: number }): number {
    const row = this.rows.count++;
    this.rows.ids.push(id);
    this.sources.push(source);
    this.rows.parent[row] = parent;
    this.rows.depth[row] = Math.min(depth, maxDepth);
    return row;
  }

  /** A step inside an AWS call has no owner of its own: it belongs to whom its parent belongs to. */
  private serviceOf(item: TraceEntity | undefined, parent: number): number {
    const owner = item === undefined ? undefined : this.view.ownerOf(item.entity);
    if (owner !== undefined) return this.serviceIndex(owner);
    return parent === -1 ? 0 : (this.rows.service[parent] ?? 0);
  }

  private serviceIndex(key: NodeKey): number {
    const id = nodeId(key);
    const known = this.nodes.get(id);
    if (known !== undefined) return known;
    const index = this.rows.services.push(key) - 1;
    this.nodes.set(id, index);
    return index;
  }

  private flagsOf({ entity, source }: TraceEntity, row: number): number {
    let flags = 0;
    if (entity.inProgress) flags |= rowFlags.inProgress;
    const isUnanswered = entity.kind === entityKinds.call && this.view.calleesOf(entity.id).length === 0;
    if (entity.inferred || isUnanswered) flags |= rowFlags.inferred;
    if (hasExceptions(source)) flags |= rowFlags.exception;
    if (this.isInitialization(entity.kind, row)) {
      flags |= rowFlags.cold;
      const parent = this.rows.parent[row] ?? -1;
      this.rows.flags[parent] = (this.rows.flags[parent] ?? 0) | rowFlags.cold;
    }
    if (this.isPair(entity.kind, row)) flags |= rowFlags.pair;
    return flags;
  }

  private isInitialization(kind: EntityKind, row: number): boolean {
    const { rows } = this;
    if (kind !== entityKinds.step || rows.parent[row] === -1) return false;
    const type = rows.services[rows.service[row] ?? 0]?.type;
    return this.names.texts[rows.name[row] ?? 0] === 'Initialization' && type?.startsWith('AWS::Lambda') === true;
  }

  private isPair(kind: EntityKind, row: number): boolean {
    const { rows } = this;
    const parent = rows.parent[row] ?? -1;
    if (kind !== entityKinds.segment || parent === -1) return false;
    const own = rows.services[rows.service[row] ?? 0];
    const above = rows.services[rows.service[parent] ?? 0];
    return own?.type === 'AWS::Lambda::Function' && above?.type === 'AWS::Lambda' && own.name === above.name;
  }
}

/** Texts by number, each once. */
class Interned {
  readonly texts: string[] = [''];
  private readonly indices = new Map<string, number>([['', 0]]);

  indexOf(text: string): number {
    const known = this.indices.get(text);
    if (known !== undefined) return known;
    const index = this.texts.push(text) - 1;
    this.indices.set(text, index);
    return index;
  }
}

/** Node's SDK counts tries: 1 is the usual, and says nothing. */
function attemptsOf({ aws }: EntityDocument): number {
  const attempts = numberOf(aws?.retries);
  return attempts > 1 ? Math.min(255, Math.floor(attempts)) : 0;
}

function hasExceptions({ cause }: EntityDocument): boolean {
  if (typeof cause !== 'object' || cause === null) return false;
  const { exceptions } = cause as { exceptions?: unknown };
  return Array.isArray(exceptions) && exceptions.length > 0;
}

/** From the last row to the first: where each subtree ends, and what its members give to a row that stands for them. */
function spanSubtrees(rows: Waterfall): void {
  const { parent, subtreeEnd, start, duration, kind, flags, outcome } = rows;
  for (let row = rows.count - 1; row >= 0; row--) {
    const ownStart = start[row] ?? 0;
    const end = ownStart + (duration[row] ?? 0);
    rows.extentMicros = Math.max(rows.extentMicros, end);
    subtreeEnd[row] = Math.max(subtreeEnd[row] ?? 0, row + 1);
    const above = parent[row] ?? -1;
    if (above === -1) continue;
    subtreeEnd[above] = Math.max(subtreeEnd[above] ?? 0, subtreeEnd[row] ?? 0);
    const isStandIn = (kind[above] ?? 0) >= rowKinds.group;
    if (isStandIn) {
      const until = Math.max(Number.isFinite(start[above]) ? (start[above] ?? 0) + (duration[above] ?? 0) : 0, end);
      start[above] = Math.min(start[above] ?? ownStart, ownStart);
      duration[above] = until - (start[above] ?? 0);
      outcome[above] = Math.max(outcome[above] ?? 0, outcome[row] ?? 0);
      flags[above] = (flags[above] ?? 0) | ((flags[row] ?? 0) & rowFlags.inProgress);
    } else if (((flags[above] ?? 0) & rowFlags.inProgress) !== 0) {
      duration[above] = Math.max(duration[above] ?? 0, end - (start[above] ?? 0));
    }
  }
}

/** Room for every entity, a group for each five, and the two rows that stand for what has no parent. */
function emptyWaterfall(entities: number): Waterfall {
  const room = entities + Math.ceil(entities / minGroupSize) + 2;
  return {
    traceId: '',
    count: 0,
    originMicros: 0,
    extentMicros: 0,
    parent: new Int32Array(room),
    subtreeEnd: new Int32Array(room),
    start: new Float64Array(room),
    duration: new Float64Array(room),
    depth: new Uint16Array(room),
    kind: new Uint8Array(room),
    outcome: new Uint8Array(room),
    flags: new Uint8Array(room),
    attempts: new Uint8Array(room),
    service: new Uint16Array(room),
    name: new Uint32Array(room),
    note: new Uint32Array(room),
    services: [],
    strings: [],
    ids: [],
  };
}

function trimmed(rows: Waterfall): Waterfall {
  const { count } = rows;
  return {
    ...rows,
    parent: rows.parent.slice(0, count),
    subtreeEnd: rows.subtreeEnd.slice(0, count),
    start: rows.start.slice(0, count),
    duration: rows.duration.slice(0, count),
    depth: rows.depth.slice(0, count),
    kind: rows.kind.slice(0, count),
    outcome: rows.outcome.slice(0, count),
    flags: rows.flags.slice(0, count),
    attempts: rows.attempts.slice(0, count),
    service: rows.service.slice(0, count),
    name: rows.name.slice(0, count),
    note: rows.note.slice(0, count),
  };
}
