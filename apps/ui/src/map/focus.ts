/** What stands out when something is searched for or selected; the rest is dimmed, never removed. */
import type { LiveEdge, LiveNode } from '../live/entity.svelte.js';
import type { Selection } from '../shell/route.svelte.js';
import { typeLabel } from './glyphs.js';

export interface Shown {
  nodes: ReadonlySet<string>;
  edges: ReadonlySet<string>;
}

export function matches(node: LiveNode, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${node.label} ${typeLabel(node.key.type)} ${node.key.accountId}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Null: nothing is dimmed. A search goes before a selection. */
export function shownBy(
  graph: { nodes: readonly LiveNode[]; edges: readonly LiveEdge[] },
  query: string,
  selection: Selection | null,
): Shown | null {
  if (query.trim() !== '') return searched(graph, query);
  if (selection?.kind === 'node') return around(graph.edges, selection.id);
  const edge = graph.edges.find(({ id }) => selection?.kind === 'edge' && id === selection.id);
  return edge ? { nodes: new Set([edge.caller.id, edge.callee.id]), edges: new Set([edge.id]) } : null;
}

function searched({ nodes, edges }: { nodes: readonly LiveNode[]; edges: readonly LiveEdge[] }, query: string): Shown {
  const found = new Set(nodes.filter((node) => matches(node, query)).map(({ id }) => id));
  return {
    nodes: found,
    edges: new Set(edges.filter(({ caller, callee }) => found.has(caller.id) && found.has(callee.id)).map(({ id }) => id)),
  };
}

function around(edges: readonly LiveEdge[], node: string): Shown {
  const near = edges.filter(({ caller, callee }) => caller.id === node || callee.id === node);
  return {
    nodes: new Set([node, ...near.flatMap(({ caller, callee }) => [caller.id, callee.id])]),
    edges: new Set(near.map(({ id }) => id)),
  };
}
