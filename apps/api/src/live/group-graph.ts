/** The live graph of one group: the slices of the last minutes as they are stored, and up to when they are. */
import type { StoredGroupSlices } from '@fluoroscope/clickhouse/graph-reader';
import { type ShardRows, sliceSeconds } from '@fluoroscope/contract/graph';
import { type GroupGraphMessage, groupLagSeconds, liveWindowSeconds } from '@fluoroscope/contract/live';
import { GraphRoom } from './graph-room.js';
import type { RoomContents } from './room.js';

type Told = Omit<GroupGraphMessage, 'sequence' | 'now'>;
/** By slice; see StoredGroupSlices. */
type Versions = ReadonlyMap<number, string>;

export const groupWindowSeconds = liveWindowSeconds + groupLagSeconds;

export class GroupGraph implements RoomContents {
  containsOldGroupVersions = false;
  readonly #graph: GraphRoom;
  #versions: Versions = new Map();
  #storedTo = 0;

  constructor(
    readonly groupId: string,
    nowMs: number,
  ) {
    this.#graph = new GraphRoom(nowMs, { windowSeconds: groupWindowSeconds });
  }

  /** Slices that were put in place since they were last taken, first to last; null for none. */
  changed(versions: Versions): { first: number; last: number } | null {
    const changed = [...versions].filter(([slice, version]) => this.#versions.get(slice) !== version).map(([slice]) => slice);
    return changed.length === 0 ? null : { first: Math.min(...changed), last: Math.max(...changed) };
  }

  /**
   * Takes slices as they are stored; `found` was read before them, so what has changed in between is taken again. The group is there
   * since `sinceMs`: what was stored before has nothing of it.
   */
  take(slices: readonly ShardRows[], found: StoredGroupSlices, at: { nowMs: number; sinceMs: number }): void {
    this.#versions = found.versions.get(this.groupId) ?? new Map();
    this.#graph.apply(slices);
    this.#storedTo = Math.max(this.#storedTo, storedTo(this.#versions, found.whole, at));
  }

  snapshot(nowMs: number): Told {
    return { ...this.#about(), ...this.#graph.snapshot(nowMs) };
  }

  delta(nowMs: number): Told | null {
    const delta = this.#graph.delta(nowMs);
    return delta === null ? null : { ...this.#about(), ...delta };
  }

  #about(): Omit<Told, 'slices'> {
    return { groupId: this.groupId, storedTo: this.#storedTo, containsOldGroupVersions: this.containsOldGroupVersions };
  }
}

/** Up to the first slice that waits: the whole graph has it, and the group not yet. Without any, up to the last that is stored. */
function storedTo(versions: Versions, whole: readonly number[], { nowMs, sinceMs }: { nowMs: number; sinceMs: number }): number {
  const isDue = (slice: number) => (slice + 1) * sliceSeconds * 1_000 > sinceMs && !versions.has(slice);
  const waiting = whole.find(isDue);
  // What has just ended comes to the whole graph first.
  const settled = Math.floor(nowMs / 1_000 / sliceSeconds) - 1;
  return (waiting ?? Math.max((whole.at(-1) ?? 0) + 1, settled)) * sliceSeconds;
}
