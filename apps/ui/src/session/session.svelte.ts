/**
 * Who is signed in, and what that lets them do. Where nobody has to sign in, everybody may do everything. A session that ends
 * while the page is open (the key was taken away, twelve hours are over) brings the page for signing in, at the same address.
 */
import type { SessionAnswer, SessionKey, SignIn } from '@fluoroscope/contract/session';
import { fetchJson, onSignedOut } from '../live/fetch-json.js';

const path = '/api/session';
/** A connection that fails again and again asks no more often. */
const betweenChecksMs = 2_000;

export class Session {
  /** Null before the first answer: then nothing is known to be forbidden. */
  #answer = $state.raw<SessionAnswer | null>(null);
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor() {
    onSignedOut(() => void this.check());
  }

  get mustSignIn(): boolean {
    return this.#answer?.auth === 'sigv4' && this.#answer.key === null;
  }

  /** A secret may be typed here: nobody on the way can read it. */
  get isPrivate(): boolean {
    return this.#answer?.auth !== 'sigv4' || this.#answer.key !== null || this.#answer.isPrivate;
  }

  /** Null where nobody signs in. */
  get key(): SessionKey | null {
    return this.#answer?.auth === 'sigv4' ? this.#answer.key : null;
  }

  /** Epoch milliseconds; null where nobody signs in. */
  get untilMs(): number | null {
    return this.#answer?.auth === 'sigv4' && this.#answer.key !== null ? this.#answer.untilSeconds * 1_000 : null;
  }

  /** Why nothing can be changed here, in a sentence; null when it can. */
  get readOnly(): string | null {
    return this.key?.policy === 'read-only' ? 'Your key is read-only: changing this needs one with full access.' : null;
  }

  /** Asks the server; what cannot be asked changes nothing. */
  async check(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#askedAtMs < betweenChecksMs) return;
    this.#askedAtMs = nowMs;
    this.#answer = await fetchJson<SessionAnswer>(path).catch(() => this.#answer);
  }

  /** Throws ApiTrouble. The page begins anew, so that everything in it is asked for again. */
  async signIn(given: SignIn): Promise<void> {
    await fetchJson(path, { method: 'POST', body: given });
    location.reload();
  }

  async signOut(): Promise<void> {
    await fetchJson(path, { method: 'DELETE' }).catch(() => {});
    location.reload();
  }
}

export const session = new Session();
