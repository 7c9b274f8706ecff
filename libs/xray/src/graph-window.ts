/**
 * The live service graph: the slices of the last minutes and, for every node and edge, their sum, kept up incrementally.
 * The api holds one to answer snapshots and to fan out deltas, the browser one to draw.
 *
 * Rows are absolute for their slice, so applying one twice changes nothing, and a lost one is made good by the next. A
 * slice that comes as `stored` replaces what was known of it. Applying costs what changed, not what is held.
 * Bounded: slices outside the window, and new nodes and edges beyond the limits, are left out and counted in `ignoredRows`.
 * A node or edge leaves when the last slice with a row of it leaves, or when its rows have no counts any more: what leaves
 * without one of its slices having grown too old was taken back, and is told apart from what went quiet.
 */
import { maxDocumentAheadSeconds } from '@fluoroscope/contract/documents';
import {
  type EdgeRow,
  type EdgeType,
  maxEdgesPerSlice,
  maxNodesPerSlice,
  type NodeKey,
  type NodeRow,
  type SliceRows,
  type StatisticsRow,
  sliceSeconds,
} from '@fluoroscope/contract/graph';
import { liveWindowSeconds } from '@fluoroscope/contract/live';
import { edgeId, nodeId } from './node-key.js';
import { emptyStatistics } from './service-graph.js';
import { changeTotals, countsOf, isEmpty, noStatistics, type WindowTotals } from './window-totals.js';

export interface WindowNode extends WindowTotals {
  key: NodeKey;
  /** In any slice of the window. */
  root: boolean;
  /** In every slice of the window. */
  inferred: boolean;
}

export interface WindowEdge extends WindowTotals {
  caller: NodeKey;
  callee: NodeKey;
  /** Messages instead of calls: see EdgeRow. */
  type?: EdgeType;
}

/** Requests per second. */
export interface Rates {
  ok: number;
  error: number;
  throttle: number;
  fault: number;
}

export interface GraphWindowLimits {
  windowSeconds?: number;
  maxNodes?: number;
  maxEdges?: number;
}

/** Ids, as nodeId and edgeId give them. */
export interface GraphKeys {
  nodes: Set<string>;
  edges: Set<string>;
}

/** One that `nodes` or `edges` does not hold any more has left. */
export interface ChangedKeys extends GraphKeys {
  /** Of those that left: what never was, as the inferred node of a call whose callee has arrived. */
  takenBack: GraphKeys;
}

interface HeldSlice {
  nodes: Map<string, NodeRow>;
  edges: Map<string, EdgeRow>;
  /** Since the last drainDelta: ids of changed rows, and whether the slice was replaced as a whole. */
  changed: GraphKeys;
  replaced: boolean;
}

interface Held {
  rows: number;
  /** One of its slices was so old that it left the window. */
  lasting: boolean;
}

/** What a node has besides its totals, counted in rows. */
interface HeldNode extends WindowNode, Held {
  rootRows: number;
  inferredRows: number;
}

type HeldEdge = WindowEdge & Held;

export class GraphWindow {
  /** Rows left out because of a limit or because their slice is outside the window. */
  ignoredRows = 0;
  private readonly windowSlices: number;
  private readonly maxNodes: number;
  private readonly maxEdges: number;
  private readonly slices = new Map<number, HeldSlice>();
  private readonly heldNodes = new Map<string, HeldNode>();
  private readonly heldEdges = new Map<string, HeldEdge>();
  private changed: ChangedKeys = noChanges();
  private firstSlice = Number.NEGATIVE_INFINITY;
  private lastSlice = Number.POSITIVE_INFINITY;

  constructor({ windowSeconds = liveWindowSeconds, maxNodes = maxNodesPerSlice, maxEdges = maxEdgesPerSlice }: GraphWindowLimits = {}) {
    this.windowSlices = Math.ceil(windowSeconds / sliceSeconds);
    this.maxNodes = maxNodes;
    this.maxEdges = maxEdges;
  }

  get nodes(): ReadonlyMap<string, WindowNode> {
    return this.heldNodes;
  }

  get edges(): ReadonlyMap<string, WindowEdge> {
    return this.heldEdges;
  }

  /** Moves the window to `nowMs` (epoch milliseconds) and drops what is too old. Call it at every tick. */
  advance(nowMs: number): void {
    const current = sliceAt(nowMs);
    this.firstSlice = current - this.windowSlices + 1;
    this.lastSlice = current + Math.ceil(maxDocumentAheadSeconds / sliceSeconds);
    for (const slice of this.slices.keys()) if (slice < this.firstSlice) this.dropSlice(slice);
  }

  apply(slices: readonly SliceRows[]): void {
    for (const rows of slices) {
      if (rows.slice < this.firstSlice || rows.slice > this.lastSlice) this.ignoredRows += rows.nodes.length + rows.edges.length;
      else this.applySlice(rows);
    }
  }

