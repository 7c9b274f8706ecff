/** Whom an incident has hit: requests of clients that can reach the root cause, and those of the root cause itself. */
import { clientType, type NodeKey } from '@fluoroscope/contract/graph';
import type { RequestCounts } from '@fluoroscope/contract/insights';
import { nodeId } from '../node-key.js';

/** The counts of a time, added up. */
export interface RequestGraph {
  nodes: { node: NodeKey; counts: RequestCounts }[];
  edges: { caller: NodeKey; callee: NodeKey; counts: RequestCounts }[];
}

export function impactOf(graph: RequestGraph, rootCause: NodeKey): { clients: RequestCounts; rootCause: RequestCounts } {
  const reaching = callersOf(graph, rootCause);
  const root = nodeId(rootCause);
  const entries = graph.edges.filter(({ caller, callee }) => caller.type === clientType && reaching.has(nodeId(callee)));
  const own = graph.nodes.filter(({ node }) => nodeId(node) === root);
  return { clients: sumOf(entries), rootCause: sumOf(own) };
}

/** The node, and everything that calls it, however far up. */
export function callersOf({ edges }: Pick<RequestGraph, 'edges'>, node: NodeKey): Set<string> {
  const callers = new Map<string, string[]>();
  for (const { caller, callee } of edges) callers.set(nodeId(callee), [...(callers.get(nodeId(callee)) ?? []), nodeId(caller)]);
  const reached = new Set([nodeId(node)]);
  for (const id of reached) for (const caller of callers.get(id) ?? []) reached.add(caller);
  return reached;
}

function sumOf(parts: readonly { counts: RequestCounts }[]): RequestCounts {
  const sum = { ok: 0, fault: 0, total: 0 };
  for (const { counts } of parts) {
    sum.ok += counts.ok;
    sum.fault += counts.fault;
    sum.total += counts.total;
  }
  return sum;
}
