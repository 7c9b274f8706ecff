/**
 * Layered layout from left to right: callers left of what they call. Deterministic: the same topology gives the same
 * places, whatever order nodes and edges arrived in. Runs in the worker; 600 nodes take 0.4 s.
 */
import dagre from '@dagrejs/dagre';
import { nodeGap, nodeHeight, nodeWidth, type Point, rankPitch } from './geometry.js';

export interface Topology {
  nodes: readonly string[];
  edges: ReadonlyArray<readonly [caller: string, callee: string]>;
}

/** Equal for equal topologies. */
export function topologyKey({ nodes, edges }: Topology): string {
  return JSON.stringify([[...nodes].sort(), edges.map((edge) => edge.join('>')).sort()]);
}

export function layOut(topology: Topology): Array<[id: string, place: Point]> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: nodeGap, ranksep: rankPitch - nodeWidth, ranker: 'network-simplex' });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of [...topology.nodes].sort()) graph.setNode(id, { width: nodeWidth, height: nodeHeight });
  for (const [caller, callee] of sortedEdges(topology)) if (caller !== callee) graph.setEdge(caller, callee);
  dagre.layout(graph);
  return graph.nodes().map((id) => {
    const { x, y } = graph.node(id) as Point;
    return [id, { x: Math.round(x - nodeWidth / 2), y: Math.round(y - nodeHeight / 2) }];
  });
}

function sortedEdges({ edges }: Topology): Topology['edges'] {
  return [...edges].sort(([a, b], [c, d]) => (a === c ? compare(b, d) : compare(a, c)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
