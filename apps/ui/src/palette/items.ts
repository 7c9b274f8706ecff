/** Everything that the palette offers: services of the map, pages, and whatever has a key or has said that it can be done. */
import { formatRate } from '@fluoroscope/format/format';
import type { Live } from '../live/live.svelte.js';
import { typeLabel } from '../map/glyphs.js';
import type { KeyGroup, Keys } from '../shell/keys.svelte.js';
import { navigation } from '../shell/pages.js';
import { tracePath } from '../shell/place.js';
import type { Route } from '../shell/route.svelte.js';
import { traceIdIn } from '../shell/trace-id.js';
import type { Group, Item } from './results.js';

export interface Scope {
  live: Live;
  route: Route;
  keys: Keys;
}

/** All of it, or what can be done on this page. */
export type Reach = 'everything' | 'actions';

/** Ids of what was chosen last, the latest first; as long as the page lives. */
const recent: string[] = [];
const mostRecent = 4;

export function remember({ id }: Item): void {
  if (id.startsWith('search ')) return;
  recent.splice(0, recent.length, ...[id, ...recent.filter((one) => one !== id)].slice(0, mostRecent));
}

export function groupsOf(scope: Scope, reach: Reach): Group[] {
  const actions = scope.keys.groups.toReversed().map(actionGroup);
  if (reach === 'actions') return actions;
  const groups = [services(scope), pages(scope), ...actions];
  const items = new Map(groups.flatMap((group) => group.items.map((item) => [item.id, item])));
  const again = recent.flatMap((id) => items.get(id) ?? []);
  return [{ title: 'Recent', items: again, most: { before: mostRecent, after: 0 } }, ...groups];
}

/** What was pasted as a trace, and the search for anything else. They stand first and last. */
export function traceItem(query: string, { route }: Scope): Item | null {
  const traceId = traceIdIn(query);
  if (traceId === null) return null;
  const address = route.address(tracePath(traceId));
  return { id: `trace ${traceId}`, label: traceId, note: 'Open the trace', icon: 'traces', address, does: () => route.open(address) };
}

export function searchItem(query: string, { route }: Scope): Item {
  const text = query.trim();
  const address = route.address('/traces', { q: text });
  return { id: `search ${text}`, label: `Traces with “${text}”`, icon: 'search', address, does: () => route.open(address) };
}

/** The busiest first: before anything is typed they are the likeliest. */
function services({ live, route }: Scope): Group {
  const nodes = live.graph.nodes.filter(({ isClient }) => !isClient).sort((left, right) => right.figures.total - left.figures.total);
  const items = nodes.map((node): Item => {
    const address = route.address('/', { node: node.id });
    const rate = node.quiet ? 'no traffic' : formatRate(node.figures.ratePerSecond);
    return {
      id: `node ${node.id}`,
      label: node.label,
      note: `${typeLabel(node.key.type)} · ${rate}`,
      icon: 'map',
      address,
      // On the map the rest of what it shows stays.
      does: () => (route.page === 'map' ? route.select({ kind: 'node', id: node.id }) : route.open(address)),
    };
  });
  return { title: 'Services', items, most: { before: 5, after: 8 } };
}

function pages({ route }: Scope): Group {
  const items = navigation.map(({ page, label, path, icon, key }): Item => {
    const address = route.address(path);
    return { id: `page ${page}`, label, icon, key: `g ${key}`, address, does: () => route.open(address) };
  });
  return { title: 'Pages', items, most: { before: items.length, after: items.length } };
}

/** Pages, which `g` and a letter reach, are listed as such; and the palette is open. */
function actionGroup({ title, actions }: KeyGroup): Group {
  const items = actions.flatMap(({ label, key, icon, does }): Item[] => {
    if (!does || key?.startsWith('g ') || key === 'Mod k') return [];
    return [
      {
        id: `action ${title} ${label}`,
        label,
        icon: icon ?? 'right',
        ...(key === undefined ? {} : { key }),
        does: () => does(new KeyboardEvent('keydown', { key: key ?? '' })),
      },
    ];
  });
  return { title, items, most: { before: items.length, after: items.length } };
}
