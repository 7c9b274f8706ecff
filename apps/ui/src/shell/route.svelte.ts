/**
 * The address is the state: page, window, selection, search, and whatever else a page keeps in its query. A change that
 * the user would want to take back is pushed, so that Back undoes it; typing and playing replace. A link opens the same view.
 */
import { type Page, type Place, readPlace, tracePath, writePlace } from './place.js';
import { readWindow, type TimeWindow, windowQuery } from './window.js';

export type View = 'map' | 'table';
export type Selection = { kind: 'node' | 'edge'; id: string };
export type Step = 'push' | 'replace';
/** Null takes a key away. */
export type Changes = Readonly<Record<string, string | null>>;

/** What a page takes with it when another is opened. */
const sharedKeys = ['last', 'from', 'to', 'group'] as const;

export class Route {
  #place = $state.raw<Place>(readPlace(location));
  readonly #window = $derived(readWindow(this.#place.query));

  get page(): Page {
    return this.#place.page;
  }

  /** Of the page `trace`; as it stands in the address, unchecked. */
  get traceId(): string | null {
    return this.#place.traceId;
  }

  /** The path as it stands in the address. */
  get path(): string {
    return this.#place.path;
  }

  /** A member of the query; null when it is not there. */
  get(key: string): string | null {
    return this.#place.query.get(key) ?? null;
  }

  /** Changes members of the query; what is equal to what is there makes no step. */
  set(changes: Changes, step: Step = 'push'): void {
    this.#go({ ...this.#place, query: changed(this.#place.query, changes) }, step);
  }

  get window(): TimeWindow {
    return this.#window;
  }

  /** Name of the saved group to which everything is narrowed; null: everything is shown. */
  get group(): string | null {
    return this.get('group');
  }

  setWindow(window: TimeWindow, step: Step = 'push'): void {
    this.set(windowQuery(window), step);
  }

  /** Follows Back and Forward; the answer stops. */
  listen(): () => void {
    const follow = () => {
      this.#place = readPlace(location);
    };
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }

  /** The address of a page, for links: the window and the group go with it, the rest of the query does not. */
  address(path: string, changes: Changes = {}): string {
    const shared = sharedKeys.flatMap((key) => {
      const value = this.#place.query.get(key);
      return value === undefined ? [] : [[key, value] as const];
    });
    return writePlace({ path, query: changed(new Map(shared), changes) });
  }

  /** A link to exactly this: a window that follows now is nailed down where it stands. */
  exactLink(shownMs: number): string {
    const { window } = this;
    const fixed = { kind: 'fixed', from: shownMs / 1_000 - (window.kind === 'live' ? window.seconds : 0), to: shownMs / 1_000 } as const;
    const query = changed(this.#place.query, windowQuery(window.kind === 'live' ? fixed : window));
    return new URL(writePlace({ path: this.path, query }), location.origin).href;
  }

  traceAddress(traceId: string, changes: Changes = {}): string {
    return this.address(tracePath(traceId), changes);
  }

  /** Goes to an address of ours. */
  open(address: string, step: Step = 'push'): void {
    const { pathname, search } = new URL(address, location.origin);
    this.#go(readPlace({ pathname, search }), step);
  }

  /** For `onclick` of links within the application; a click that asks for another tab is left to the browser. */
  follow(event: MouseEvent): void {
    const link = event.currentTarget;
    const href = link instanceof HTMLAnchorElement ? link.href : link instanceof SVGAElement ? link.href.baseVal : null;
    if (href === null || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.open(href);
  }

  get view(): View | null {
    const view = this.get('view');
    return view === 'map' || view === 'table' ? view : null;
  }

  get selection(): Selection | null {
    for (const kind of ['node', 'edge'] as const) {
      const id = this.get(kind);
      if (id) return { kind, id };
    }
    return null;
  }

  get query(): string {
    return this.get('q') ?? '';
  }

  select(selection: Selection | null): void {
    const id = (kind: Selection['kind']) => (selection?.kind === kind ? selection.id : null);
    this.set({ node: id('node'), edge: id('edge') });
  }

  show(view: View): void {
    this.set({ view });
  }

  search(query: string): void {
    this.set({ q: query }, 'replace');
  }

  #go(place: Place, step: Step): void {
    const address = writePlace(place);
    if (address === writePlace(this.#place)) return;
    this.#place = place;
    if (step === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
  }
}

function changed(query: ReadonlyMap<string, string>, changes: Changes): Map<string, string> {
  const next = new Map(query);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(key);
    else next.set(key, value);
  }
  return next;
}
