/** Where in the application an address leads, and back. Nothing in an address makes this throw; what leads nowhere is `unknown`. */
export type Page = 'map' | 'traces' | 'trace' | 'sampling' | 'insights' | 'audit' | 'ingest' | 'styleguide' | 'unknown';

export interface Place {
  page: Page;
  /** Of the page `trace`, as it was written; nobody has checked it. */
  traceId: string | null;
  /** As the address has it. */
  path: string;
  query: ReadonlyMap<string, string>;
}

const paths: ReadonlyMap<string, Page> = new Map([
  ['/', 'map'],
  ['/traces', 'traces'],
  ['/sampling', 'sampling'],
  ['/insights', 'insights'],
  ['/audit', 'audit'],
  ['/ingest', 'ingest'],
]);

export function readPlace({ pathname, search }: { pathname: string; search: string }): Place {
  const path = pathname === '/' ? '/' : pathname.replace(/\/+$/, '');
  const query = new Map(new URLSearchParams(search));
  const page = query.has('styleguide') || (import.meta.env.DEV && path === '/styleguide') ? 'styleguide' : paths.get(path);
  if (page) return { page, traceId: null, path, query };
  const traceId = readTraceId(path);
  return traceId === null ? { page: 'unknown', traceId, path, query } : { page: 'trace', traceId, path, query };
}

function readTraceId(path: string): string | null {
  const [, text] = /^\/traces\/([^/]+)$/.exec(path) ?? [];
  try {
    return text === undefined ? null : decodeURIComponent(text);
  } catch {
    return null;
  }
}

export function writePlace({ path, query }: Pick<Place, 'path' | 'query'>): string {
  const text = new URLSearchParams([...query].filter(([, value]) => value !== '')).toString();
  return text === '' ? path : `${path}?${text}`;
}

export function tracePath(traceId: string): string {
  return `/traces/${encodeURIComponent(traceId)}`;
}
