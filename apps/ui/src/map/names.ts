/** Whose name is written when the map is too small for words in its cards: those whom one would look for. */
import { visibleText } from '@fluoroscope/format/text';
import type { MapNode } from './scene.svelte.js';

/** So many of the busiest, and as many of those with the most faults. */
const most = 8;
/** More names of what is searched for or selected would lie on each other. */
const mostShown = 40;

export function shortName({ isClient, label }: MapNode): string {
  return isClient ? 'Clients' : shortText(visibleText(label));
}

/** Of an address, such as a queue's, the last part says which one it is. */
export function shortText(label: string): string {
  return label.replace(/^https?:\/\/.*\/(?=[^/]+$)/, '');
}

export function namedNodes(nodes: readonly MapNode[], shown: ReadonlySet<string> | null): MapNode[] {
  const standing = shown ? nodes.filter(({ id }) => shown.has(id)).slice(0, mostShown) : [];
  const busiest = ranked(nodes, ({ figures }) => figures.total);
  const worst = ranked(nodes, ({ figures }) => figures.outcomes.fault);
  return [...new Set([...standing, ...worst, ...busiest])];
}

/** By powers of two, so that two that are nearly equal do not take turns. */
function ranked(nodes: readonly MapNode[], weigh: (node: MapNode) => number): MapNode[] {
  const weights = new Map(nodes.map((node) => [node, Math.ceil(Math.log2(1 + weigh(node)))]));
  const weight = (node: MapNode) => weights.get(node) ?? 0;
  const some = nodes.filter((node) => weight(node) > 0);
  return some.sort((a, b) => weight(b) - weight(a) || (a.id < b.id ? -1 : 1)).slice(0, most);
}
