/**
 * The service graph as a plain function of the documents of some traces. The aggregates in ClickHouse and the live fold
 * must equal it; tests hold them to that, and GetTraceGraph is answered by it.
 *
 * What counts where, so that graphs of slices add up to the graph of a window:
 * - a segment counts in its own node, and, with no parent_id, in the client edge to it;
 * - a call (or a step that a segment names as parent) counts in one edge per node it reached, from its owner's node; a
 *   call that reached no segment counts in its inferred node and in the edge to that;
 * - a segment whose parent is a segment counts in the edge between the two;
 * - a segment that received a message (its parent is the call of a queue, topic or stream) leaves that call as it is, and is
 *   linked to it; links count as graph-links.ts says;
 * - so a node that was reached both ways counts its own segments and the calls that no segment of it answered;
 * - everything lies in the slice of its own start_time; what is in progress counts in `inProgress` and nowhere else.
 * A streamed subsegment without an owner makes no edge and no node until the owner is known.
 */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { clientType, type EdgeType, type NodeKey } from '@fluoroscope/contract/graph';
import { type Entity, entityKinds, outcomes } from './entities.js';
import { GraphLinks, type LinkedNodes } from './graph-links.js';
import { bucketOf, recordBucket } from './histogram.js';
import { isDelivery, linksOf } from './links.js';
import { compareNodeKeys, edgeId, nodeId } from './node-key.js';
import { relateTrace } from './relations.js';
import { entitiesOfTraces, winningVersions } from './versions.js';

export interface GraphStatistics {
  ok: number;
  error: number;
  throttle: number;
  fault: number;
  /** Begun and not ended; in no other count. */
  inProgress: number;
  /** Sum of response times, whole microseconds. */
  totalMicros: number;
  /** Response times: flat bucket, count pairs in ascending order of bucket. */
  histogram: number[];
}

export interface GraphNode {
  key: NodeKey;
  /** Some trace starts here. */
  root: boolean;
  /** Known only from its callers; its statistics are the sum of the edges into it. */
  inferred: boolean;
  /** Earliest start and latest end of what is counted. */
  startMicros: number;
  endMicros: number;
  statistics: GraphStatistics;
  /** Durations until the last work ended, as flat bucket, count pairs. */
  durationHistogram: number[];
}

export interface GraphEdge {
  /** Of a client edge: the root's name with type `client`. */
  caller: NodeKey;
  callee: NodeKey;
  /** Messages instead of calls: see EdgeRow. */
  type?: EdgeType;
  startMicros: number;
  endMicros: number;
  statistics: GraphStatistics;
}

/**
 * Client nodes appear as callers of client edges only; inferred nodes are in `nodes`. Sorted by key, links behind the other
 * edges. With a window, an end of an edge is in `nodes` only when something of its own lies in the window.
 */
export interface ServiceGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** Start times in [fromMicros, toMicros). */
export interface GraphWindowMicros {
  fromMicros: number;
  toMicros: number;
}

/** Documents in order of arrival; copies and older versions among them change nothing. */
export function buildServiceGraph(documents: readonly SegmentDocument[], window?: GraphWindowMicros): ServiceGraph {
  const graph = new GraphBuilder(window);
  const versions = winningVersions(documents);
  for (const { document } of versions) graph.addLinks(document);
  for (const [traceId, entities] of entitiesOfTraces(versions)) graph.addTrace(traceId, entities);
  return graph.finish();
}

class GraphBuilder {
  private readonly nodes = new Map<string, GraphNode>();
  private readonly edges = new Map<string, GraphEdge>();
  private readonly links = new GraphLinks();

  constructor(private readonly window: GraphWindowMicros | undefined) {}

  /** All of them, before any trace. */
  addLinks(document: SegmentDocument): void {
    for (const link of linksOf(document)) this.links.add({ ...link, traceId: document.trace_id });
  }

  addTrace(traceId: string, entities: readonly Entity[]): void {
    const { owners, callees } = this.relate(traceId, entities);
    for (const entity of entities) {
      const isSegment = entity.kind === entityKinds.segment;
      const owner = entity.owner ?? owners.get(entity.id);
      const reached = callees.get(entity.id);
      this.links.see(traceId, {
        entity,
        owner: (isSegment ? entity.node : owner) ?? undefined,
        reached: firstOf(reached) ?? entity.node ?? undefined,
      });
      if (!this.isInside(entity)) continue;
      if (isSegment) this.addSegment(entity, owner);
      else this.addCall(entity, owner, reached?.values());
    }
  }

  private relate(
    traceId: string,
    entities: readonly Entity[],
  ): { owners: Map<string, NodeKey>; callees: Map<string, Map<string, NodeKey>> } {
    const byId = new Map(entities.map((entity) => [entity.id, entity]));
    const owners = new Map<string, NodeKey>();
    const callees = new Map<string, Map<string, NodeKey>>();
    for (const relation of relateTrace(entities)) {
      if (relation.kind === 'owner') owners.set(relation.id, relation.node);
      else if (!isDelivery(byId.get(relation.callId), relation.node)) addCallee(callees, relation.callId, relation.node);
      else this.links.add({ traceId, id: relation.childId, causeTraceId: traceId, causeId: relation.callId });
    }
    return { owners, callees };
  }

