/**
 * The service graph as X-Ray answers it: a list of services with edges by ReferenceId. References are the order of the
 * answer: the graph's nodes, then its client nodes.
 *
 * An edge whose end is not among the nodes (it was folded, or lies outside the window) ends at the node `other` of its type.
 */
import { clientType, type EdgeType, type NodeKey, otherName } from '@fluoroscope/contract/graph';
import { addHistogram, bucketMicros, lastBucket } from '@fluoroscope/xray/histogram';
import type { GraphEdge, GraphNode, GraphStatistics, ServiceGraph } from '@fluoroscope/xray/service-graph';

export interface Service {
  ReferenceId: number;
  Name: string;
  Names: string[];
  Root?: true;
  AccountId?: string;
  Type?: string;
  /** `unknown` for what is known only from its callers. */
  State: 'active' | 'unknown';
  StartTime: number;
  EndTime: number;
  Edges: Edge[];
  /** Client nodes have none. */
  SummaryStatistics?: Statistics;
  DurationHistogram: HistogramEntry[];
  ResponseTimeHistogram: HistogramEntry[];
}

export interface Edge {
  ReferenceId: number;
  StartTime: number;
  EndTime: number;
  /** Of a link `{}`: messages have no outcome. */
  SummaryStatistics: Statistics | Record<string, never>;
  ResponseTimeHistogram: HistogramEntry[];
  Aliases: [];
  /** Absent for calls. */
  EdgeType?: EdgeType;
  /** Of a link: how long its messages were on their way. */
  ReceivedEventAgeHistogram?: HistogramEntry[];
}

export interface Statistics {
  OkCount: number;
  ErrorStatistics: { ThrottleCount: number; OtherCount: number; TotalCount: number };
  FaultStatistics: { OtherCount: number; TotalCount: number };
  TotalCount: number;
  /** Seconds. */
  TotalResponseTime: number;
}

/** Seconds, in whole milliseconds. */
export interface HistogramEntry {
  Value: number;
  Count: number;
}

/** A page ends with the service that reaches this many entries of histograms, which are most of an answer's bytes. */
export const maxEntriesPerPage = 100_000;

interface PageBounds {
  maxEntries?: number;
  maxServices?: number;
}

export interface ServicePage {
  services: Service[];
  /** Index of the first service that is not on this page; null on the last. */
  next: number | null;
}

/** Who has which reference. What is large is shaped page by page. */
export class GraphLayout {
  readonly #places = new Map<string, Place>();
  /** Ends of edges that were drawn to `other`. */
  folded = 0;

  constructor({ nodes, edges }: ServiceGraph) {
    for (const node of nodes) this.#addPlace(node.key, node);
    for (const edge of edges) this.#addEdge(edge);
  }

  /** Two graphs with the same identity have the same references. */
  get identity(): string {
    return Array.from(this.#places.keys()).join();
  }

  page(from: number, { maxEntries = maxEntriesPerPage, maxServices = Number.POSITIVE_INFINITY }: PageBounds = {}): ServicePage {
    const places = [...this.#places.values()];
    const services: Service[] = [];
    let entries = 0;
    for (let at = from; at < places.length && entries < maxEntries && services.length < maxServices; at++) {
      const place = places[at];
      if (place === undefined) break;
      services.push(shapePlace(place));
      entries += entriesOf(place);
    }
    const next = from + services.length;
    return { services, next: next < places.length ? next : null };
  }

  #addPlace(key: NodeKey, node: GraphNode | null): Place {
    const place = { key, node, referenceId: this.#places.size, startMicros: Number.POSITIVE_INFINITY, endMicros: 0, edges: new Map() };
    this.#places.set(idOf(key), place);
    return place;
  }

  #addEdge(edge: GraphEdge): void {
    const caller = edge.caller.type === clientType || edge.type === 'link' ? this.#placeOf(edge.caller) : this.#end(edge.caller);
    const callee = this.#end(edge.callee);
    for (const place of [caller, callee]) {
      place.startMicros = Math.min(place.startMicros, edge.startMicros);
      place.endMicros = Math.max(place.endMicros, edge.endMicros);
    }
    const id = `${callee.referenceId} ${edge.type}`;
    const known = caller.edges.get(id);
    caller.edges.set(id, { callee: callee.referenceId, edge: known === undefined ? edge : mergeEdges(known.edge, edge) });
  }

  /** Of a client, or of what took a message before this window began: without figures of its own. */
  #placeOf(key: NodeKey): Place {
    return this.#places.get(idOf(key)) ?? this.#addPlace(key, null);
  }

