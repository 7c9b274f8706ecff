/**
 * The service graph of a stretch of time, as the page sees it: of the last minutes as the stream tells it, or of the past as
 * it is stored. One picture for both: going from one to the other changes numbers in place, and nobody's seat.
 *
 * Messages go into the window at once, values being absolute; what the page shows changes only in `flushGeometry` (at most
 * once per frame) and `flushFigures` (twice a second). A node or edge that has no traffic any more stays, empty, until
 * `forgetQuiet`: nothing leaves the map by itself, but what never was: the inferred node of a call whose callee arrived late.
 */
import { clientType, type EdgeRow, type NodeKey, type NodeRow, type SliceRows, type StatisticsRow } from '@fluoroscope/contract/graph';
import { type GraphSnapshot, liveWindowSeconds } from '@fluoroscope/contract/live';
import type { GraphEstimates } from '@fluoroscope/contract/sampling';
import type { GraphKeys, GraphWindow, WindowEdge } from '@fluoroscope/xray/graph-window';
import { edgeId, nodeId } from '@fluoroscope/xray/node-key';
import { LiveEdge, LiveNode, noRates } from './entity.svelte.js';
import { type GraphSpan, GroupSpan, LiveSpan, maxEdges, maxNodes, type StoredBounds, StoredSpan } from './graph-span.js';
import { seenInSliceMs } from './quiet.js';
import { type Series, seriesOf } from './statistics.js';
import type { StoredRange } from './stored-slices.js';

/** Nodes and edges whose figures are written in one frame; text is the dear part of it. */
const mostWritten = 60;

export class GraphStore {
  nodes = $state.raw<readonly LiveNode[]>([]);
  edges = $state.raw<readonly LiveEdge[]>([]);
  /** Name of the saved group of which all of it is; null: of everything. */
  group = $state.raw<string | null>(null);
  /** How many requests there were by estimate, of what is shown; null while nothing is known. */
  estimates = $state.raw<GraphEstimates | null>(null);
  /** A snapshot or what is stored has come. */
  loaded = $state.raw(false);
  /** Grows with every change of geometry: the canvas draws by it. */
  geometryVersion = $state.raw(0);
  /** Grows with every change of figures. */
  figuresVersion = $state.raw(0);
  /** Nodes and edges that do not fit any more, counted in rows. */
  leftOut = $state.raw(0);
  /** The client's clock, epoch milliseconds, when a node or edge last changed; null before. */
  newestAt: number | null = null;

  #span: GraphSpan = new LiveSpan(liveWindowSeconds);
  readonly #nodes = new Map<string, LiveNode>();
  readonly #edges = new Map<string, LiveEdge>();
  readonly #figuresDue = { nodes: new Set<string>(), edges: new Set<string>() };
  readonly #byAddress = new Map<string, LiveNode | LiveEdge>();
  /** Whose figures are written next. */
  #queue: Array<LiveNode | LiveEdge> = [];
  #clientEdges: readonly LiveEdge[] = [];
  #topologyDue = false;

  node(address: string): LiveNode | undefined {
    const entity = this.#byAddress.get(address);
    return entity instanceof LiveNode ? entity : undefined;
  }

  edge(address: string): LiveEdge | undefined {
    const entity = this.#byAddress.get(address);
    return entity instanceof LiveEdge ? entity : undefined;
  }