  finish(): ServiceGraph {
    for (const link of this.links.edges()) if (this.isInside(link.caused)) this.countLink(link);
    const nodes = [...this.nodes.values()].sort((left, right) => compareNodeKeys(left.key, right.key));
    const edges = [...this.edges.values()].sort(
      (left, right) =>
        Number(left.type === 'link') - Number(right.type === 'link') ||
        compareNodeKeys(left.caller, right.caller) ||
        compareNodeKeys(left.callee, right.callee),
    );
    return { nodes, edges };
  }

  private isInside(entity: Entity): boolean {
    return this.window === undefined || (entity.startMicros >= this.window.fromMicros && entity.startMicros < this.window.toMicros);
  }

  private addSegment(segment: Entity, callingSegment: NodeKey | undefined): void {
    if (segment.node === null) return;
    const node = this.countNode(segment.node, segment);
    if (!segment.inferred) node.inferred = false;
    if (segment.parentId === '') {
      node.root = true;
      this.countEdge({ name: segment.node.name, type: clientType, accountId: '' }, segment.node, segment);
    }
    if (callingSegment !== undefined) this.countEdge(callingSegment, segment.node, segment);
  }

  private addCall(call: Entity, owner: NodeKey | undefined, callees: Iterable<NodeKey> | undefined): void {
    if (owner === undefined) return;
    if (callees !== undefined) {
      for (const callee of callees) this.countEdge(owner, callee, call);
    } else if (call.node !== null) {
      this.countNode(call.node, call);
      this.countEdge(owner, call.node, call);
    }
  }

  private countNode(key: NodeKey, entity: Entity): GraphNode {
    const id = nodeId(key);
    let node = this.nodes.get(id);
    if (node === undefined) {
      node = { key, root: false, inferred: true, ...emptyExtent(), statistics: emptyStatistics(), durationHistogram: [] };
      this.nodes.set(id, node);
    }
    extend(node, entity);
    count(node.statistics, entity);
    if (!entity.inProgress) recordBucket(node.durationHistogram, bucketOf(entity.durationMicros));
    return node;
  }

  private countEdge(caller: NodeKey, callee: NodeKey, entity: Entity): void {
    const edge = this.edge(caller, callee);
    extend(edge, entity);
    count(edge.statistics, entity);
  }

  private countLink({ caller, callee, caused, ageMicros }: LinkedNodes): void {
    const edge = this.edge(caller, callee, 'link');
    extend(edge, { startMicros: caused.startMicros, responseMicros: 0 });
    edge.statistics.ok++;
    edge.statistics.totalMicros += ageMicros;
    recordBucket(edge.statistics.histogram, bucketOf(ageMicros));
  }

  private edge(caller: NodeKey, callee: NodeKey, type?: EdgeType): GraphEdge {
    const id = edgeId(caller, callee, type);
    let edge = this.edges.get(id);
    if (edge === undefined) {
      edge = { caller, callee, ...(type === undefined ? {} : { type }), ...emptyExtent(), statistics: emptyStatistics() };
      this.edges.set(id, edge);
    }
    return edge;
  }
}

/** In order of the keys, as stored graphs choose too. */
function firstOf(nodes: ReadonlyMap<string, NodeKey> | undefined): NodeKey | undefined {
  return nodes === undefined ? undefined : [...nodes.values()].sort(compareNodeKeys)[0];
}

/** Retries that reach one node by one call are one edge. */
function addCallee(callees: Map<string, Map<string, NodeKey>>, callId: string, node: NodeKey): void {
  let known = callees.get(callId);
  if (known === undefined) {
    known = new Map();
    callees.set(callId, known);
  }
  known.set(nodeId(node), node);
}

type Extent = Pick<GraphEdge, 'startMicros' | 'endMicros'>;

function emptyExtent(): Extent {
  return { startMicros: Number.POSITIVE_INFINITY, endMicros: 0 };
}

function extend(extent: Extent, { startMicros, responseMicros }: Pick<Entity, 'startMicros' | 'responseMicros'>): void {
  extent.startMicros = Math.min(extent.startMicros, startMicros);
  extent.endMicros = Math.max(extent.endMicros, startMicros + responseMicros);
}

export function emptyStatistics(): GraphStatistics {
  return { ok: 0, error: 0, throttle: 0, fault: 0, inProgress: 0, totalMicros: 0, histogram: [] };
}

const outcomeNames = {
  [outcomes.ok]: 'ok',
  [outcomes.error]: 'error',
  [outcomes.throttle]: 'throttle',
  [outcomes.fault]: 'fault',
} as const;

function count(statistics: GraphStatistics, entity: Entity): void {
  if (entity.inProgress) {
    statistics.inProgress++;
    return;
  }
  statistics[outcomeNames[entity.outcome]]++;
  statistics.totalMicros += entity.responseMicros;
  recordBucket(statistics.histogram, bucketOf(entity.responseMicros));
}
