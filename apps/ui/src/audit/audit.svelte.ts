/**
 * The events that the page shows: newest first, as far back as was asked. What comes meanwhile is counted and not shown until
 * it is asked for, so that no row moves under the reader.
 */
import { type AuditEvent, type AuditKept, type AuditPage, maxAuditPage, type Refusals } from '@fluoroscope/contract/audit';
import type { AuditMessage } from '@fluoroscope/contract/live';
import { type ApiTrouble, fetchJson, troubleFrom } from '../live/fetch-json.js';
import type { LiveStream } from '../live/stream.svelte.js';

export class Audit {
  /** Null before the first answer. */
  events = $state.raw<readonly AuditEvent[] | null>(null);
  kept = $state.raw<AuditKept | null>(null);
  total = $state.raw(0);
  /** That came since, and fit the filter. */
  waiting = $state.raw(0);
  /** Null before the first message. */
  refusals = $state.raw<Refusals | null>(null);
  trouble = $state.raw<ApiTrouble | null>(null);
  busy = $state.raw(false);
  #filter = '';
  #before = $state.raw<number | null>(null);
  #asking = new AbortController();
  /** Position of the newest event there is, as far as the stream has told. */
  #newest: number | null = null;

  get isWhole(): boolean {
    return this.#before === null;
  }

  /** Until the answer is called. */
  follow(stream: LiveStream): () => void {
    const stop = stream.followAudit((message) => this.#hear(message));
    return () => {
      stop();
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
    const newest = this.#newest;
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
    if (signal !== this.#asking.signal) return;
    this.busy = false;
    // What came meanwhile may be in no answer.
    if (newest !== this.#newest) void this.#look();
  }

  #hear({ newest, refusals }: AuditMessage): void {
    this.refusals = refusals;
    if (newest === this.#newest) return;
    this.#newest = newest;
    if (!this.busy) void this.#look();
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
