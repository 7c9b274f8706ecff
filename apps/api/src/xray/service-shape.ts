/**
 * The service graph as X-Ray answers it: a list of services with edges by ReferenceId. References are the order of the
 * answer: the graph's nodes, then its client nodes.
 *
 * An edge whose end is not among the nodes (it was folded, or lies outside the window) ends at the node `other` of its type.
 */
import { clientType, type NodeKey, otherName } from '@fluoroscope/contract/graph';
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
  SummaryStatistics: Statistics;
  ResponseTimeHistogram: HistogramEntry[];
  Aliases: [];
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

export interface ShapedGraph {
  services: Service[];
  /** Ends of edges that were drawn to `other`. */
  folded: number;
}

export function shapeServiceGraph({ nodes, edges }: ServiceGraph): ShapedGraph {
  const shaping = new GraphShaping();
  for (const node of nodes) shaping.addNode(node);
  for (const edge of edges) shaping.addEdge(edge);
  return shaping.finish();
}

class GraphShaping {
  readonly #services = new Map<string, Service>();
  /** By caller and callee: edges that fold together are one. */
  readonly #edges = new Map<string, { caller: Service; callee: Service; edge: GraphEdge }>();
  #folded = 0;

  addNode({ key, root, inferred, startMicros, endMicros, statistics, durationHistogram }: GraphNode): void {
    const service = this.#addService(key, inferred ? 'unknown' : 'active');
    if (root) service.Root = true;
    service.StartTime = seconds(startMicros);
    service.EndTime = seconds(endMicros);
    service.SummaryStatistics = shapeStatistics(statistics);
    service.DurationHistogram = shapeHistogram(durationHistogram);
    service.ResponseTimeHistogram = shapeHistogram(statistics.histogram);
  }

  addEdge(edge: GraphEdge): void {
    const caller = edge.caller.type === clientType ? this.#client(edge) : this.#end(edge.caller, edge);
    const callee = this.#end(edge.callee, edge);
    const id = `${caller.ReferenceId} ${callee.ReferenceId}`;
    const known = this.#edges.get(id);
    this.#edges.set(id, { caller, callee, edge: known === undefined ? edge : mergeEdges(known.edge, edge) });
  }

  finish(): ShapedGraph {
    for (const { caller, callee, edge } of this.#edges.values()) caller.Edges.push(shapeEdge(callee.ReferenceId, edge));
    return { services: [...this.#services.values()], folded: this.#folded };
  }

  #addService(key: NodeKey, state: Service['State']): Service {
    const service: Service = {
      ReferenceId: this.#services.size,
      Name: key.name,
      Names: [key.name],
      ...(key.type === '' ? {} : { Type: key.type }),
      ...(key.accountId === '' ? {} : { AccountId: key.accountId }),
      State: state,
      StartTime: 0,
      EndTime: 0,
      Edges: [],
      DurationHistogram: [],
      ResponseTimeHistogram: [],
    };
    this.#services.set(idOf(key), service);
    return service;
  }

  #client(edge: GraphEdge): Service {
    const service = this.#services.get(idOf(edge.caller)) ?? this.#addService(edge.caller, 'unknown');
    return extended(service, edge);
  }

  #end(key: NodeKey, edge: GraphEdge): Service {
    const known = this.#services.get(idOf(key));
    if (known !== undefined) return known;
    this.#folded++;
    const other = { name: otherName, type: key.type, accountId: '' };
    return extended(this.#services.get(idOf(other)) ?? this.#addService(other, 'unknown'), edge);
  }
}

/** What has no time of its own has that of its edges. */
function extended(service: Service, { startMicros, endMicros }: GraphEdge): Service {
  if (service.SummaryStatistics !== undefined) return service;
  service.StartTime = service.StartTime === 0 ? seconds(startMicros) : Math.min(service.StartTime, seconds(startMicros));
  service.EndTime = Math.max(service.EndTime, seconds(endMicros));
  return service;
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

function shapeEdge(referenceId: number, { startMicros, endMicros, statistics }: GraphEdge): Edge {
  return {
    ReferenceId: referenceId,
    StartTime: seconds(startMicros),
    EndTime: seconds(endMicros),
    SummaryStatistics: shapeStatistics(statistics),
    ResponseTimeHistogram: shapeHistogram(statistics.histogram),
    Aliases: [],
  };
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
