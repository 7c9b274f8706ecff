/** Columns of the service and call tables, and the order that the user has asked for. */
import type { LiveEdge, LiveNode } from '../live/entity.svelte.js';
import type { Figures } from '../live/statistics.js';

export type Column = 'name' | 'rate' | 'trouble' | 'p50' | 'p95' | 'p99';

export interface Order {
  column: Column;
  ascending: boolean;
}

const keys: Record<Exclude<Column, 'name'>, (figures: Figures) => number> = {
  rate: ({ ratePerSecond }) => ratePerSecond,
  trouble: ({ total, outcomes }) => (total === 0 ? -1 : (total - outcomes.ok) / total),
  p50: ({ p50 }) => p50 ?? -1,
  p95: ({ p95 }) => p95 ?? -1,
  p99: ({ p99 }) => p99 ?? -1,
};

/** Ids in order; equal rows by name. */
export function sortedIds(entities: ReadonlyArray<LiveNode | LiveEdge>, { column, ascending }: Order): string[] {
  const sign = ascending ? 1 : -1;
  const byName = (a: LiveNode | LiveEdge, b: LiveNode | LiveEdge) => a.label.localeCompare(b.label);
  const compare =
    column === 'name'
      ? (a: LiveNode | LiveEdge, b: LiveNode | LiveEdge) => sign * byName(a, b)
      : (a: LiveNode | LiveEdge, b: LiveNode | LiveEdge) => sign * (keys[column](a.figures) - keys[column](b.figures)) || byName(a, b);
  return [...entities].sort(compare).map(({ id }) => id);
}

/** What is known keeps its row; what is new comes last. */
export function keepOrder(known: readonly string[], entities: ReadonlyArray<LiveNode | LiveEdge>): string[] {
  const here = new Set(entities.map(({ id }) => id));
  const kept = known.filter((id) => here.has(id));
  const seen = new Set(kept);
  return [...kept, ...entities.map(({ id }) => id).filter((id) => !seen.has(id))];
}
