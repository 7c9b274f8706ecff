/**
 * The built UI: its files with the cache headers they allow, and one page for every address of the application. What the
 * page may load and connect to is this installation and nothing else.
 */
import { readdirSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { reservedPaths } from '@fluoroscope/contract/addresses';
import type { FastifyReply, FastifyRequest } from 'fastify';

const page = 'index.html';
/** The build puts here what bears its content's hash in its name. */
const hashedFolder = 'assets/';
const immutable = 'public, max-age=31536000, immutable';

export class Pages {
  /** Paths below the folder, with slashes; read once, as the build does not change while we run. */
  readonly #files: ReadonlySet<string>;

  constructor(folder: string) {
    this.#files = new Set(filesIn(folder));
  }

  /** True when the request was answered: with a file, or with the page for an address of the application. */
  async answer(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const file = this.#fileFor(request);
    if (file === null) return false;
    void reply.headers(headersFor(file, request.headers.host ?? ''));
    await reply.sendFile(file, { cacheControl: false });
    return true;
  }

  #fileFor(request: FastifyRequest): string | null {
    if (request.method !== 'GET' && request.method !== 'HEAD') return null;
    const path = decodedPath(request.url);
    if (path === null || isReserved(path)) return null;
    const file = path.slice(1);
    if (this.#files.has(file)) return file;
    const wantsPage = (request.headers.accept ?? '*/*').includes('text/html') || path === '/';
    return wantsPage && !path.startsWith(`/${hashedFolder}`) && this.#files.has(page) ? page : null;
  }
}

export function headersFor(file: string, host: string): Record<string, string> {
  const common = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
  if (file.startsWith(hashedFolder)) return { ...common, 'cache-control': immutable };
  const cached = { ...common, 'cache-control': 'no-cache' };
  return file === page ? { ...cached, 'content-security-policy': contentSecurityPolicy(host), 'x-frame-options': 'DENY' } : cached;
}

/** `host` has been checked; not every browser counts our own websocket as 'self'. */
function contentSecurityPolicy(host: string): string {
  return [
    "default-src 'self'",
    `connect-src 'self' ws://${host} wss://${host}`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export function isReserved(path: string): boolean {
  return reservedPaths.some((reserved) => (reserved.endsWith('/') ? `${path}/`.startsWith(reserved) : path === reserved));
}

function decodedPath(url: string): string | null {
  try {
    return decodeURIComponent(url.split('?', 1)[0] ?? '/');
  } catch {
    return null;
  }
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, `${entry.parentPath}${sep}${entry.name}`).split(sep).join('/'));
  } catch {
    return [];
  }
}