  /** Makes the window hold exactly these slices, as after a snapshot. Totals that stay keep their `requests`. */
  replaceAll(slices: readonly SliceRows[]): void {
    const kept = new Set(slices.map((rows) => rows.slice));
    for (const slice of this.slices.keys()) if (!kept.has(slice)) this.dropSlice(slice);
    this.apply(slices.map((rows) => ({ ...rows, stored: true })));
  }

  /** Everything held, oldest slice first; each slice is whole, so it is marked as stored. */
  snapshot(): SliceRows[] {
    const slices = [...this.slices].sort(([left], [right]) => left - right);
    return slices.map(([slice, held]) => ({ slice, stored: true, nodes: [...held.nodes.values()], edges: [...held.edges.values()] }));
  }

  /** Rows that changed since the last call, for whoever holds a window like this one. */
  drainDelta(): SliceRows[] {
    const delta: SliceRows[] = [];
    for (const [slice, held] of this.slices) {
      const stored = held.replaced;
      const nodes = stored ? [...held.nodes.values()] : pick(held.nodes, held.changed.nodes);
      const edges = stored ? [...held.edges.values()] : pick(held.edges, held.changed.edges);
      held.replaced = false;
      held.changed = noKeys();
      if (stored || nodes.length > 0 || edges.length > 0) delta.push({ slice, stored, nodes, edges });
    }
    return delta;
  }

  /** Nodes and edges whose totals changed, or that left, since the last call. */
  drainChanged(): ChangedKeys {
    const changed = this.changed;
    this.changed = noChanges();
    return changed;
  }

  nodeRates(id: string, nowMs: number): Rates {
    return this.ratesOf((held) => held.nodes.get(id)?.[5], nowMs);
  }

  edgeRates(id: string, nowMs: number): Rates {
    return this.ratesOf((held) => held.edges.get(id)?.[2], nowMs);
  }

  /**
   * The last 10 seconds: the slice that is open, and of the one before it the share that still lies within them. What has
   * begun counts when it has ended, so slow requests show late.
   */
  private ratesOf(read: (held: HeldSlice) => StatisticsRow | undefined, nowMs: number): Rates {
    const current = sliceAt(nowMs);
    const elapsed = nowMs / 1000 / sliceSeconds - current;
    const open = this.statisticsIn(current, read);
    const before = this.statisticsIn(current - 1, read);
    const rate = (outcome: 0 | 1 | 2 | 3) => (open[outcome] + before[outcome] * (1 - elapsed)) / sliceSeconds;
    return { ok: rate(0), error: rate(1), throttle: rate(2), fault: rate(3) };
  }

  private statisticsIn(slice: number, read: (held: HeldSlice) => StatisticsRow | undefined): StatisticsRow {
    const held = this.slices.get(slice);
    return (held === undefined ? undefined : read(held)) ?? noStatistics;
  }

  private applySlice(rows: SliceRows): void {
    const held = this.sliceOf(rows.slice);
    const stale = rows.stored ? { nodes: new Set(held.nodes.keys()), edges: new Set(held.edges.keys()) } : noKeys();
    if (rows.stored) held.replaced = true;
    for (const row of rows.nodes) {
      const id = nodeId(keyOf(row));
      stale.nodes.delete(id);
      this.putNode(held, id, row);
    }
    for (const row of rows.edges) {
      const id = edgeId(keyOf(row[0]), keyOf(row[1]), row[3]);
      stale.edges.delete(id);
      this.putEdge(held, id, row);
    }
    for (const id of stale.nodes) this.takeNode(held, id, false);
    for (const id of stale.edges) this.takeEdge(held, id, false);
    if (held.nodes.size === 0 && held.edges.size === 0 && !held.replaced) this.slices.delete(rows.slice);
  }

  private sliceOf(slice: number): HeldSlice {
    let held = this.slices.get(slice);
    if (held === undefined) {
      held = { nodes: new Map(), edges: new Map(), changed: noKeys(), replaced: false };
      this.slices.set(slice, held);
    }
    return held;
  }

  private dropSlice(slice: number): void {
    const held = this.slices.get(slice);
    if (held === undefined) return;
    for (const id of held.nodes.keys()) this.takeNode(held, id, true);
    for (const id of held.edges.keys()) this.takeEdge(held, id, true);
    this.slices.delete(slice);
  }

  private putNode(slice: HeldSlice, id: string, row: NodeRow): void {
    const node = this.heldNodes.get(id) ?? this.newNode(id, row);
    if (node === null) return;
    const old = slice.nodes.get(id);
    slice.nodes.set(id, row);
    slice.changed.nodes.add(id);
    if (old !== undefined) countNodeRow(node, old, -1);
    countNodeRow(node, row, 1);
    const totalsChanged = changeTotals(node, countsOf(old?.[5]), countsOf(row[5]));
    this.keep('nodes', id, node);
    this.settleNode(id, node, totalsChanged || node.rows === 0);
  }

