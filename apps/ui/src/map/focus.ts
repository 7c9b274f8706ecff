/** What stands out when something is searched for or selected; the rest is dimmed, never removed. */
import type { LiveNode } from '../live/entity.svelte.js';
import type { Selection } from '../shell/route.svelte.js';
import { typeLabel } from './glyphs.js';
import { GroupNode, type MapEdge, type MapNode, type Scene } from './scene.svelte.js';

export interface Shown {
  nodes: ReadonlySet<string>;
  edges: ReadonlySet<string>;
}

/** A group matches by its own name, or by that of a member. */
export function matches(node: MapNode | LiveNode, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${node.label} ${typeLabel(node.key.type)} ${node.key.accountId}`.toLowerCase();
  return words.every((word) => text.includes(word)) || (node instanceof GroupNode && node.members.some((one) => matches(one, query)));
}

/** Null: nothing is dimmed. A search goes before a selection. `selection` is of what stands on the map. */
export function shownBy(scene: Scene, query: string, selection: Selection | null): Shown | null {
  if (query.trim() !== '') return searched(scene, query);
  if (selection?.kind === 'node') return around(scene.edges, selection.id);
  const edge = scene.edges.find(({ id }) => selection?.kind === 'edge' && id === selection.id);
  return edge ? { nodes: new Set([edge.caller.id, edge.callee.id]), edges: new Set([edge.id]) } : null;
}

function searched({ nodes, edges }: Scene, query: string): Shown {
  const found = new Set(nodes.filter((node) => matches(node, query)).map(({ id }) => id));
  return {
    nodes: found,
    edges: new Set(edges.filter(({ caller, callee }) => found.has(caller.id) && found.has(callee.id)).map(({ id }) => id)),
  };
}

function around(edges: readonly MapEdge[], node: string): Shown {
  const near = edges.filter(({ caller, callee }) => caller.id === node || callee.id === node);
  return {
    nodes: new Set([node, ...near.flatMap(({ caller, callee }) => [caller.id, callee.id])]),
    edges: new Set(near.map(({ id }) => id)),
  };
}
