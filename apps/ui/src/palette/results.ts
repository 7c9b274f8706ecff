/**
 * What the palette lists for what was typed: groups, the one with the best match first, each with its best few. A function of the
 * items as they were when the palette opened, so that nothing moves while it is read.
 */
import type { IconName } from '../shell/icons.js';
import { match } from './match.js';

export interface Item {
  /** Unique among all items. */
  id: string;
  label: string;
  /** At the right, and found too: the type of a service, where a key works. */
  note?: string;
  icon: IconName;
  /** As KeyAction has it. */
  key?: string;
  /** Where it leads; what has none acts. */
  address?: string;
  does: () => void;
}

export interface Group {
  title: string;
  items: readonly Item[];
  /** Shown at most, before anything is typed and after. */
  most: { before: number; after: number };
}

export interface Result {
  item: Item;
  /** Letters of the label that were typed. */
  at: readonly number[];
}

export interface ResultGroup {
  title: string;
  results: readonly Result[];
  /** How many there are, shown or not. */
  found: number;
}

/** What is found in a note only is worth less than any label. */
const noteScore = 0.5;

export function resultsFor(groups: readonly Group[], query: string): ResultGroup[] {
  const typed = query.trim() !== '';
  const ranked = groups.flatMap(({ title, items, most }) => {
    const scored = items.flatMap((item) => scoredItem(item, query)).sort((left, right) => right.score - left.score);
    const results = scored.slice(0, typed ? most.after : most.before).map(({ item, at }) => ({ item, at }));
    return results.length === 0 ? [] : [{ title, results, found: scored.length, best: scored[0]?.score ?? 0 }];
  });
  return ranked.sort((left, right) => right.best - left.best).map(({ best: _, ...group }) => group);
}

function scoredItem(item: Item, query: string): Array<Result & { score: number }> {
  const label = match(item.label, query);
  if (label) return [{ item, ...label }];
  const both = item.note === undefined ? null : match(`${item.label} ${item.note}`, query);
  if (!both || both.score <= 1) return [];
  return [{ item, at: both.at.filter((place) => place < item.label.length), score: noteScore }];
}
