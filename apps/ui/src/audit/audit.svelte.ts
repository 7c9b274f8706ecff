/**
 * The events that the page shows: newest first, as far back as was asked. What comes meanwhile is counted and not shown until
 * it is asked for, so that no row moves under the reader.
 */
import { type AuditEvent, type AuditKept, type AuditPage, maxAuditPage } from '@fluoroscope/contract/audit';
import { type ApiTrouble, fetchJson, troubleFrom } from '../live/fetch-json.js';

const pollMs = 5_000;

export class Audit {
  /** Null before the first answer. */
  events = $state.raw<readonly AuditEvent[] | null>(null);
  kept = $state.raw<AuditKept | null>(null);
  total = $state.raw(0);
  /** That came since, and fit the filter. */
  waiting = $state.raw(0);
  trouble = $state.raw<ApiTrouble | null>(null);
  busy = $state.raw(false);
  #filter = '';
  #before = $state.raw<number | null>(null);
  #asking = new AbortController();

  get isWhole(): boolean {
    return this.#before === null;
  }

  /** Looks for what is new until the answer is called. */
  follow(): () => void {
    const timer = setInterval(() => {
      if (!document.hidden && !this.busy) void this.#look();
    }, pollMs);
    return () => {
      clearInterval(timer);
      this.#asking.abort();
    };
  }

  /** From the newest on; `filter` is the query of `GET /api/audit`. */
  async show(filter: string): Promise<void> {
    this.#filter = filter;
    this.#asking.abort();
    this.#asking = new AbortController();
    await this.#ask(null, (page) => page.events);
  }

  again(): Promise<void> {
    return this.show(this.#filter);
  }

  older(): Promise<void> {
    return this.#ask(this.#before, (page) => [...(this.events ?? []), ...page.events]);
  }

  /** Everything that fits the filter. */
  async all(): Promise<AuditEvent[]> {
    const events: AuditEvent[] = [];
    for (let before: number | null = null; ; ) {
      const page: AuditPage = await fetchJson(this.#path({ limit: maxAuditPage, before }));
      events.push(...page.events);
      before = page.before;
      if (before === null) return events;
    }
  }

  async #ask(before: number | null, take: (page: AuditPage) => AuditEvent[]): Promise<void> {
    const { signal } = this.#asking;
    this.busy = true;
    try {
      const page = await fetchJson<AuditPage>(this.#path({ before }), { signal });
      this.events = take(page);
      this.#before = page.before;
      this.#count(page);
      this.waiting = before === null ? 0 : this.waiting;
      this.trouble = null;
    } catch (error) {
      if (!signal.aborted) this.trouble = troubleFrom(error);
    }
    if (signal === this.#asking.signal) this.busy = false;
  }

  async #look(): Promise<void> {
    const { signal } = this.#asking;
    const page = await fetchJson<AuditPage>(this.#path({ limit: 1 }), { signal }).catch(() => null);
    if (page === null || signal.aborted || this.events === null) return;
    this.waiting = Math.max(0, page.total - this.total);
    this.kept = page.kept;
  }

  #count({ total, kept }: AuditPage): void {
    this.total = total;
    this.kept = kept;
  }

  #path({ limit, before = null }: { limit?: number; before?: number | null }): string {
    const query = new URLSearchParams(this.#filter);
    if (limit !== undefined) query.set('limit', String(limit));
    if (before !== null) query.set('before', String(before));
    return `/api/audit?${query}`;
  }
}
