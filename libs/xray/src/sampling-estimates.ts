/**
 * How many requests there really were, of services that record only some: each recorded request stands for as many as its rule
 * matched for one that was sampled, in the same ten seconds. What a service is called with was decided by its callers, and stands
 * for as many as the calls of theirs do.
 *
 * Nothing is guessed: a node most of whose requests have no statistics behind them (sampled by local rules, or by a sampler that
 * reports to somebody else) has no estimate. What was observed is never changed.
 */
import { clientType, type NodeKey } from '@fluoroscope/contract/graph';
import type { EdgeEstimate, GraphEstimates, NodeEstimate, RuleWeight, SamplingWindow } from '@fluoroscope/contract/sampling';
import { samplingWindowSeconds } from '@fluoroscope/contract/sampling';
import { nodeId } from './node-key.js';
import type { GraphEdge, GraphNode, GraphStatistics, ServiceGraph } from './service-graph.js';

/** Segments of a node that name the rule by which they were sampled. */
export interface SampledCount {
  slice: number;
  rule: string;
  node: NodeKey;
  segments: number;
}

/** Of a node's requests so many must have statistics behind them; those of the last seconds never have. */
const leastShare = 0.8;
/** Calls that deep are followed, and circles so often. */
const maxPasses = 32;
const settled = 1e-9;

export interface EstimateBasis {
  graph: ServiceGraph;
  sampled: readonly SampledCount[];
  windows: readonly SamplingWindow[];
}

/** Of requests: how many were recorded and have statistics behind them, and how many they stand for. */
interface Weighed {
  known: number;
  stands: number;
}

interface Place {
  node: GraphNode;
  observed: number;
  /** What was decided here. */
  own: Weighed;
  rules: Map<string, Weighed>;
  calls: { caller: string; count: number }[];
  /** Of one request, on average. */
  mean: Weighed;
}

export function estimateGraph({ graph, sampled, windows }: EstimateBasis): Pick<GraphEstimates, 'nodes' | 'edges'> {
  const places = placesOf(graph);
  const weights = weightsOf(windows);
  for (const { slice, rule, node, segments } of sampled) {
    const place = places.get(nodeId(node));
    const weight = weights(rule, slice);
    if (place === undefined || weight === null) continue;
    add(place.own, segments, weight);
    add(ruleOf(place, rule), segments, weight);
  }
  follow(places);
  return {
    nodes: [...places.values()].flatMap((place) => estimateOf(place) ?? []),
    edges: graph.edges.flatMap((edge) => estimateOfEdge(edge, places) ?? []),
  };
}

/** Reports come after what they speak of: one of the next ten seconds stands in for one that is not there. */
function weightsOf(windows: readonly SamplingWindow[]): (rule: string, slice: number) => number | null {
  const weights = new Map<string, number>();
  for (const { rule, startSeconds, requests, sampled, borrowed } of windows) {
    const recorded = sampled + borrowed;
    if (recorded > 0) weights.set(`${startSeconds / samplingWindowSeconds} ${rule}`, Math.max(1, requests / recorded));
  }
  return (rule, slice) => weights.get(`${slice} ${rule}`) ?? weights.get(`${slice + 1} ${rule}`) ?? null;
}

function placesOf({ nodes, edges }: ServiceGraph): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const node of nodes) {
    const [own, mean] = [none(), none()];
    places.set(nodeId(node.key), { node, observed: totalOf(node.statistics), own, rules: new Map(), calls: [], mean });
  }
  for (const { caller, callee, type, statistics } of edges) {
    if (type === undefined && places.has(nodeId(caller)))
      places.get(nodeId(callee))?.calls.push({ caller: nodeId(caller), count: totalOf(statistics) });
  }
  return places;
}

/** From callers to callees, until nothing changes any more. */
function follow(places: ReadonlyMap<string, Place>): void {
  for (let pass = 0; pass < maxPasses; pass++) {
    let change = 0;
    for (const place of places.values()) {
      const mean = meanOf(place, places);
      change = Math.max(change, Math.abs(mean.known - place.mean.known), Math.abs(mean.stands - place.mean.stands));
      place.mean = mean;
    }
    if (change < settled) return;
  }
}

function meanOf({ observed, own, calls }: Place, places: ReadonlyMap<string, Place>): Weighed {
  const sum = { ...own };
  for (const { caller, count } of calls) {
    const mean = places.get(caller)?.mean ?? none();
    sum.known += count * mean.known;
    sum.stands += count * mean.stands;
  }
  // Calls that were made again are more than the requests that arrived.
  const most = Math.max(observed, sum.known);
  return most === 0 ? none() : { known: sum.known / most, stands: sum.stands / most };
}

function estimateOf({ node, observed, mean, rules }: Place): NodeEstimate | null {
  if (observed === 0 || mean.known < leastShare) return null;
  const weights = Array.from(rules, ([rule, { known, stands }]): RuleWeight => ({ rule, observed: known, weight: stands / known }));
  weights.sort((left, right) => right.observed - left.observed || (left.rule < right.rule ? -1 : 1));
  return { node: node.key, observed, estimated: (observed * mean.stands) / mean.known, share: mean.known, rules: weights };
}

/** A call stands for as many as its caller's requests do; one of a client for as many as what was decided where it came in. */
function estimateOfEdge({ caller, callee, type, statistics }: GraphEdge, places: ReadonlyMap<string, Place>): EdgeEstimate | null {
  const observed = totalOf(statistics);
  const mean = caller.type === clientType ? ownOf(places.get(nodeId(callee)), observed) : places.get(nodeId(caller))?.mean;
  if (type !== undefined || observed === 0 || mean === undefined || mean.known < leastShare) return null;
  return { caller, callee, observed, estimated: (observed * mean.stands) / mean.known, share: mean.known };
}

/** Of one of the requests that came from clients. */
function ownOf(place: Place | undefined, observed: number): Weighed {
  const { known, stands } = place?.own ?? none();
  const most = Math.max(observed, known);
  return most === 0 ? none() : { known: known / most, stands: stands / most };
}

function ruleOf({ rules }: Place, rule: string): Weighed {
  const known = rules.get(rule) ?? none();
  rules.set(rule, known);
  return known;
}

function add(to: Weighed, segments: number, weight: number): void {
  to.known += segments;
  to.stands += segments * weight;
}

function none(): Weighed {
  return { known: 0, stands: 0 };
}

function totalOf({ ok, error, throttle, fault, inProgress }: GraphStatistics): number {
  return ok + error + throttle + fault + inProgress;
}