  /** The figures stay those of recorded requests: an estimate stands beside them. */
  showEstimates(estimates: GraphEstimates | null): void {
    this.estimates = estimates;
    const weights = new Map<string, number>();
    for (const { node, observed, estimated } of estimates?.nodes ?? []) weights.set(nodeId(node), estimated / observed);
    for (const { caller, callee, observed, estimated } of estimates?.edges ?? []) weights.set(edgeId(caller, callee), estimated / observed);
    for (const entity of this.#byAddress.values()) entity.weight = weights.get(entity.windowId) ?? null;
    this.#showClients();
  }

  /** Begins to show the last so many seconds, of a group those that are stored; the stream's next snapshot fills them. */
  followLive(seconds: number, ofGroup = false): void {
    const isSame = this.#span instanceof LiveSpan && this.#span instanceof GroupSpan === ofGroup;
    if (!isSame || this.#span.seconds !== seconds) this.#begin(ofGroup ? new GroupSpan(seconds) : new LiveSpan(seconds));
  }

  /** The graph of a group, or of everything, is to be shown, and nothing of what is here belongs to it. */
  narrow(group: string | null): void {
    this.group = group;
    this.#span = new StoredSpan({ from: 0, to: 0 }, []);
    for (const known of [this.#nodes, this.#edges, this.#byAddress, this.#figuresDue.nodes, this.#figuresDue.edges]) known.clear();
    this.#queue = [];
    this.loaded = false;
    this.newestAt = null;
    this.#flushTopology();
    this.geometryVersion++;
    this.figuresVersion++;
  }

  /** What a live span has from storage, up to `until` (epoch seconds). */
  older(slices: readonly SliceRows[], until: number): void {
    if (this.#span instanceof LiveSpan) this.#span.older(slices, until);
  }

  /** Shows exactly these slices. */
  showStored(slices: readonly SliceRows[], bounds: StoredBounds): void {
    this.#begin(new StoredSpan(bounds, slices));
    this.loaded = true;
    this.flushFigures();
  }

  /** Everybody who is known is told, most of all who is not in the new span. */
  #begin(span: GraphSpan): void {
    this.#span = span;
    for (const entity of this.#byAddress.values()) entity.updateGeometry(undefined, noRates, null);
    for (const id of this.#nodes.keys()) this.#figuresDue.nodes.add(id);
    for (const id of this.#edges.keys()) this.#figuresDue.edges.add(id);
    this.geometryVersion++;
  }

  get #window(): GraphWindow {
    return this.#span.window;
  }

  /** What was known is replaced; what is gone from it stays as a quiet node. */
  snapshot(message: GraphSnapshot): void {
    if (!(this.#span instanceof LiveSpan)) return;
    this.#span.snapshot(message.slices, message.now);
    if (message.slices.length > 0) this.newestAt = Date.now();
    this.loaded = true;
  }

  delta(message: GraphSnapshot): void {
    if (!(this.#span instanceof LiveSpan)) return;
    this.#span.delta(message.slices, message.now);
    if (message.slices.length > 0) this.newestAt = Date.now();
  }

  /** The moment that is shown, epoch milliseconds: now by the server's clock, or the end of what is stored. */
  get serverNowMs(): number {
    return this.#span.nowMs;
  }

  /** Of what is shown, in seconds. */
  get spanSeconds(): number {
    return this.#span.seconds;
  }

  /** Requests from outside since the page began to follow; differences tell how many came. */
  get requestsSeen(): number {
    let sum = 0;
    for (const { caller, requests } of this.#window.edges.values()) if (caller.type === clientType) sum += requests;
    return sum;
  }

  flushGeometry(): void {
    const changed = this.#window.drainChanged();
    if (changed.nodes.size === 0 && changed.edges.size === 0) return;
    for (const id of changed.nodes) this.#adoptNode(id);
    for (const id of changed.edges) this.#adoptEdge(id);
    this.#takeBack(changed.takenBack);
    // Lines are drawn with the figures; only new ones cannot wait.
    this.#updateGeometry({ nodes: changed.nodes, edges: this.#topologyDue ? changed.edges : [] });
    for (const id of changed.nodes) this.#figuresDue.nodes.add(id);
    for (const id of changed.edges) this.#figuresDue.edges.add(id);
    if (this.#topologyDue) this.#flushTopology();
    this.#writeSome();
    this.#showClients();
    this.geometryVersion++;
  }

  #adoptNode(id: string): void {
    const held = this.#window.nodes.get(id);
    if (held) this.#nodeOf(id, held);
  }

  #adoptEdge(id: string): void {
    const held = this.#window.edges.get(id);
    if (!held || this.#edges.has(id)) return;
    const edge = new LiveEdge(this.#nodeAt(held, 'caller'), this.#nodeAt(held, 'callee'), held.type);
    this.#edges.set(id, edge);
    this.#byAddress.set(edge.id, edge);
    this.#topologyDue = true;
  }

  #nodeAt(edge: WindowEdge, end: 'caller' | 'callee'): LiveNode {
    return this.#nodeOf(nodeId(edge[end]), { key: edge[end] });
  }

  #nodeOf(id: string, { key }: { key: LiveNode['key'] }): LiveNode {
    const known = this.#nodes.get(id);
    if (known) return known;
    const node = new LiveNode(key);
    this.#nodes.set(id, node);
    this.#byAddress.set(node.id, node);
    this.#topologyDue = true;
    return node;
  }

  #takeBack({ nodes, edges }: GraphKeys): void {
    if (nodes.size + edges.size === 0) return;
    const gone = [...edges].flatMap((id) => {
      const edge = this.#edges.get(id);
      return edge && !edge.takeBack() ? [edge] : [];
    });
    for (const { windowId } of gone) this.#forget(this.#edges, windowId);
    const linked = this.#linked();
    // A client is known by its edge only.
    for (const id of [...nodes, ...gone.map(({ caller }) => caller.windowId)]) {
      if (linked.has(id) || this.#window.nodes.has(id) || this.#nodes.get(id)?.takeBack() !== false) continue;
      this.#forget(this.#nodes, id);
    }
  }

  #updateGeometry({ nodes, edges }: { nodes: Iterable<string>; edges: Iterable<string> }): void {
    const leftMs = this.#span instanceof LiveSpan ? Date.now() - this.#span.seconds * 1_000 : null;
    for (const id of nodes) {
      const held = this.#window.nodes.get(id);
      const node = this.#nodes.get(id);
      node?.updateGeometry(held, this.#span.nodeRates(id), leftMs);
      if (node && held) {
        node.root = held.root;
        node.inferred = held.inferred;
      }
    }
    for (const id of edges) this.#edges.get(id)?.updateGeometry(this.#window.edges.get(id), this.#span.edgeRates(id), leftMs);
  }

  #flushTopology(): void {
    this.#topologyDue = false;
    this.nodes = [...this.#nodes.values()];
    this.edges = [...this.#edges.values()];
    this.#clientEdges = this.edges.filter(({ caller }) => caller.isClient);
    // A new node has its numbers from the first frame on.
    this.#queue.unshift(...this.#entitiesDue());
    this.#writeSome();
  }

  #showClients(): void {
    for (const edge of this.#clientEdges) edge.caller.mirror(edge);
  }

  /** A large graph is written over the next frames, so that none of them is late. */
  flushFigures(): void {
    if (this.#span instanceof LiveSpan) {
      this.#window.advance(this.#span.nowMs);
      this.#markRated();
    }
    this.flushGeometry();
    this.#updateGeometry({ nodes: [], edges: this.#figuresDue.edges });
    this.#queue = [...new Set([...this.#queue, ...this.#entitiesDue()])];
    this.#writeSome();
    this.#showClients();
    this.leftOut = this.#span.isFull ? this.#window.ignoredRows : 0;
    this.figuresVersion++;
  }

  #entitiesDue(): Array<LiveNode | LiveEdge> {
    const nodes = [...this.#figuresDue.nodes].flatMap((id) => this.#nodes.get(id) ?? []);
    const edges = [...this.#figuresDue.edges].flatMap((id) => this.#edges.get(id) ?? []);
    this.#figuresDue.nodes.clear();
    this.#figuresDue.edges.clear();
    return [...nodes, ...edges];
  }

  /** Goes on writing; false when all is written. */
  writeRest(): boolean {
    this.#writeSome();
    this.#showClients();
    return this.#queue.length > 0;
  }

  #writeSome(): void {
    for (const entity of this.#queue.splice(0, mostWritten)) {
      const id = entity.windowId;
      if (entity instanceof LiveNode) entity.updateFigures(this.#window.nodes.get(id), this.#span.nodeRates(id));
      else entity.updateFigures(this.#window.edges.get(id), this.#span.edgeRates(id));
    }
  }

  /** A rate falls with time, without any message. */
  #markRated(): void {
    for (const [id, node] of this.#nodes) if (node.figures.ratePerSecond > 0) this.#figuresDue.nodes.add(id);
    for (const [id, edge] of this.#edges) if (edge.figures.ratePerSecond > 0) this.#figuresDue.edges.add(id);
  }

  /** The course of some nodes and edges over the window, by their address. */
  series(entities: ReadonlyArray<LiveNode | LiveEdge>): Map<string, Series> {
    const nowMs = this.#span.nowMs;
    return new Map([...this.slicesOf(entities)].map(([id, rows]) => [id, seriesOf(rows, nowMs)]));
  }

  /** The slices of the window of some nodes and edges, by their address; by number of the slice. */
  slicesOf(entities: ReadonlyArray<LiveNode | LiveEdge>): Map<string, Map<number, StatisticsRow>> {
    const sources = new Map(this.#clientEdges.map(({ caller, windowId }) => [caller.windowId, windowId]));
    // A client has no rows of its own: it shows those of its edge.
    const sourceOf = ({ windowId }: LiveNode | LiveEdge) => sources.get(windowId) ?? windowId;
    const rows = new Map(entities.map((entity) => [sourceOf(entity), new Map<number, StatisticsRow>()]));
    for (const { slice, nodes, edges } of this.#window.snapshot()) {
      for (const [name, type, accountId, , , row] of nodes) rows.get(nodeId({ name, type, accountId }))?.set(slice, row);
      for (const [caller, callee, row, type] of edges) rows.get(edgeId(keyOf(caller), keyOf(callee), type))?.set(slice, row);
    }
    return new Map(entities.map((entity) => [entity.id, rows.get(sourceOf(entity)) ?? new Map<number, StatisticsRow>()]));
  }

  /** What was seen before the window began, and not since, stands on the map without numbers. */
  addQuiet(slices: readonly SliceRows[], past: StoredRange): void {
    for (const { slice, nodes, edges } of slices) {
      const seenMs = seenInSliceMs(slice, past);
      for (const row of nodes) this.#seen(this.#quietNode(keyOf(row)), seenMs);
      for (const row of edges) this.#seen(this.#quietEdge(row), seenMs);
    }
    if (!this.#topologyDue) return;
    this.#flushTopology();
    this.geometryVersion++;
  }

  #quietNode(key: NodeKey): LiveNode | null {
    const known = this.#nodes.get(nodeId(key));
    return known ?? (this.#nodes.size < maxNodes ? this.#nodeOf(nodeId(key), { key }) : null);
  }

  #quietEdge([caller, callee, , type]: EdgeRow): LiveEdge | null {
    const id = edgeId(keyOf(caller), keyOf(callee), type);
    const ends = [this.#quietNode(keyOf(caller)), this.#quietNode(keyOf(callee))] as const;
    const known = this.#edges.get(id);
    if (known || !ends[0] || !ends[1] || this.#edges.size >= maxEdges) return known ?? null;
    const edge = new LiveEdge(ends[0], ends[1], type);
    this.#edges.set(id, edge);
    this.#byAddress.set(edge.id, edge);
    this.#topologyDue = true;
    return edge;
  }

  #seen(entity: LiveNode | LiveEdge | null, seenMs: number): void {
    if (entity?.quiet) entity.lastSeenMs = Math.max(entity.lastSeenMs ?? 0, seenMs);
  }

  /** Takes what had no request in the window off the map. */
  forgetQuiet(): void {
    for (const [id, edge] of this.#edges) if (edge.quiet) this.#forget(this.#edges, id);
    const linked = this.#linked();
    for (const [id, node] of this.#nodes) if (node.quiet && !linked.has(id)) this.#forget(this.#nodes, id);
    this.#flushTopology();
    this.geometryVersion++;
  }

  /** Nodes that an edge begins or ends at. */
  #linked(): Set<string> {
    return new Set([...this.#edges.values()].flatMap(({ caller, callee }) => [caller.windowId, callee.windowId]));
  }

  #forget(map: Map<string, LiveNode> | Map<string, LiveEdge>, id: string): void {
    const address = map.get(id)?.id;
    if (address !== undefined) this.#byAddress.delete(address);
    map.delete(id);
    this.#topologyDue = true;
  }
}

function keyOf([name, type, accountId]: EdgeRow[0] | NodeRow): NodeKey {
  return { name, type, accountId };
}
