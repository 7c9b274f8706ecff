/**
 * What the trace list shows: stored pages and live rows, merged, for one window and one filter.
 *
 * Live rows are kept as they come, without touching what is shown; `beat` (twice a second) shows new values of placed rows,
 * and places new rows only when it is told that nothing that is read would move. One page is asked for at a time, an answer
 * to an older question is thrown away, and a failure keeps the rows. What does not fit is counted, never hidden.
 */
import type { TracesDelta, TracesSnapshot } from '@fluoroscope/contract/live';
import type { TracePage, TraceRow } from '@fluoroscope/contract/traces';
import { announcer } from '../live/announcer.svelte.js';
import { type ApiTrouble, fetchJson, troubleFrom } from '../live/fetch-json.js';
import type { TimeWindow } from '../shell/window.js';
import { compareBy, newestOrder, type Order } from './columns.js';
import { apiQuery, asksStorage, type Filter, isFiltering, matches, noFilter, verdict } from './filter.js';
import { Missed } from './missed.js';
import { maxPlaced, newestFirst, TraceRows } from './trace-rows.js';

export interface TraceQuery {
  window: TimeWindow;
  filter: Filter;
}

const pageRows = 500;
/** Pages that are read at once when a filter finds little in each. */
const maxScannedPages = 6;
const enoughRows = 100;
/** The last live rows, whatever the filter: a wider filter finds them although they may not be stored yet. */
const maxRecent = 1_000;
/** New rows are marked for so long. */
const markedMs = 3_000;
/** What waits is not news for long. */
const betweenAnnouncementsMs = 30_000;
/** A live window ends a little later than now, because clocks differ. */
const aheadSeconds = 5;
const microsPerSecond = 1_000_000;

export class TraceList {
  rows = $state.raw<readonly TraceRow[]>([]);
  waiting = $state.raw(0);
  /** More wait than are held; they are in storage. */
  waitingOverflow = $state.raw(0);
  /** A page came for this query. */
  loaded = $state.raw(false);
  /** A page is being asked for: the first one, or an older one. */
  asking = $state.raw<'no' | 'first' | 'older'>('no');
  trouble = $state.raw<ApiTrouble | null>(null);
  /** Client's clock when the last page came. */
  readAtMs = $state.raw(0);
  /** Stored traces in the window that match what the server knows of the filter. */
  total = $state.raw<number | null>(null);
  /** There are more of them than `total`. */
  totalIsAtLeast = $state.raw(false);
  /** Stored traces in the window, without any filter; known when nothing matches. */
  totalUnfiltered = $state.raw<number | null>(null);
  /** There is an older page. */
  hasOlder = $state.raw(false);
  isFull = $state.raw(false);
  isOutOfOrder = $state.raw(false);
  /** Live rows that the server did not send, because there were too many at once. */
  leftOut = $state.raw(0);
  /** Rows that have just come, until they are not new any more. */
  fresh = $state.raw<ReadonlySet<string>>(new Set());
  /** Live rows that do not tell whether they meet the filter: who does is known when it is stored. */
  isUndecided = $state.raw(false);
  /** Epoch seconds: what is older has not been looked through; null when there is nothing older. */
  searchedTo = $state.raw<number | null>(null);
  order = $state.raw<Order>(newestOrder);
  /** The start of the row that the list begins at, because a link leads there and not all before it fits; null: the newest. */
  beginsAtMicros = $state.raw<number | null>(null);

  #question = '';
  #query: TraceQuery = { window: { kind: 'live', seconds: 0 }, filter: noFilter };
  #held = new TraceRows();
  #recent = new Map<string, TraceRow>();
  #before: string | null = null;
  #abort: AbortController | null = null;
  #freshUntilMs = 0;
  #changed = false;
  #snapshots = 0;
  readonly #missed = new Missed();
  readonly #undecided = new Missed();
  #announcedMs = Number.NEGATIVE_INFINITY;
  #storedTo: number | null = null;

  /** What is here, or on its way, answers the question. */
  isAnswerTo(question: string): boolean {
    return this.#question === question && (this.loaded || this.asking !== 'no');
  }

  /** Another window or filter, and a text that stands for it. What is here and matches stays until the answer comes. */
  ask(query: TraceQuery, question: string): void {
    this.#query = query;
    this.#question = question;
    const kept = this.#held.rows().filter((row) => this.#wants(row));
    this.#held = new TraceRows();
    this.#held.append(kept);
    this.#held.sort(compareBy(this.order));
    this.loaded = false;
    this.total = null;
    this.totalUnfiltered = null;
    this.#forgetMissed();
    this.searchedTo = null;
    this.#before = null;
    this.beginsAtMicros = null;
    this.#show();
    void this.#read('first');
  }

