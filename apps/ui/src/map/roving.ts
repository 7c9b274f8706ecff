/**
 * Which node an arrow key leads to. Right and Left follow the busiest call down and up; Up and Down go through the nodes
 * of a rank and on to the next rank, so that the two of them reach every node.
 */
import type { Places } from './geometry.js';
import type { MapEdge } from './scene.svelte.js';

export function readingOrder(places: Places): string[] {
  return [...places].sort(([, a], [, b]) => a.x - b.x || a.y - b.y).map(([id]) => id);
}

export function nextNode(from: string, key: string, places: Places, edges: readonly MapEdge[]): string | null {
  const order = readingOrder(places);
  const at = order.indexOf(from);
  if (key === 'Home') return order[0] ?? null;
  if (key === 'End') return order.at(-1) ?? null;
  if (key === 'ArrowDown') return order[at + 1] ?? null;
  if (key === 'ArrowUp') return at > 0 ? (order[at - 1] ?? null) : null;
  if (key === 'ArrowRight')
    return busiest(edges.filter(({ caller, callee }) => caller.id === from && callee.id !== from))?.callee.id ?? null;
  if (key === 'ArrowLeft')
    return busiest(edges.filter(({ caller, callee }) => callee.id === from && caller.id !== from))?.caller.id ?? null;
  return null;
}

function busiest(edges: readonly MapEdge[]): MapEdge | undefined {
  return [...edges].sort((a, b) => b.figures.total - a.figures.total || (a.id < b.id ? -1 : 1))[0];
}

/** The edges of a node, in an order that does not change with the traffic. */
export function edgesOf(node: string, edges: readonly MapEdge[]): MapEdge[] {
  return edges.filter(({ caller, callee }) => caller.id === node || callee.id === node).sort((a, b) => (a.id < b.id ? -1 : 1));
}
