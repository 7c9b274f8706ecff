/**
 * The service graph of the open slices, kept up to date with every document, before anything is stored. Ten times a second
 * it gives out the rows that changed, with absolute values.
 *
 * Best effort by design: a copy or a very late callee is only right once the slice has been stored, and the stored slice
 * then replaces these rows. Bounded: slices that are no longer open are dropped, and rows per slice are limited.
 */
import {
  clientType,
  type EdgeRow,
  maxEdgesPerSlice,
  maxNodesPerSlice,
  type NodeKey,
  type NodeRow,
  type ShardRows,
  type StatisticsRow,
  sliceSeconds,
} from '@fluoroscope/contract/graph';
import type { NodeTable } from './nodes.js';

/** How long a slice stays open after its end. */
const openMs = 30_000;
const edgeFactor = 2 ** 20;

export interface Measure {
  outcome: number;
  inProgress: boolean;
  bucket: number;
  micros: number;
}

interface Row {
  counts: [number, number, number, number];
  inProgress: number;
  totalMicros: number;
  /** Requests by bucket. */
  histogram: Map<number, number>;
  /** Its buckets, ascending; null when one has come or gone since they were put in order. */
  buckets: number[] | null;
  root: boolean;
  inferred: boolean;
}

interface OpenSlice {
  nodes: Map<number, Row>;
  edges: Map<number, Row>;
  changedNodes: Set<number>;
  changedEdges: Set<number>;
}

export class LiveFold {
  /** Rows that were not shown live because their slice had too many. */
  skipped = 0;
  private readonly slices = new Map<number, OpenSlice>();

  /** Slices from before `firstSlice` are left to storage: this process has seen only a part of them. */
  constructor(
    private readonly shard: number,
    private readonly nodes: NodeTable,
    private readonly firstSlice: number,
  ) {}

  isOpen(slice: number, nowMs: number): boolean {
    return slice >= this.firstSlice && (slice + 1) * sliceSeconds * 1000 + openMs > nowMs;
  }

  /** A segment at its own node; `caller` is the node of a parent segment, `isRoot` makes the client edge. */
  segment(slice: number, node: number, flags: { isRoot: boolean; inferred: boolean }, measure: Measure): void {
    const row = this.nodeRow(slice, node);
    if (!row) return;
    if (row.histogram.size === 0 && row.inProgress === 0) row.inferred = flags.inferred;
    row.root ||= flags.isRoot;
    add(row, measure, 1);
    if (flags.isRoot) this.edge(slice, this.clientOf(node), node, measure);
  }

  edge(slice: number, caller: number, callee: number, measure: Measure): void {
    const row = this.edgeRow(slice, caller, callee);
    if (row) add(row, measure, 1);
  }

  /** A call whose callee is not known: its inferred node has the same numbers. */
  inferredCall(slice: number, caller: number, target: number, measure: Measure): void {
    this.edge(slice, caller, target, measure);
    const row = this.nodeRow(slice, target);
    if (!row) return;
    if (row.histogram.size === 0 && row.inProgress === 0) row.inferred = true;
    add(row, measure, 1);
  }

  /** The callee of such a call has arrived. */
  withdrawInferred(slice: number, caller: number, target: number, measure: Measure): void {
    const edge = this.edgeRow(slice, caller, target);
    if (edge) add(edge, measure, -1);
    const row = this.nodeRow(slice, target);
    if (row) add(row, measure, -1);
  }

  /** A complete version has replaced one in progress. */
  completed(slice: number, node: number): void {
    const row = this.nodeRow(slice, node);
    if (row && row.inProgress > 0) row.inProgress--;
  }

  /** The rows that changed since the last call, and forgets slices that are no longer open. */
  drain(nowMs: number): ShardRows[] {
    const changed: ShardRows[] = [];
    for (const [slice, open] of this.slices) {
      if (open.changedNodes.size > 0 || open.changedEdges.size > 0) changed.push(this.rowsOf(slice, open));
      if (!this.isOpen(slice, nowMs)) this.slices.delete(slice);
    }
    return changed;
  }

  private rowsOf(slice: number, open: OpenSlice): ShardRows {
    const nodes: NodeRow[] = [];
    const edges: EdgeRow[] = [];
    for (const index of open.changedNodes) {
      const row = open.nodes.get(index);
      const key = this.keyAt(index);
      if (row && key) nodes.push([key.name, key.type, key.accountId, row.root, row.inferred, statisticsOf(row)]);
    }
    for (const index of open.changedEdges) {
      const row = open.edges.get(index);
      const caller = this.keyAt(Math.floor(index / edgeFactor));
      const callee = this.keyAt(index % edgeFactor);
      if (row && caller && callee) edges.push([tuple(caller), tuple(callee), statisticsOf(row)]);
    }
    open.changedNodes.clear();
    open.changedEdges.clear();
    return { slice, shard: this.shard, stored: false, nodes, edges };
  }

  private keyAt(index: number): NodeKey | undefined {
    return this.nodes.at(index)?.key;
  }

  private clientOf(node: number): number {
    const name = this.keyAt(node)?.name ?? '';
    return this.nodes.intern({ name, type: clientType, accountId: '' }).index;
  }

  private nodeRow(slice: number, node: number): Row | undefined {
    const open = this.openSlice(slice);
    open.changedNodes.add(node);
    return open.nodes.get(node) ?? this.newRow(open.nodes, node, maxNodesPerSlice);
  }

  private edgeRow(slice: number, caller: number, callee: number): Row | undefined {
    const open = this.openSlice(slice);
    const index = caller * edgeFactor + callee;
    open.changedEdges.add(index);
    return open.edges.get(index) ?? this.newRow(open.edges, index, maxEdgesPerSlice);
  }

  private newRow(rows: Map<number, Row>, index: number, most: number): Row | undefined {
    if (rows.size >= most) {
      this.skipped++;
      return undefined;
    }
    const row: Row = {
      counts: [0, 0, 0, 0],
      inProgress: 0,
      totalMicros: 0,
      histogram: new Map(),
      buckets: null,
      root: false,
      inferred: false,
    };
    rows.set(index, row);
    return row;
  }

  private openSlice(slice: number): OpenSlice {
    let open = this.slices.get(slice);
    if (!open) {
      open = { nodes: new Map(), edges: new Map(), changedNodes: new Set(), changedEdges: new Set() };
      this.slices.set(slice, open);
    }
    return open;
  }
}

function add(row: Row, measure: Measure, by: 1 | -1): void {
  if (measure.inProgress) {
    row.inProgress += by;
    return;
  }
  row.counts[measure.outcome as 0 | 1 | 2 | 3] += by;
  row.totalMicros += by * measure.micros;
  const known = row.histogram.get(measure.bucket);
  const count = (known ?? 0) + by;
  if (count > 0) row.histogram.set(measure.bucket, count);
  else row.histogram.delete(measure.bucket);
  if (known === undefined || count <= 0) row.buckets = null;
}

function tuple(key: NodeKey): [string, string, string] {
  return [key.name, key.type, key.accountId];
}

function statisticsOf(row: Row): StatisticsRow {
  const [ok, error, throttle, fault] = row.counts;
  row.buckets ??= [...row.histogram.keys()].sort((left, right) => left - right);
  const histogram: number[] = [];
  for (const bucket of row.buckets) histogram.push(bucket, row.histogram.get(bucket) ?? 0);
  // What is withdrawn is known only to its bucket, so a rest of time may stay where no request is left.
  const totalMicros = histogram.length === 0 ? 0 : Math.max(0, row.totalMicros);
  return [ok, error, throttle, fault, row.inProgress, totalMicros, histogram];
}
