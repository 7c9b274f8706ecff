/** What the menu of a node offers. */
import type { Route } from '../shell/route.svelte.js';
import type { MenuItem } from './NodeMenu.svelte';
import type { MapPlaces } from './places.svelte.js';
import { GroupNode, type MapNode } from './scene.svelte.js';
import type { MapView } from './view.svelte.js';

export interface MenuScope {
  view: MapView;
  route: Route;
  places: MapPlaces;
}

export function menuOf(node: MapNode, { view, route, places }: MenuScope): MenuItem[] {
  const pin: MenuItem = places.pinned.has(node.id)
    ? { label: 'Let Tidy move it', icon: 'pin', key: 'P', does: () => places.togglePin(node.id) }
    : { label: 'Keep it here', icon: 'pin', key: 'P', does: () => places.togglePin(node.id) };
  if (node instanceof GroupNode)
    return [{ label: `Show its ${node.members.length} nodes`, icon: 'plus', key: 'Enter', does: () => view.openGroup(node.label) }, pin];
  return [
    { label: 'Details', icon: 'right', key: 'Enter', does: () => route.select({ kind: 'node', id: node.id }) },
    { label: 'Neighbourhood, 1 step', icon: 'map', key: 'F', does: () => view.focusOn(node.id) },
    { label: 'Neighbourhood, 2 steps', icon: 'map', does: () => view.focusOn(node.id, 2) },
    ...(view.focus ? [{ label: 'The whole map', icon: 'fit', does: () => view.showAll() } satisfies MenuItem] : []),
    ...(node.isClient ? [] : [tracesOf(node, route)]),
    pin,
    { label: 'Copy a link to it', icon: 'link', does: () => void copyLink(node, route) },
  ];
}

function tracesOf(node: MapNode, route: Route): MenuItem {
  return { label: 'Its traces', icon: 'table', does: () => route.open(route.address('/traces', { service: node.id })) };
}

/** A refused clipboard leaves the address bar. */
async function copyLink(node: MapNode, route: Route): Promise<void> {
  const link = new URL(route.address('/', { node: node.id }), location.origin);
  await navigator.clipboard.writeText(link.href).catch(() => route.select({ kind: 'node', id: node.id }));
}
