/**
 * Every page there is: where it is, how the navigation and `g` and a letter reach it, and how its code is loaded. A page
 * that is not here is unknown, however its address looks.
 */
import type { Component } from 'svelte';
import type { Live } from '../live/live.svelte.js';
import type { IconName } from './icons.js';
import type { Keys } from './keys.svelte.js';
import type { Page } from './place.js';
import type { Route } from './route.svelte.js';
import type { Theme } from './theme.svelte.js';

/** What every page is given. */
export interface PageProps {
  live: Live;
  route: Route;
  theme: Theme;
  keys: Keys;
}

export interface PageEntry {
  page: Page;
  /** The page's `h1` until it has one of its own, and the start of the window's title. */
  title: string;
  load: () => Promise<{ default: Component<PageProps> }>;
  /** Shows the time range of the address: the time machine stands below it. */
  timed?: boolean;
  /** Pages without it are reached by links only. */
  nav?: { label: string; path: string; icon: IconName; key: string };
}

const entries: readonly PageEntry[] = [
  {
    page: 'map',
    title: 'Service map',
    timed: true,
    load: () => import('../map/MapPage.svelte'),
    nav: { label: 'Map', path: '/', icon: 'map', key: 'm' },
  },
  { page: 'trace', title: 'Trace', load: () => import('../trace/TracePage.svelte') },
  {
    page: 'traces',
    title: 'Traces',
    timed: true,
    load: () => import('../traces/TraceListPage.svelte'),
    nav: { label: 'Traces', path: '/traces', icon: 'traces', key: 't' },
  },
  {
    page: 'sampling',
    title: 'Sampling rules',
    load: () => import('../sampling/SamplingPage.svelte'),
    nav: { label: 'Sampling', path: '/sampling', icon: 'sampling', key: 's' },
  },
  {
    page: 'insights',
    title: 'Insights',
    load: () => import('../insights/InsightsPage.svelte'),
    nav: { label: 'Insights', path: '/insights', icon: 'insights', key: 'n' },
  },
  {
    page: 'audit',
    title: 'Audit',
    load: () => import('../audit/AuditPage.svelte'),
    nav: { label: 'Audit', path: '/audit', icon: 'audit', key: 'u' },
  },
  {
    page: 'ingest',
    title: 'Ingest',
    load: () => import('../doctor/IngestPage.svelte'),
    nav: { label: 'Ingest', path: '/ingest', icon: 'ingest', key: 'i' },
  },
  { page: 'styleguide', title: 'Style guide', load: () => import('../styleguide/StyleguidePage.svelte') },
];

const unknown: PageEntry = { page: 'unknown', title: 'Nothing here', load: () => import('./UnknownPage.svelte') };

export const navigation = entries.flatMap(({ page, nav }) => (nav ? [{ page, ...nav }] : []));

export function entryOf(page: Page): PageEntry {
  return entries.find((entry) => entry.page === page) ?? unknown;
}
