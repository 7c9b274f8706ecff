/**
 * The entities of the last minute or so, by (trace ID, entity ID), and the entities that wait for one that has not arrived.
 *
 * This is what lets a callee find its call, and a copy its original, without a query. It is bounded: two halves of equal
 * size, and when the newer one is full the older one is dropped. `coveredSinceMicros` says from which time of arrival on
 * nothing was dropped; whoever may have a relative from before that time must ask ClickHouse.
 *
 * Open addressing over typed arrays: 28 bytes an entry, where a Map of strings needs about 140.
 */

const slotsPerHalf = 2 ** 20;
const maxEntriesPerHalf = Math.floor(slotsPerHalf * 0.7);
const maxWaitingPerHalf = 150_000;
/** No slot. */
export const absent = -1;

export interface EntityKeyHash {
  high: number;
  low: number;
}

/** Bits of `standing`. `again`: not the first version, so what waits in its name may be out of date. `messaging`: a call
 * of a queue, a topic or a stream. */
export const standing = { document: 1, complete: 2, segment: 4, call: 8, awsCall: 16, inProgress: 32, again: 64, messaging: 128 } as const;
const outcomeShift = 8;
const bucketShift = 12;

export interface EntityRecord {
  slice: number;
  /** Index of the node it is or belongs to; 0 while unknown. */
  node: number;
  /** Index of the node that a call infers; 0 when it is none, or when a callee is known. */
  target: number;
  standing: number;
  outcome: number;
  bucket: number;
  /** Of a document: a checksum of its bytes, to tell a copy from another version. */
  checksum: number;
}

/** An entity whose parent has not arrived. */
export interface Waiting {
  id: string;
  slice: number;
  isSegment: boolean;
  /** Node of a waiting segment; 0 for a subsegment. */
  node: number;
}

export class RecentEntities {
  coveredSinceMicros: number;
  private olderSinceMicros: number;
  private newer = 0;
  private entries = 0;
  private waitingEntries = 0;
  private readonly keys = new Uint32Array(4 * slotsPerHalf);
  private readonly slices = new Uint32Array(2 * slotsPerHalf);
  private readonly nodes = new Uint32Array(2 * slotsPerHalf);
  private readonly targets = new Uint32Array(2 * slotsPerHalf);
  private readonly states = new Uint32Array(2 * slotsPerHalf);
  private readonly checksums = new Uint32Array(2 * slotsPerHalf);
  private waiting: [Map<string, Waiting[]>, Map<string, Waiting[]>] = [new Map(), new Map()];

  /** `coveredSinceMicros`: when the first document that will be added arrived, or 0 when none was stored before. */
  constructor(coveredSinceMicros: number) {
    this.coveredSinceMicros = coveredSinceMicros;
    this.olderSinceMicros = coveredSinceMicros;
  }

  /** The slot of an entity, or `absent`. Valid until the next `add`. */
  find(key: EntityKeyHash): number {
    const slot = this.probe(this.newer, key);
    if (this.isTaken(slot)) return slot;
    const older = this.probe(1 - this.newer, key);
    return this.isTaken(older) ? older : absent;
  }

  /** Gives the entity's slot. */
  add(key: EntityKeyHash, record: EntityRecord, nowMicros: number): number {
    if (this.entries >= maxEntriesPerHalf) this.rotate(nowMicros);
    const slot = this.probe(this.newer, key);
    if (!this.isTaken(slot)) this.entries++;
    this.keys[2 * slot] = key.high;
    this.keys[2 * slot + 1] = key.low;
    this.slices[slot] = record.slice;
    this.nodes[slot] = record.node;
    this.targets[slot] = record.target;
    this.states[slot] = record.standing | (record.outcome << outcomeShift) | (record.bucket << bucketShift);
    this.checksums[slot] = record.checksum;
    return slot;
  }

  read(slot: number): EntityRecord {
    const state = this.states[slot] ?? 0;
    return {
      slice: this.slices[slot] ?? 0,
      node: this.nodes[slot] ?? 0,
      target: this.targets[slot] ?? 0,
      standing: state & 0xff,
      outcome: (state >> outcomeShift) & 0xf,
      bucket: state >>> bucketShift,
      checksum: this.checksums[slot] ?? 0,
    };
  }

  /** The document that this entity came as is not stored, so that the next one of its ID is no copy of it. */
  forgetDocument(slot: number): void {
    this.states[slot] = ((this.states[slot] ?? 0) & ~standing.document) | standing.again;
  }

  setNode(slot: number, node: number): void {
    this.nodes[slot] = node;
  }

  setTarget(slot: number, target: number): void {
    this.targets[slot] = target;
  }

  /** `parent` is trace ID and parent's ID, as one string. */
  wait(parent: string, entity: Waiting, nowMicros: number): void {
    if (this.waitingEntries >= maxWaitingPerHalf) this.rotate(nowMicros);
    const list = this.waiting[0].get(parent);
    if (list) list.push(entity);
    else this.waiting[0].set(parent, [entity]);
    this.waitingEntries++;
  }

  /** Whoever waited for this entity, and waits no longer. */
  take(parent: string): Waiting[] {
    const [newer, older] = this.waiting;
    const inNewer = newer.get(parent);
    const inOlder = older.size > 0 ? older.get(parent) : undefined;
    if (inNewer) newer.delete(parent);
    if (inOlder) older.delete(parent);
    if (!inNewer) return inOlder ?? none;
    return inOlder ? [...inOlder, ...inNewer] : inNewer;
  }

  private rotate(nowMicros: number): void {
    this.newer = 1 - this.newer;
    this.keys.fill(0, 2 * this.newer * slotsPerHalf, 2 * (this.newer + 1) * slotsPerHalf);
    this.entries = 0;
    this.waiting = [new Map(), this.waiting[0]];
    this.waitingEntries = 0;
    this.coveredSinceMicros = this.olderSinceMicros;
    this.olderSinceMicros = nowMicros;
  }

  private isTaken(slot: number): boolean {
    return this.keys[2 * slot] !== 0 || this.keys[2 * slot + 1] !== 0;
  }

  /** The slot of the key in this half, or the free one where it belongs. */
  private probe(half: number, key: EntityKeyHash): number {
    const base = half * slotsPerHalf;
    let slot = base + ((key.high ^ Math.imul(key.low, 0x9e37_79b1)) & (slotsPerHalf - 1));
    while (this.isTaken(slot) && (this.keys[2 * slot] !== key.high || this.keys[2 * slot + 1] !== key.low)) {
      slot = slot + 1 === base + slotsPerHalf ? base : slot + 1;
    }
    return slot;
  }
}

const none: Waiting[] = [];

/** 64 bits out of trace ID and entity ID; never 0. IDs that people write by hand repeat between traces, so both take part. */
export function hashKey(trace: readonly [number, number, number, number], high: number, low: number): EntityKeyHash {
  const mixedHigh = Math.imul(trace[3] ^ Math.imul(trace[1], 0x85eb_ca6b), 0x9e37_79b1) ^ Math.imul(high, 0xc2b2_ae35) ^ low;
  const mixedLow = Math.imul(trace[2] ^ Math.imul(trace[0], 0x27d4_eb2f), 0x1656_67b1) ^ Math.imul(low, 0x9e37_79b1) ^ high;
  return { high: mixedHigh >>> 0, low: (mixedLow | 1) >>> 0 };
}