  #end(key: NodeKey): Place {
    const known = this.#places.get(idOf(key));
    if (known !== undefined) return known;
    this.folded++;
    const other = { name: otherName, type: key.type, accountId: '' };
    return this.#places.get(idOf(other)) ?? this.#addPlace(other, null);
  }
}

interface Place {
  key: NodeKey;
  /** Null for a client, and for an `other` that the graph does not have. */
  node: GraphNode | null;
  referenceId: number;
  /** Of its edges. */
  startMicros: number;
  endMicros: number;
  /** By the callee's reference and the type: edges that fold together are one. */
  edges: Map<string, { callee: number; edge: GraphEdge }>;
}

function shapePlace(place: Place): Service {
  const { key, node, referenceId, edges } = place;
  const { startMicros, endMicros } = node ?? place;
  return {
    ReferenceId: referenceId,
    Name: key.name,
    Names: [key.name],
    ...(node?.root ? { Root: true } : {}),
    ...(key.type === '' ? {} : { Type: key.type }),
    ...(key.accountId === '' ? {} : { AccountId: key.accountId }),
    State: node === null || node.inferred ? 'unknown' : 'active',
    StartTime: seconds(startMicros),
    EndTime: seconds(endMicros),
    Edges: Array.from(edges.values(), ({ callee, edge }) => shapeEdge(callee, edge)),
    ...(node === null ? {} : { SummaryStatistics: shapeStatistics(node.statistics) }),
    DurationHistogram: shapeHistogram(node?.durationHistogram ?? []),
    ResponseTimeHistogram: shapeHistogram(node?.statistics.histogram ?? []),
  };
}

function entriesOf({ node, edges }: Place): number {
  let numbers = (node?.durationHistogram.length ?? 0) + (node?.statistics.histogram.length ?? 0);
  for (const { edge } of edges.values()) numbers += edge.statistics.histogram.length;
  return numbers / 2 + edges.size + 1;
}

function mergeEdges(left: GraphEdge, right: GraphEdge): GraphEdge {
  return {
    ...left,
    startMicros: Math.min(left.startMicros, right.startMicros),
    endMicros: Math.max(left.endMicros, right.endMicros),
    statistics: addStatistics(left.statistics, right.statistics),
  };
}

function addStatistics(left: GraphStatistics, right: GraphStatistics): GraphStatistics {
  return {
    ok: left.ok + right.ok,
    error: left.error + right.error,
    throttle: left.throttle + right.throttle,
    fault: left.fault + right.fault,
    inProgress: left.inProgress + right.inProgress,
    totalMicros: left.totalMicros + right.totalMicros,
    histogram: addHistogram(left.histogram, right.histogram),
  };
}

function shapeEdge(referenceId: number, { type, startMicros, endMicros, statistics }: GraphEdge): Edge {
  const shared = { ReferenceId: referenceId, StartTime: seconds(startMicros), EndTime: seconds(endMicros), Aliases: [] as [] };
  const histogram = shapeHistogram(statistics.histogram);
  if (type === undefined) return { ...shared, SummaryStatistics: shapeStatistics(statistics), ResponseTimeHistogram: histogram };
  return { ...shared, EdgeType: type, SummaryStatistics: {}, ResponseTimeHistogram: [], ReceivedEventAgeHistogram: histogram };
}

/** A throttle is an error of its own kind; what is in progress is not counted yet. */
export function shapeStatistics({ ok, error, throttle, fault, totalMicros }: GraphStatistics): Statistics {
  return {
    OkCount: ok,
    ErrorStatistics: { ThrottleCount: throttle, OtherCount: error, TotalCount: error + throttle },
    FaultStatistics: { OtherCount: fault, TotalCount: fault },
    TotalCount: ok + error + throttle + fault,
    TotalResponseTime: seconds(totalMicros),
  };
}

/** A graph has tens of thousands of entries, and few hundred buckets. */
const bucketSeconds = Array.from({ length: lastBucket + 1 }, (_, bucket) => Math.round(bucketMicros(bucket) / 1000) / 1000);

export function shapeHistogram(histogram: readonly number[]): HistogramEntry[] {
  const entries: HistogramEntry[] = [];
  for (let i = 0; i < histogram.length; i += 2) {
    entries.push({ Value: bucketSeconds[histogram[i] ?? 0] ?? 0, Count: histogram[i + 1] ?? 0 });
  }
  return entries;
}

function seconds(micros: number): number {
  return Number.isFinite(micros) ? micros / 1e6 : 0;
}

function idOf({ name, type, accountId }: NodeKey): string {
  return JSON.stringify([name, type, accountId]);
}
