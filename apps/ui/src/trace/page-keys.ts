/** The keys of the trace page that work wherever the focus is. */
import type { KeyAction } from '../shell/keys.svelte.js';
import { panRange, zoomRange } from './range.js';
import type { TraceViewName, WaterfallView } from './waterfall-view.svelte.js';

export interface PageActs {
  /** Null before there is a trace. */
  view: () => WaterfallView | null;
  focus: (row: number) => void;
  scrollTo: (row: number) => void;
}

const zoomStep = 0.7;
const panStep = 0.2;
const views: readonly TraceViewName[] = ['waterfall', 'timeline', 'raw'];

export function traceKeys({ view }: PageActs): KeyAction[] {
  const does = (act: (view: WaterfallView) => void) => () => {
    const shown = view();
    if (shown) act(shown);
  };
  const zoom = (factor: number) => does((shown) => shown.zoom(zoomRange(shown.range, factor, { share: 0.5, extent: shown.extent })));
  const pan = (share: number) => does((shown) => shown.zoom(panRange(shown.range, share, shown.extent)));
  return [
    {
      key: 't',
      label: 'Next view',
      does: does((shown) => shown.show(views[(views.indexOf(shown.name) + 1) % views.length] ?? 'waterfall')),
    },
    { key: 'p', label: 'Critical path', does: does((shown) => shown.set({ path: shown.path ? null : '1' })) },
    { key: '+', label: 'Look closer', does: zoom(zoomStep) },
    { key: '-', label: 'Look from further away', does: zoom(1 / zoomStep) },
    { key: 'a', label: 'Earlier', does: pan(-panStep) },
    { key: 'd', label: 'Later', does: pan(panStep) },
    { key: 'z', label: 'Zoom to the row', does: does((shown) => zoomToFocused(shown)) },
    { key: '0', label: 'The whole trace', does: does((shown) => shown.zoom({ from: 0, to: shown.extent })) },
    { key: 'Escape', label: 'Close the details', does: does((shown) => shown.select(null)) },
    {
      key: ']',
      label: 'Close the details, or open them again',
      does: does((shown) => shown.select(shown.selectedId === null ? shown.focusedId : null)),
    },
  ];
}

export function findKeys(acts: PageActs): KeyAction[] {
  return [
    { key: 'n', label: 'Next match; with Shift the one before', does: (event) => stepMatch(acts, event.shiftKey ? -1 : 1) },
    { key: 'Enter', label: 'Open the details of a row' },
    { key: 'ArrowRight ArrowLeft', label: 'Open and close a row, step into its cells' },
    { key: '*', label: 'Open all rows beside this one' },
  ];
}

/** The match after, or before, the row that has the focus; around the end to the start. */
export function stepMatch(acts: PageActs, by: 1 | -1): void {
  const view = acts.view();
  if (!view || view.matches.length === 0) return;
  const row = view.matches[nextMatch(view.matches, view.rowOf(view.focusedId), by)] ?? -1;
  view.reveal(row);
  view.select(view.idOf(row), 'replace');
  requestAnimationFrame(() => acts.scrollTo(row));
}

function nextMatch(matches: Uint32Array, row: number, by: 1 | -1): number {
  const after = by === 1 ? matches.findIndex((match) => match > row) : matches.findLastIndex((match) => match < row);
  if (after !== -1) return after;
  return by === 1 ? 0 : matches.length - 1;
}

function zoomToFocused(view: WaterfallView): void {
  const row = view.rowOf(view.focusedId);
  if (row !== -1) view.zoomToRow(row);
}
