/**
 * The live graph of a log with several partitions: each is a shard of every slice, written by a process of its own. Holds the rows
 * of each shard and gives out their sums, as rows of slices without shards; where a slice has one shard, its rows as they are.
 *
 * Rows are absolute for their shard, so the order of shards does not matter and what comes twice changes nothing. A sum is made once
 * for each `drain`, however often its parts have changed. Bounded: while more than `maxRows` are held, the oldest slice keeps the sums
 * that were given out, and what comes for it is left out and counted in `ignoredRows`.
 */
import type { EdgeRow, NodeRow, ShardRows, SliceRows, StatisticsRow } from '@fluoroscope/contract/graph';
import { addHistogram } from './histogram.js';
import { edgeId, nodeId } from './node-key.js';
import { isEmpty } from './window-totals.js';

/** Of about half a kilobyte: the last minutes of 300 nodes and edges in 20 partitions. */
const defaultMaxRows = 200_000;

interface Rows {
  nodes: Map<string, NodeRow>;
  edges: Map<string, EdgeRow>;
}

interface HeldSlice {
  shards: Map<number, Rows>;
  /** Since the last drain: a row of each node and edge whose sum has changed. */
  changed: Rows;
  /** The only shard was replaced as a whole. */
  replaced: boolean;
  /** Its shards were let go of. */
  isFrozen: boolean;
}

export class ShardSums {
  /** Rows that came for slices whose shards are no longer held. */
  ignoredRows = 0;
  private heldRows = 0;
  private readonly slices = new Map<number, HeldSlice>();

  constructor(private readonly maxRows = defaultMaxRows) {}

  apply(given: readonly ShardRows[]): void {
    for (const rows of given) {
      const held = this.sliceOf(rows.slice);
      if (held.isFrozen) this.ignoredRows += rows.nodes.length + rows.edges.length;
      else this.put(held, rows);
    }
    while (this.heldRows > this.maxRows && this.slices.size > 0) this.freezeOldest();
  }

  /** What storage held, under what came live meanwhile. */
  fill(stored: readonly ShardRows[]): void {
    const unknown = stored.map((rows) => {
      const shard = this.slices.get(rows.slice)?.shards.get(rows.shard);
      if (shard === undefined) return rows;
      const nodes = rows.nodes.filter((row) => !shard.nodes.has(idOfNode(row)));
      return { ...rows, stored: false, nodes, edges: rows.edges.filter((row) => !shard.edges.has(idOfEdge(row))) };
    });
    this.apply(unknown);
  }

  /** The sums that have changed since the last call; slices before `firstSlice` are forgotten. */
  drain(firstSlice: number): SliceRows[] {
    const changed: SliceRows[] = [];
    for (const [slice, held] of this.slices) {
      if (held.replaced || held.changed.nodes.size > 0 || held.changed.edges.size > 0) changed.push(drainSlice(slice, held));
      if (slice < firstSlice) this.forget(slice, held);
    }
    return changed;
  }

  private put(held: HeldSlice, rows: ShardRows): void {
    const shard = shardOf(held, rows.shard);
    this.heldRows -= sizeOf(shard);
    if (rows.stored) empty(held, shard);
    held.replaced = held.shards.size === 1 && (held.replaced || rows.stored);
    for (const row of rows.nodes) putRow(idOfNode(row), row, [shard.nodes, held.changed.nodes]);
    for (const row of rows.edges) putRow(idOfEdge(row), row, [shard.edges, held.changed.edges]);
    this.heldRows += sizeOf(shard);
  }

  private sliceOf(slice: number): HeldSlice {
    let held = this.slices.get(slice);
    if (held === undefined) {
      held = { shards: new Map(), changed: noRows(), replaced: false, isFrozen: false };
      this.slices.set(slice, held);
    }
    return held;
  }

  private freezeOldest(): void {
    let oldest = Number.POSITIVE_INFINITY;
    for (const [slice, { isFrozen }] of this.slices) if (!isFrozen && slice < oldest) oldest = slice;
    const held = this.slices.get(oldest);
    if (held === undefined) return;
    this.forget(oldest, held);
    this.slices.set(oldest, { shards: new Map(), changed: noRows(), replaced: false, isFrozen: true });
  }

  private forget(slice: number, { shards }: HeldSlice): void {
    for (const shard of shards.values()) this.heldRows -= sizeOf(shard);
    this.slices.delete(slice);
  }
}

function drainSlice(slice: number, held: HeldSlice): SliceRows {
  const { shards, changed, replaced } = held;
  held.changed = noRows();
  held.replaced = false;
  const [only] = shards.values();
  if (replaced && only !== undefined) return { slice, stored: true, nodes: [...only.nodes.values()], edges: [...only.edges.values()] };
  const parts = [...shards.values()];
  const nodes = [...changed.nodes].map(([id, row]) => sumNodes(row, parts.map((shard) => shard.nodes.get(id)).filter(isPresent)));
  const edges = [...changed.edges].map(([id, row]) => sumEdges(row, parts.map((shard) => shard.edges.get(id)).filter(isPresent)));
  return { slice, stored: false, nodes, edges };
}

/** Of nothing: a row without counts, which takes back an earlier one. */
function sumNodes([name, type, accountId]: NodeRow, parts: readonly NodeRow[]): NodeRow {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const counted = parts.filter((row) => !isEmpty(row[5]));
  const isRoot = counted.some((row) => row[3]);
  const isInferred = counted.every((row) => row[4]);
  return [name, type, accountId, isRoot, isInferred, sumStatistics(counted.map((row) => row[5]))];
}

function sumEdges([caller, callee, , type]: EdgeRow, parts: readonly EdgeRow[]): EdgeRow {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const statistics = sumStatistics(parts.map((row) => row[2]));
  return type === undefined ? [caller, callee, statistics] : [caller, callee, statistics, type];
}

function sumStatistics(parts: readonly StatisticsRow[]): StatisticsRow {
  const sum: StatisticsRow = [0, 0, 0, 0, 0, 0, []];
  for (const part of parts) {
    for (const at of [0, 1, 2, 3, 4, 5] as const) sum[at] += part[at];
    sum[6] = addHistogram(sum[6], part[6]);
  }
  return sum;
}

function shardOf({ shards }: HeldSlice, number: number): Rows {
  let shard = shards.get(number);
  if (shard === undefined) {
    shard = noRows();
    shards.set(number, shard);
  }
  return shard;
}

function empty({ changed }: HeldSlice, shard: Rows): void {
  for (const [id, row] of shard.nodes) changed.nodes.set(id, row);
  for (const [id, row] of shard.edges) changed.edges.set(id, row);
  shard.nodes.clear();
  shard.edges.clear();
}

function putRow<Row>(id: string, row: Row, into: readonly Map<string, Row>[]): void {
  for (const rows of into) rows.set(id, row);
}

function sizeOf({ nodes, edges }: Rows): number {
  return nodes.size + edges.size;
}

function isPresent<Row>(row: Row | undefined): row is Row {
  return row !== undefined;
}

function noRows(): Rows {
  return { nodes: new Map(), edges: new Map() };
}

function idOfNode([name, type, accountId]: NodeRow): string {
  return nodeId({ name, type, accountId });
}

function idOfEdge([caller, callee, , type]: EdgeRow): string {
  return edgeId(keyOf(caller), keyOf(callee), type);
}

function keyOf([name, type, accountId]: EdgeRow[0]): { name: string; type: string; accountId: string } {
  return { name, type, accountId };
}
