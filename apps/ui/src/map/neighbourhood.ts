/** The part of a map around one node: what it calls and what calls it, a few steps far. */

export interface Link {
  caller: { id: string };
  callee: { id: string };
}

export const hopsMost = 4;

/** Ids within so many steps down, and within so many steps up; never a caller of a callee. */
export function neighbourhood(edges: readonly Link[], id: string, hops: number): Set<string> {
  const down = reach(id, hops, linksBy(edges, 'caller', 'callee'));
  const up = reach(id, hops, linksBy(edges, 'callee', 'caller'));
  return new Set([id, ...up, ...down]);
}

type End = keyof Link;

function linksBy(edges: readonly Link[], from: End, to: End): Map<string, string[]> {
  const links = new Map<string, string[]>();
  for (const edge of edges) {
    const ids = links.get(edge[from].id) ?? [];
    ids.push(edge[to].id);
    links.set(edge[from].id, ids);
  }
  return links;
}

function reach(id: string, hops: number, links: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set([id]);
  let edge = [id];
  for (let hop = 0; hop < hops && edge.length > 0; hop++) {
    const next = edge.flatMap((at) => links.get(at) ?? []).filter((to) => !seen.has(to));
    edge = [...new Set(next)];
    for (const to of edge) seen.add(to);
  }
  return seen;
}