  /**
   * Reads on until the row is in the list, or begins the list at it when too many are newer. False: it is not stored, or not
   * in this window, or does not match.
   */
  async reach(traceId: string): Promise<boolean> {
    if (this.#held.has(traceId)) return true;
    const question = this.#question;
    try {
      const row = await this.find(traceId);
      if (question !== this.#question) return true;
      if (!row || !this.#isInWindow(row) || verdict(this.#query.filter, row) === false) return false;
      await this.#readTo(row);
      return true;
    } catch (error) {
      this.trouble = troubleFrom(error);
      return true; // nobody knows yet
    }
  }

  /** A row of this window by its ID, whatever the filter; null when storage does not know it. */
  async find(traceId: string): Promise<TraceRow | null> {
    const held = this.#held.get(traceId) ?? this.#recent.get(traceId);
    if (held) return held;
    const query = this.#windowQuery(new URLSearchParams({ q: traceId, limit: '1' }));
    const { rows } = await fetchJson<TracePage>(`/api/traces?${query}`);
    return rows.find((row) => row.traceId === traceId) ?? null;
  }

  async #readTo({ traceId, startMicros }: TraceRow): Promise<void> {
    if (this.#held.waiting > 0) this.place(Date.now());
    const query = this.#windowQuery(apiQuery(this.#query.filter));
    query.set('from', (startMicros / microsPerSecond).toFixed(3));
    query.set('limit', '1');
    const newer = await fetchJson<TracePage>(`/api/traces?${query}`);
    const question = this.#question;
    const isHere = () => question !== this.#question || this.trouble !== null || this.#held.has(traceId);
    const fits = !newer.totalIsAtLeast && newer.total < maxPlaced;
    while (fits && !isHere() && this.#before !== null && !this.#held.isFull) await this.#read('older');
    if (isHere()) return;
    this.beginsAtMicros = startMicros;
    await this.#read('first');
  }

  /** From the newest row on again. */
  fromNewest(): void {
    this.beginsAtMicros = null;
    void this.#read('first');
  }

  /** The same question again. */
  again(): void {
    void this.#read(this.loaded && this.#before !== null ? 'older' : 'first');
  }

  older(): void {
    if (this.asking === 'no' && this.#before !== null && !this.#held.isFull && this.trouble === null) void this.#read('older');
  }

  stop(): void {
    this.#abort?.abort();
  }

  tracesSnapshot({ rows }: TracesSnapshot): void {
    this.#accept(rows);
    // After a break there may be more than a snapshot holds.
    if (this.#snapshots++ > 0 && this.loaded) void this.#refresh();
  }

  tracesDelta({ rows, leftOut, unseen }: TracesDelta): void {
    this.#accept(rows);
    this.#missed.add(leftOut, Date.now());
    // Read once they are stored, without a word: nobody waits for them.
    this.#undecided.add(unseen, Date.now());
    this.leftOut = this.#missed.count;
  }

  /** Shows what has changed; places what waits when nothing that is read would move. */
  beat(nowMs: number, canPlace: boolean): void {
    if (canPlace && this.beginsAtMicros === null && this.#held.waiting > 0) this.place(nowMs);
    else if (this.#changed) this.#show();
    this.announce(nowMs);
    const isDue = [this.#missed, this.#undecided].filter((missed) => missed.isDue(nowMs)).length > 0;
    if (this.loaded && isDue) void this.#refresh();
    if (this.fresh.size > 0 && nowMs > this.#freshUntilMs) this.fresh = new Set();
  }

  /** Up to when the group of the page is stored: when that is more than before, there may be more members. */
  follow(storedTo: number | null): void {
    if (storedTo === this.#storedTo || !this.loaded || this.asking !== 'no') return;
    this.#storedTo = storedTo;
    if (storedTo !== null) void this.#refresh();
  }

  /** Only the count, as while the page is paused. */
  countWaiting(): void {
    this.waiting = this.#held.waiting;
    this.waitingOverflow = this.#held.waitingDropped;
  }

  /** Tells what waits, once in a while and only when something does. */
  announce(nowMs: number): void {
    if (this.waiting === 0 || nowMs - this.#announcedMs < betweenAnnouncementsMs) return;
    this.#announcedMs = nowMs;
    announcer.say(`${this.waiting} new ${this.waiting === 1 ? 'trace waits' : 'traces wait'}`);
  }

  /** What waits comes into the list. */
  place(nowMs: number): void {
    // Those between would be missing.
    if (this.beginsAtMicros !== null) {
      this.fromNewest();
      return;
    }
    const overflowed = this.#held.waitingDropped > 0;
    this.fresh = new Set(this.#held.place(this.order.column === newestOrder.column ? compareBy(this.order) : newestFirst));
    this.#freshUntilMs = nowMs + markedMs;
    this.#held.waitingDropped = 0;
    this.#show();
    if (overflowed) void this.#refresh();
  }

  sort(order: Order): void {
    this.order = order;
    this.#held.sort(compareBy(order));
    this.#show();
  }

  /** A row that does not tell is wanted when storage has said so before. */
  #wants(row: TraceRow): boolean {
    if (!this.#isInWindow(row)) return false;
    return verdict(this.#query.filter, row) ?? this.#held.get(row.traceId) !== undefined;
  }

  #isInWindow({ startMicros }: TraceRow): boolean {
    const { window } = this.#query;
    if (window.kind === 'live') return startMicros >= Date.now() * 1_000 - window.seconds * microsPerSecond;
    return startMicros >= window.from * microsPerSecond && startMicros <= window.to * microsPerSecond;
  }

  #accept(rows: readonly TraceRow[]): void {
    for (const row of rows) this.#recent.set(row.traceId, row);
    for (const id of this.#recent.keys()) {
      if (this.#recent.size <= maxRecent) break;
      this.#recent.delete(id);
    }
    this.#countUndecided(rows);
    this.#held.accept(rows, (row) => this.#wants(row));
    this.#changed = true;
  }

  #countUndecided(rows: readonly TraceRow[]): void {
    const { filter } = this.#query;
    // Of a group, storage says when it knows more.
    if (!asksStorage(filter) || filter.group !== null) return;
    const undecided = rows.filter(
      (row) => this.#isInWindow(row) && this.#held.get(row.traceId) === undefined && verdict(filter, row) === null,
    );
    this.#undecided.add(undecided.length, Date.now());
    this.isUndecided ||= undecided.length > 0;
  }

  #show(): void {
    this.#changed = false;
    this.rows = this.#held.rows();
    this.countWaiting();
    this.isFull = this.#held.isFull;
    this.hasOlder = this.#before !== null;
    this.isOutOfOrder = this.#held.isOutOfOrder(compareBy(this.order));
  }

  async #read(which: 'first' | 'older'): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.asking = which;
    try {
      await this.#readPages(which, abort.signal);
      this.trouble = null;
    } catch (error) {
      if (!abort.signal.aborted) this.trouble = troubleFrom(error);
    }
    if (!abort.signal.aborted) this.asking = 'no';
  }

  async #readPages(which: 'first' | 'older', signal: AbortSignal): Promise<void> {
    const atStart = this.#held.size;
    for (let pages = 0; pages < maxScannedPages; pages++) {
      const page = await this.#fetchPage(pages === 0 && which === 'first' ? null : this.#before, signal);
      if (pages === 0 && which === 'first') this.#begin();
      this.#adopt(page);
      if (this.#held.size - atStart >= enoughRows || page.before === null || this.#held.isFull) break;
    }
    if (this.#held.size === 0 && isFiltering(this.#query.filter)) this.totalUnfiltered = await this.#countAll(signal);
  }

  /** The first page takes the place of what was there; what is live and not stored yet comes with it. */
  #begin(): void {
    this.#held = new TraceRows();
    this.loaded = false;
    this.#forgetMissed();
  }

  #forgetMissed(): void {
    this.#missed.clear();
    this.#undecided.clear();
    this.leftOut = 0;
    this.isUndecided = false;
  }

  #adopt(page: TracePage): void {
    const isFirst = !this.loaded;
    this.#held.append(page.rows, (row) => matches(this.#query.filter, row));
    if (isFirst && this.beginsAtMicros === null) {
      this.#held.accept([...this.#recent.values()], (row) => this.#wants(row));
      this.#held.place(newestFirst);
      this.#held.sort(compareBy(this.order));
    }
    this.#before = page.before;
    this.searchedTo = page.before === null ? null : page.searchedTo;
    this.total = page.total;
    this.totalIsAtLeast = page.totalIsAtLeast;
    this.readAtMs = Date.now();
    this.loaded = true;
    this.#show();
  }

  /** The newest page again, for rows that were missed; they wait like any other. */
  async #refresh(): Promise<void> {
    try {
      const page = await this.#fetchPage(null, new AbortController().signal);
      const before = this.#held.size + this.#held.waiting;
      this.#held.accept(page.rows, (row) => this.#isInWindow(row) && matches(this.#query.filter, row));
      const oldest = page.before === null ? null : (page.rows.at(-1)?.startMicros ?? 0) / 1_000;
      const found = this.#held.size + this.#held.waiting - before;
      this.#missed.found(found, oldest);
      this.#undecided.found(found, oldest);
      this.leftOut = this.#missed.count;
      this.total = page.total;
      this.#changed = true;
    } catch {
      // The stream goes on, and its state says how fresh the page is.
    }
  }

  #fetchPage(before: string | null, signal: AbortSignal): Promise<TracePage> {
    const query = this.#windowQuery(apiQuery(this.#query.filter));
    query.set('limit', String(pageRows));
    if (before !== null) query.set('before', before);
    return fetchJson<TracePage>(`/api/traces?${query}`, { signal });
  }

  async #countAll(signal: AbortSignal): Promise<number> {
    const query = this.#windowQuery(new URLSearchParams({ limit: '1' }));
    return (await fetchJson<TracePage>(`/api/traces?${query}`, { signal })).total;
  }

  #windowQuery(query: URLSearchParams): URLSearchParams {
    const { window } = this.#query;
    const to = window.kind === 'fixed' ? window.to : Date.now() / 1_000 + aheadSeconds;
    const from = window.kind === 'fixed' ? window.from : to - aheadSeconds - window.seconds;
    const begin = this.beginsAtMicros === null ? to : Math.ceil(this.beginsAtMicros / 1_000 + 1) / 1_000;
    query.set('from', from.toFixed(3));
    query.set('to', Math.min(to, begin).toFixed(3));
    return query;
  }
}