  private takeNode(slice: HeldSlice, id: string, lasting: boolean): void {
    const node = this.heldNodes.get(id);
    const old = slice.nodes.get(id);
    slice.nodes.delete(id);
    if (node === undefined || old === undefined) return;
    countNodeRow(node, old, -1);
    changeTotals(node, countsOf(old[5]), noStatistics);
    node.lasting ||= lasting && !isEmpty(old[5]);
    this.keep('nodes', id, node);
    this.settleNode(id, node, true);
  }

  /** A node or edge is held as long as it has rows. */
  private keep(kind: keyof GraphKeys, id: string, { rows, lasting }: Held): void {
    const takenBack = this.changed.takenBack[kind];
    if (rows > 0) takenBack.delete(id);
    else if (!lasting) takenBack.add(id);
    if (rows === 0) (kind === 'nodes' ? this.heldNodes : this.heldEdges).delete(id);
  }

  private settleNode(id: string, node: HeldNode, totalsChanged: boolean): void {
    const root = node.rootRows > 0;
    const inferred = node.inferredRows === node.rows;
    if (totalsChanged || root !== node.root || inferred !== node.inferred) this.changed.nodes.add(id);
    node.root = root;
    node.inferred = inferred;
  }

  private putEdge(slice: HeldSlice, id: string, row: EdgeRow): void {
    const edge = this.heldEdges.get(id) ?? this.newEdge(id, row);
    if (edge === null) return;
    const old = slice.edges.get(id);
    slice.edges.set(id, row);
    slice.changed.edges.add(id);
    edge.rows += Number(!isEmpty(row[2])) - Number(old !== undefined && !isEmpty(old[2]));
    this.keep('edges', id, edge);
    if (changeTotals(edge, countsOf(old?.[2]), countsOf(row[2])) || edge.rows === 0) this.changed.edges.add(id);
  }

  private takeEdge(slice: HeldSlice, id: string, lasting: boolean): void {
    const edge = this.heldEdges.get(id);
    const old = slice.edges.get(id);
    slice.edges.delete(id);
    if (edge === undefined || old === undefined) return;
    edge.rows -= Number(!isEmpty(old[2]));
    changeTotals(edge, countsOf(old[2]), noStatistics);
    edge.lasting ||= lasting && !isEmpty(old[2]);
    this.keep('edges', id, edge);
    this.changed.edges.add(id);
  }

  private newNode(id: string, row: NodeRow): HeldNode | null {
    if (this.heldNodes.size >= this.maxNodes) return this.ignoreRow();
    const counts = { rows: 0, rootRows: 0, inferredRows: 0, requests: 0, lasting: false };
    const node: HeldNode = { key: keyOf(row), root: false, inferred: true, statistics: emptyStatistics(), ...counts };
    this.heldNodes.set(id, node);
    this.changed.nodes.add(id);
    return node;
  }

  private newEdge(id: string, row: EdgeRow): HeldEdge | null {
    if (this.heldEdges.size >= this.maxEdges) return this.ignoreRow();
    const [caller, callee, , type] = row;
    const ends = { caller: keyOf(caller), callee: keyOf(callee), ...(type === undefined ? {} : { type }) };
    const edge: HeldEdge = { ...ends, statistics: emptyStatistics(), rows: 0, requests: 0, lasting: false };
    this.heldEdges.set(id, edge);
    this.changed.edges.add(id);
    return edge;
  }

  private ignoreRow(): null {
    this.ignoredRows++;
    return null;
  }
}

function sliceAt(nowMs: number): number {
  return Math.floor(nowMs / 1000 / sliceSeconds);
}

function noKeys(): GraphKeys {
  return { nodes: new Set(), edges: new Set() };
}

function noChanges(): ChangedKeys {
  return { ...noKeys(), takenBack: noKeys() };
}

function keyOf([name, type, accountId]: readonly [name: string, type: string, accountId: string, ...rest: unknown[]]): NodeKey {
  return { name, type, accountId };
}

function pick<Row>(rows: ReadonlyMap<string, Row>, ids: ReadonlySet<string>): Row[] {
  const picked: Row[] = [];
  for (const id of ids) {
    const row = rows.get(id);
    if (row !== undefined) picked.push(row);
  }
  return picked;
}

function countNodeRow(node: HeldNode, row: NodeRow, by: 1 | -1): void {
  if (isEmpty(row[5])) return;
  node.rows += by;
  node.rootRows += by * Number(row[3]);
  node.inferredRows += by * Number(row[4]);
}
