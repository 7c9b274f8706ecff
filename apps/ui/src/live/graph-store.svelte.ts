/**
 * The service graph of the last five minutes, as the page sees it.
 *
 * Messages go into the window at once, values being absolute; what the page shows changes only in `flushGeometry` (at most
 * once per frame) and `flushFigures` (twice a second). A node or edge that has no traffic any more stays, empty, until
 * `forgetQuiet`: nothing leaves the map by itself.
 */
import type { EdgeRow, NodeKey, StatisticsRow } from '@fluoroscope/contract/graph';
import type { GraphSnapshot } from '@fluoroscope/contract/live';
import { GraphWindow, type WindowEdge } from '@fluoroscope/xray/graph-window';
import { edgeId, nodeId } from '@fluoroscope/xray/node-key';
import { LiveEdge, LiveNode } from './entity.svelte.js';
import { type Series, seriesOf } from './statistics.js';

/** Nodes and edges that the page holds; the rows of what comes beyond are counted in `leftOut`. */
const maxNodes = 1_500;
const maxEdges = 6_000;

export class GraphStore {
  nodes = $state.raw<readonly LiveNode[]>([]);
  edges = $state.raw<readonly LiveEdge[]>([]);
  /** A snapshot has come. */
  loaded = $state.raw(false);
  /** Grows with every change of geometry: the canvas draws by it. */
  geometryVersion = $state.raw(0);
  /** Grows with every change of figures. */
  figuresVersion = $state.raw(0);
  /** Nodes and edges that do not fit any more, counted in rows. */
  leftOut = $state.raw(0);
  /** The client's clock, epoch milliseconds, when a node or edge last changed; null before. */
  newestAt: number | null = null;

  readonly #window = new GraphWindow({ maxNodes, maxEdges });
  readonly #nodes = new Map<string, LiveNode>();
  readonly #edges = new Map<string, LiveEdge>();
  readonly #figuresDue = { nodes: new Set<string>(), edges: new Set<string>() };
  readonly #byAddress = new Map<string, LiveNode | LiveEdge>();
  #clientEdges: readonly LiveEdge[] = [];
  #topologyDue = false;
  #clockAheadMs = 0;

  node(address: string): LiveNode | undefined {
    const entity = this.#byAddress.get(address);
    return entity instanceof LiveNode ? entity : undefined;
  }

  edge(address: string): LiveEdge | undefined {
    const entity = this.#byAddress.get(address);
    return entity instanceof LiveEdge ? entity : undefined;
  }

  /** What was known is replaced; what is gone from it stays as a quiet node. */
  snapshot(message: GraphSnapshot): void {
    this.#clockAheadMs = message.now - Date.now();
    this.#window.advance(message.now);
    this.#window.replaceAll(message.slices);
    if (message.slices.length > 0) this.newestAt = Date.now();
    this.loaded = true;
  }

  delta(message: GraphSnapshot): void {
    this.#clockAheadMs = message.now - Date.now();
    this.#window.advance(message.now);
    this.#window.apply(message.slices);
    if (message.slices.length > 0) this.newestAt = Date.now();
  }

  /** The server's clock, epoch milliseconds. */
  get serverNowMs(): number {
    return this.#nowMs();
  }

