/**
 * The service graph as a plain function of the documents of some traces. The aggregates in ClickHouse and the live fold
 * must equal it; tests hold them to that, and GetTraceGraph is answered by it.
 */
import type { NodeKey } from '@fluoroscope/contract/graph';

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
  startMicros: number;
  endMicros: number;
  statistics: GraphStatistics;
}

/** Client nodes appear as callers of client edges only; inferred nodes are in `nodes`. Sorted by key. */
export interface ServiceGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}
