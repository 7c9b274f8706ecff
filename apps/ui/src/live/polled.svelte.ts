/** An answer of the api that is asked for again and again while somebody looks. The last answer stays when one fails. */
import type { TimeWindow } from '../shell/window.js';
import { type ApiTrouble, fetchJson, troubleFrom } from './fetch-json.js';

export class Polled<Answer> {
  /** Null before the first answer. */
  answer = $state.raw<Answer | null>(null);
  trouble = $state.raw<ApiTrouble | null>(null);
  #ask: (() => void) | null = null;

  /** Asks at once and then every so often; null: once. The path is made anew each time. The answer stops it. */
  follow(path: () => string, everyMs: number | null): () => void {
    const stop = new AbortController();
    const ask = () => {
      if (!document.hidden) void this.#fetch(path(), stop.signal);
    };
    const timer = everyMs === null ? null : setInterval(ask, everyMs);
    this.#ask = ask;
    ask();
    return () => {
      if (timer !== null) clearInterval(timer);
      stop.abort();
    };
  }

  again(): void {
    this.#ask?.();
  }

  forget(): void {
    this.answer = null;
    this.trouble = null;
  }

  async #fetch(path: string, signal: AbortSignal): Promise<void> {
    try {
      const answer = await fetchJson<Answer>(path, { signal });
      if (signal.aborted) return;
      this.answer = answer;
      this.trouble = null;
    } catch (error) {
      if (!signal.aborted) this.trouble = troubleFrom(error);
    }
  }
}

/** Stays equal while the address changes in other ways, so that nothing is asked for again. */
export function rangeKey(window: TimeWindow): string {
  return window.kind === 'fixed' ? `${window.from} ${window.to}` : String(window.seconds);
}

/** Of a key as `rangeKey` writes it: the bounds, which for a live window end now. */
export function rangeOf(key: string, nowSeconds: number): { from: number; to: number; moving: boolean } {
  const [first = 0, to] = key.split(' ').map(Number);
  return to === undefined ? { from: nowSeconds - first, to: nowSeconds, moving: true } : { from: first, to, moving: false };
}
