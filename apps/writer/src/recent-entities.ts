/**
 * The entities of the last minute or so, by (trace ID, entity ID), and the entities that wait for one that has not arrived.
 *
 * This is what lets a callee find its call, and a copy its original, without a query. It is bounded: two halves of equal
 * size, and when the newer one is full the older one is dropped. `coveredSinceMicros` says from which time of arrival on
 * nothing was dropped; whoever may have a relative from before that time must ask ClickHouse.
 *
 * Open addressing over typed arrays: 28 bytes an entry, where a Map of strings needs about 140. Writers of several partitions in one
 * process share one bound, 59 MB; what that costs is coverage, which is as long for the same traffic whoever shares it.
 */

/** Of a process: whoever shares it with others has a part, but not less than `leastSlots`. */
const slotsPerHalf = 2 ** 20;
const leastSlots = 2 ** 14;
/** Beyond it, probing takes long. */
const fullShare = 0.7;
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

/** One of the two: entities in the order of no one, by open addressing. */
class Half {
  entries = 0;
  readonly keys: Uint32Array;
  readonly slices: Uint32Array;
  readonly nodes: Uint32Array;
  readonly targets: Uint32Array;
  readonly states: Uint32Array;
  readonly checksums: Uint32Array;

  constructor(readonly slots: number) {
    this.keys = new Uint32Array(2 * slots);
    this.slices = new Uint32Array(slots);
    this.nodes = new Uint32Array(slots);
    this.targets = new Uint32Array(slots);
    this.states = new Uint32Array(slots);
    this.checksums = new Uint32Array(slots);
  }

  get isFull(): boolean {
    return this.entries >= fullShare * this.slots;
  }

  isTaken(at: number): boolean {
    return this.keys[2 * at] !== 0 || this.keys[2 * at + 1] !== 0;
  }

  /** The place of the key, or the free one where it belongs. */
  probe(key: EntityKeyHash): number {
    const { keys, slots } = this;
    let at = (key.high ^ Math.imul(key.low, 0x9e37_79b1)) & (slots - 1);
    while (this.isTaken(at) && (keys[2 * at] !== key.high || keys[2 * at + 1] !== key.low)) at = (at + 1) & (slots - 1);
    return at;
  }

  clear(): void {
    this.keys.fill(0);
    this.entries = 0;
  }
}

export class RecentEntities {
  coveredSinceMicros: number;
  private olderSinceMicros: number;
  /** Which of the halves; a slot is a place in one, twice, and which it is. */
  private newer = 0;
  private readonly halves: [Half, Half];
  private waitingEntries = 0;
  private waiting: [Map<string, Waiting[]>, Map<string, Waiting[]>] = [new Map(), new Map()];

  /**
   * `coveredSinceMicros`: when the first document that will be added arrived, or 0 when none was stored before. `share`: the part
   * of the whole bound that this may take by now; a half is of that size when it is begun.
   */
  constructor(
    coveredSinceMicros: number,
    private readonly share: () => number = () => 1,
  ) {
    this.coveredSinceMicros = coveredSinceMicros;
    this.olderSinceMicros = coveredSinceMicros;
    this.halves = [new Half(this.slots()), new Half(this.slots())];
  }

  /** The slot of an entity, or `absent`. Valid until the next `add`. */
  find(key: EntityKeyHash): number {
    const slot = this.findIn(this.newer, key);
    return slot === absent ? this.findIn(1 - this.newer, key) : slot;
  }

  /** Gives the entity's slot. */
  add(key: EntityKeyHash, record: EntityRecord, nowMicros: number): number {
    if (this.half(this.newer).isFull) this.rotate(nowMicros);
    const half = this.half(this.newer);
    const at = half.probe(key);
    if (!half.isTaken(at)) half.entries++;
    half.keys[2 * at] = key.high;
    half.keys[2 * at + 1] = key.low;
    half.slices[at] = record.slice;
    half.nodes[at] = record.node;
    half.targets[at] = record.target;
    half.states[at] = record.standing | (record.outcome << outcomeShift) | (record.bucket << bucketShift);
    half.checksums[at] = record.checksum;
    return 2 * at + this.newer;
  }

  read(slot: number): EntityRecord {
    const half = this.half(slot & 1);
    const at = slot >>> 1;
    const state = half.states[at] ?? 0;
    return {
      slice: half.slices[at] ?? 0,
      node: half.nodes[at] ?? 0,
      target: half.targets[at] ?? 0,
      standing: state & 0xff,
      outcome: (state >> outcomeShift) & 0xf,
      bucket: state >>> bucketShift,
      checksum: half.checksums[at] ?? 0,
    };
  }

  /** The document that this entity came as is not stored, so that the next one of its ID is no copy of it. */
  forgetDocument(slot: number): void {
    const { states } = this.half(slot & 1);
    states[slot >>> 1] = ((states[slot >>> 1] ?? 0) & ~standing.document) | standing.again;
  }

  setNode(slot: number, node: number): void {
    this.half(slot & 1).nodes[slot >>> 1] = node;
  }

  setTarget(slot: number, target: number): void {
    this.half(slot & 1).targets[slot >>> 1] = target;
  }

  /** `parent` is trace ID and parent's ID, as one string. */
  wait(parent: string, entity: Waiting, nowMicros: number): void {
    if (this.waitingEntries >= this.share() * maxWaitingPerHalf) this.rotate(nowMicros);
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
    const slots = this.slots();
    if (this.half(this.newer).slots === slots) this.half(this.newer).clear();
    else this.halves[this.newer] = new Half(slots);
    this.waiting = [new Map(), this.waiting[0]];
    this.waitingEntries = 0;
    this.coveredSinceMicros = this.olderSinceMicros;
    this.olderSinceMicros = nowMicros;
  }

  private half(which: number): Half {
    return which === 0 ? this.halves[0] : this.halves[1];
  }

  private findIn(which: number, key: EntityKeyHash): number {
    const half = this.half(which);
    const at = half.probe(key);
    return half.isTaken(at) ? 2 * at + which : absent;
  }

  /** A power of two. */
  private slots(): number {
    return Math.max(leastSlots, 2 ** Math.floor(Math.log2(this.share() * slotsPerHalf)));
  }
}

const none: Waiting[] = [];

/** 64 bits out of trace ID and entity ID; never 0. IDs that people write by hand repeat between traces, so both take part. */
export function hashKey(trace: readonly [number, number, number, number], high: number, low: number): EntityKeyHash {
  const mixedHigh = Math.imul(trace[3] ^ Math.imul(trace[1], 0x85eb_ca6b), 0x9e37_79b1) ^ Math.imul(high, 0xc2b2_ae35) ^ low;
  const mixedLow = Math.imul(trace[2] ^ Math.imul(trace[0], 0x27d4_eb2f), 0x1656_67b1) ^ Math.imul(low, 0x9e37_79b1) ^ high;
  return { high: mixedHigh >>> 0, low: (mixedLow | 1) >>> 0 };
}
