/** The address is the state: page, view, selection and search. Selecting makes a step that Back undoes; typing does not. */
export type Page = 'map' | 'ingest';
export type View = 'map' | 'table';
export type Selection = { kind: 'node' | 'edge'; id: string };

interface Place {
  page: Page;
  /** Null: what suits the screen. */
  view: View | null;
  selection: Selection | null;
  query: string;
}

export class Route {
  #place = $state.raw<Place>(read(location));

  get page(): Page {
    return this.#place.page;
  }

  get view(): View | null {
    return this.#place.view;
  }

  get selection(): Selection | null {
    return this.#place.selection;
  }

  get query(): string {
    return this.#place.query;
  }

  /** Follows Back and Forward; the answer stops. */
  listen(): () => void {
    const follow = () => {
      this.#place = read(location);
    };
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }

  select(selection: Selection | null): void {
    const known = this.selection;
    if (known?.kind === selection?.kind && known?.id === selection?.id) return;
    this.#go({ ...this.#place, page: 'map', selection }, 'push');
  }

  show(view: View): void {
    this.#go({ ...this.#place, page: 'map', view }, 'push');
  }

  open(page: Page): void {
    if (page !== this.page) this.#go({ ...this.#place, page, selection: page === 'map' ? this.selection : null }, 'push');
  }

  search(query: string): void {
    this.#go({ ...this.#place, query }, 'replace');
  }

  /** The address of a page, for links. */
  static address(page: Page): string {
    return page === 'map' ? '/' : `/${page}`;
  }

  #go(place: Place, how: 'push' | 'replace'): void {
    this.#place = place;
    const address = write(place);
    if (how === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
  }
}

function read({ pathname, search }: Location): Place {
  const query = new URLSearchParams(search);
  const view = query.get('view');
  return {
    page: pathname === '/ingest' ? 'ingest' : 'map',
    view: view === 'map' || view === 'table' ? view : null,
    selection: readSelection(query),
    query: query.get('q') ?? '',
  };
}

function readSelection(query: URLSearchParams): Selection | null {
  for (const kind of ['node', 'edge'] as const) {
    const id = query.get(kind);
    if (id) return { kind, id };
  }
  return null;
}

function write({ page, view, selection, query }: Place): string {
  const search = new URLSearchParams();
  if (view) search.set('view', view);
  if (query) search.set('q', query);
  if (selection) search.set(selection.kind, selection.id);
  const text = search.toString();
  return Route.address(page) + (text ? `?${text}` : '');
}