  #nowMs(): number {
    return Date.now() + this.#clockAheadMs;
  }

  flushGeometry(): void {
    const changed = this.#window.drainChanged();
    if (changed.nodes.size === 0 && changed.edges.size === 0) return;
    for (const id of changed.nodes) this.#adoptNode(id);
    for (const id of changed.edges) this.#adoptEdge(id);
    this.#updateGeometry(changed);
    for (const id of changed.nodes) this.#figuresDue.nodes.add(id);
    for (const id of changed.edges) this.#figuresDue.edges.add(id);
    if (this.#topologyDue) this.#flushTopology();
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
    const edge = new LiveEdge(this.#nodeAt(held, 'caller'), this.#nodeAt(held, 'callee'));
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

  #updateGeometry({ nodes, edges }: { nodes: Iterable<string>; edges: Iterable<string> }): void {
    const nowMs = this.#nowMs();
    for (const id of nodes) {
      const held = this.#window.nodes.get(id);
      const node = this.#nodes.get(id);
      node?.updateGeometry(held, this.#window.nodeRates(id, nowMs));
      if (node && held) {
        node.root = held.root;
        node.inferred = held.inferred;
      }
    }
    for (const id of edges) this.#edges.get(id)?.updateGeometry(this.#window.edges.get(id), this.#window.edgeRates(id, nowMs));
  }

  #flushTopology(): void {
    this.#topologyDue = false;
    this.nodes = [...this.#nodes.values()];
    this.edges = [...this.#edges.values()];
    this.#clientEdges = this.edges.filter(({ caller }) => caller.isClient);
    // A new node has its numbers from the first frame on.
    this.#updateFigures();
  }

  #showClients(): void {
    for (const edge of this.#clientEdges) edge.caller.mirror(edge);
  }

  #updateFigures(): void {
    const nowMs = this.#nowMs();
    for (const id of this.#figuresDue.nodes)
      this.#nodes.get(id)?.updateFigures(this.#window.nodes.get(id), this.#window.nodeRates(id, nowMs));
    for (const id of this.#figuresDue.edges)
      this.#edges.get(id)?.updateFigures(this.#window.edges.get(id), this.#window.edgeRates(id, nowMs));
    this.#figuresDue.nodes.clear();
    this.#figuresDue.edges.clear();
  }

  flushFigures(): void {
    this.#window.advance(this.#nowMs());
    this.#markRated();
    this.flushGeometry();
    this.#updateFigures();
    this.#showClients();
    this.leftOut = this.#isFull ? this.#window.ignoredRows : 0;
    this.figuresVersion++;
  }

  /** Rows outside the window are ignored too, and nobody misses them. */
  get #isFull(): boolean {
    return this.#window.nodes.size >= maxNodes || this.#window.edges.size >= maxEdges;
  }

  /** A rate falls with time, without any message. */
  #markRated(): void {
    const nodes = [...this.#nodes].filter(([, node]) => node.figures.ratePerSecond > 0).map(([id]) => id);
    const edges = [...this.#edges].filter(([, edge]) => edge.figures.ratePerSecond > 0).map(([id]) => id);
    this.#updateGeometry({ nodes, edges });
    for (const id of nodes) this.#figuresDue.nodes.add(id);
    for (const id of edges) this.#figuresDue.edges.add(id);
    if (edges.length > 0) this.geometryVersion++;
  }

  /** The course of some nodes and edges over the window, by their address. */
  series(entities: ReadonlyArray<LiveNode | LiveEdge>): Map<string, Series> {
    const nowMs = this.#nowMs();
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
      for (const [caller, callee, row] of edges) rows.get(edgeId(keyOf(caller), keyOf(callee)))?.set(slice, row);
    }
    return new Map(entities.map((entity) => [entity.id, rows.get(sourceOf(entity)) ?? new Map<number, StatisticsRow>()]));
  }

  /** Takes what had no request in the window off the map. */
  forgetQuiet(): void {
    for (const [id, edge] of this.#edges) if (edge.quiet) this.#forget(this.#edges, id);
    const linked = new Set([...this.#edges.values()].flatMap(({ caller, callee }) => [caller.windowId, callee.windowId]));
    for (const [id, node] of this.#nodes) if (node.quiet && !linked.has(id)) this.#forget(this.#nodes, id);
    this.#flushTopology();
    this.geometryVersion++;
  }

  #forget(map: Map<string, LiveNode> | Map<string, LiveEdge>, id: string): void {
    const address = map.get(id)?.id;
    if (address !== undefined) this.#byAddress.delete(address);
    map.delete(id);
  }
}

function keyOf([name, type, accountId]: EdgeRow[0]): NodeKey {
  return { name, type, accountId };
}
