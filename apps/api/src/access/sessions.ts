/**
 * Browsers that signed in with a key. A session is a cookie that the key's own secret vouches for, so it holds in every
 * process, also after a restart, and ends with the key, with its secret, or after 12 hours. Who signs out has it forgotten by
 * the browser, and refused by this process for as long as it would have lasted.
 *
 * A cookie is heeded over TLS or on this machine only, and its name bears our port: browsers share cookies between ports.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AccessKey, KeyRing } from './key-ring.js';
import { isEncrypted, isPrivate } from './privacy.js';

export const sessionSeconds = 12 * 3600;
const maxSignedOut = 10_000;
const purpose = 'fluoroscope session';

export interface Session {
  key: AccessKey;
  untilSeconds: number;
}

export class Sessions {
  readonly #keys: KeyRing;
  readonly #signedOut = new Map<string, number>();

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** The `set-cookie` that begins a session. */
  begin(key: AccessKey, request: IncomingMessage, nowMs: number): string {
    const said = `${key.id}.${Math.floor(nowMs / 1000) + sessionSeconds}.${randomBytes(16).toString('base64url')}`;
    return cookie(request, vouched(key, said), sessionSeconds);
  }

  /** Null without a session that holds. */
  of(request: IncomingMessage, nowMs: number): Session | null {
    const value = cookieOf(request);
    if (value === null || !isPrivate(request.socket) || this.#signedOut.has(value)) return null;
    const [id = '', until = '', nonce = ''] = value.split('.');
    const key = this.#keys.get(id);
    if (key === undefined || Number(until) * 1000 <= nowMs) return null;
    // As texts: several texts are the same bytes in base64, and one of those would not be known as signed out.
    const said = `${id}.${until}.${nonce}`;
    const [expected, given] = [Buffer.from(vouched(key, said)), Buffer.from(value)];
    return expected.length === given.length && timingSafeEqual(expected, given) ? { key, untilSeconds: Number(until) } : null;
  }

  /** The `set-cookie` that ends it. */
  end(request: IncomingMessage, nowMs: number): string {
    const session = this.of(request, nowMs);
    const value = cookieOf(request);
    if (session !== null && value !== null) this.#refuse(value, session.untilSeconds * 1000, nowMs);
    return cookie(request, '', 0);
  }

  #refuse(value: string, untilMs: number, nowMs: number): void {
    for (const [old, oldUntilMs] of this.#signedOut) {
      if (oldUntilMs > nowMs && this.#signedOut.size < maxSignedOut) break;
      this.#signedOut.delete(old);
    }
    this.#signedOut.set(value, untilMs);
  }
}

/** What was said, and that this key's secret says so. */
function vouched({ secret }: AccessKey, said: string): string {
  return `${said}.${createHmac('sha256', secret).update(`${purpose} ${said}`).digest('base64url')}`;
}

function cookie(request: IncomingMessage, value: string, seconds: number): string {
  const secure = isEncrypted(request.socket) ? '; Secure' : '';
  return `${cookieName(request)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}

function cookieOf(request: IncomingMessage): string | null {
  const start = `${cookieName(request)}=`;
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(start))?.slice(start.length) || null;
}

function cookieName({ socket }: IncomingMessage): string {
  return `fluoroscope-${socket.localPort}`;
}
