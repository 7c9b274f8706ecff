/**
 * The data of the page: stream, graph and ingest counters, and the two beats at which they are shown. Pausing stops the
 * beats, not the stream; while the connection is away the last values stay. Shows the last minutes, or what is stored of an
 * earlier time; then the stream's graph room is left, and one snapshot brings the page back to now.
 */
import type { IngestCounters } from '@fluoroscope/contract/counters';
import type { SliceRows } from '@fluoroscope/contract/graph';
import type { GraphSlicesAnswer, HistoryPeriod } from '@fluoroscope/contract/history';
import { type GroupGraphMessage, liveWindowSeconds } from '@fluoroscope/contract/live';
import type { TimeWindow } from '../shell/window.js';
import { type ApiTrouble, fetchJson, troubleFrom } from './fetch-json.js';
import { GraphStore } from './graph-store.svelte.js';
import { SavedGroups } from './groups.svelte.js';
import { IngestStore } from './ingest-store.svelte.js';
import { Insights } from './insights.svelte.js';
import { type AskSlices, alignedRange, periodFor, type StoredRange, StoredSlices } from './stored-slices.js';
import { LiveStream } from './stream.svelte.js';

/** Text is written this often. */
const figuresMs = 500;
/** Without a message for so long, what is shown is old. */
export const staleMs = 5_000;
/** Without a change for so long, the stream is quiet rather than fast. */
export const quietMs = 10_000;
/** Work that waits longer than this is told of. */
const behindMs = 5_000;
/** What the stream brings in rows of ten seconds is exchanged for stored rows this often, so that it does not pile up. */
const renewMs = 300_000;
/** The stored minutes end this long before now: the latest may still be on their way. */
const unsettledSeconds = 120;

/** The group to which everything is narrowed. */
export interface GroupScope {
  name: string;
  /** Null while it is not known: then nothing is told of it yet. */
  id: string | null;
}

export type LiveState = 'connecting' | 'live' | 'paused' | 'stale' | 'reconnecting' | 'history';

export class Live {
  readonly graph = new GraphStore();
  readonly ingest = new IngestStore();
  readonly insights = new Insights();
  readonly stream: LiveStream;
  readonly groups = new SavedGroups();
  /** Of the group that is shown. */
  stored = new StoredSlices(askerOf(null));
  paused = $state.raw(false);
  /** The client's clock, twice a second. */
  nowMs = $state.raw(Date.now());
  /** Requests from outside that wait behind a pause. */
  waiting = $state.raw(0);
  /** What is shown: now, or an earlier time. */
  window = $state.raw<TimeWindow>({ kind: 'live', seconds: liveWindowSeconds });
  /** What is shown is narrowed to it; null: everything is shown. */
  group = $state.raw<GroupScope | null>(null);
  /** Of the group, while it is shown live: epoch seconds up to which its slices are stored; null before the first. */
  storedTo = $state.raw<number | null>(null);
  /** Traces that are shown belong to the group by an older version of its filter. */
  containsOldGroupVersions = $state.raw(false);
  /** Stored rows are on their way. */
  loading = $state.raw(false);
  /** Why stored rows did not come; what was shown stays. */
  trouble = $state.raw<ApiTrouble | null>(null);
  #frame: number | null = null;
  #pendingIngest: { now: number; counters: IngestCounters } | null = null;
  /** Grows with every wish for stored rows: the answer to an earlier one comes too late. */
  #wish = 0;
  #clockAheadMs = 0;
  #renewAt = Number.POSITIVE_INFINITY;
  #seenAtPause = 0;

  constructor() {
    this.stream = new LiveStream({
      graphSnapshot: (message) => {
        this.#hear(message.now);
        this.graph.snapshot(message);
        this.#schedule();
      },
      graphDelta: (message) => {
        this.#hear(message.now);
        this.graph.delta(message);
        this.#schedule();
      },
      groupSnapshot: (message) => {
        this.#hearGroup(message);
        this.graph.snapshot({ ...message, now: message.storedTo * 1_000 });
        this.#schedule();
      },
      groupDelta: (message) => {
        this.#hearGroup(message);
        this.graph.delta({ ...message, now: message.storedTo * 1_000 });
        this.#schedule();
      },
      ingest: (message) => {
        this.#hear(message.now);
        this.#pendingIngest = message;
      },
    });
  }

  /** Starts the stream and the beats; the answer stops both. */
  listen(): () => void {
    const stop = this.stream.listen();
    const stopInsights = this.insights.follow(this.stream);
    const stopGroups = this.groups.follow(this.stream);
    const timer = setInterval(() => this.#beat(), figuresMs);
    return () => {
      clearInterval(timer);
      if (this.#frame !== null) cancelAnimationFrame(this.#frame);
      stopInsights();
      stopGroups();
      stop();
    };
  }

  /**
   * Shows this window from now on, of the group or of everything. `period` is what the rows of an earlier time are to stand for, at
   * least.
   */
  show(window: TimeWindow, period: HistoryPeriod = 10, group: GroupScope | null = null): void {
    this.#narrow(group);
    this.window = window;
    this.#wish++;
    this.trouble = null;
    this.#renewAt = Number.POSITIVE_INFINITY;
    this.stream.want('graph', window.kind === 'live' && group === null);
    this.stream.wantGroup(window.kind === 'live' ? (group?.id ?? null) : null);
    // Whether there is such a group is not known yet.
    if (group?.id === null) return;
    if (window.kind === 'fixed') this.#showStored(window, period);
    else this.#followLive(window.seconds);
  }

  #narrow(group: GroupScope | null): void {
    const before = this.group;
    this.group = group;
    const isKnown = before?.id != null && group?.id != null;
    if (group?.name === before?.name && (!isKnown || group?.id === before.id)) return;
    this.storedTo = null;
    this.containsOldGroupVersions = false;
    this.stored = new StoredSlices(askerOf(group?.name ?? null));
    this.graph.narrow(group?.name ?? null);
  }

  #followLive(seconds: number): void {
    this.loading = false;
    this.graph.followLive(seconds, this.group !== null);
    this.#schedule();
    if (seconds > liveWindowSeconds) this.#loadOlder(seconds);
  }

  #loadOlder(seconds: number): void {
    this.#renewAt = Date.now() + renewMs;
    const period = seconds <= 900 ? 10 : periodFor(seconds);
    const nowSeconds = this.serverNowMs / 1_000;
    const until = Math.floor((nowSeconds - unsettledSeconds) / period) * period;
    const range = { ...alignedRange({ from: nowSeconds - seconds, to: until }, period), to: until };
    this.#load(range, (slices) => {
      this.graph.older(slices, until);
      this.#schedule();
    });
  }

  #showStored({ from, to }: { from: number; to: number }, period: HistoryPeriod): void {
    const wanted = alignedRange({ from, to }, Math.max(period, periodFor(to - from)) as HistoryPeriod);
    const known = this.stored.known(wanted);
    this.loading = false;
    const show = (slices: readonly SliceRows[]) => {
      this.containsOldGroupVersions = this.stored.containsOldGroupVersions(wanted);
      this.graph.showStored(slices, wanted);
      this.#writeRest();
    };
    if (known) show(known);
    else this.#load(wanted, show);
  }

  /** No message comes that would make the frames in which a large graph is written. */
  #writeRest(): void {
    requestAnimationFrame(() => {
      if (this.window.kind === 'fixed' && this.graph.writeRest()) this.#writeRest();
    });
  }

  #load(range: StoredRange, then: (slices: readonly SliceRows[]) => void): void {
    const wish = ++this.#wish;
    this.loading = true;
    const settle = (finish: () => void) => {
      if (wish !== this.#wish) return;
      this.loading = false;
      finish();
    };
    this.stored.range(range).then(
      (slices) => settle(() => then(slices)),
      (error) =>
        settle(() => {
          this.trouble = troubleFrom(error);
        }),
    );
  }

  togglePause(): void {
    this.paused = !this.paused;
    this.waiting = 0;
    this.#seenAtPause = this.graph.requestsSeen;
    if (this.paused) return;
    this.graph.flushGeometry();
    this.#beat();
  }

  get state(): LiveState {
    if (!this.stream.connected) return this.stream.everConnected ? 'reconnecting' : 'connecting';
    if (this.window.kind === 'fixed') return 'history';
    if (this.paused) return 'paused';
    if (!this.graph.loaded) return 'connecting';
    return this.silentMs > staleMs ? 'stale' : 'live';
  }

  /** Time since any message. */
  get silentMs(): number {
    return this.stream.heardAt === null ? 0 : Math.max(0, this.nowMs - this.stream.heardAt);
  }

  /** Age of the newest change; null before the first. */
  get ageMs(): number | null {
    return this.graph.newestAt === null ? null : Math.max(0, this.nowMs - this.graph.newestAt);
  }

  /** How long the writer needs for what waits in the log, at its pace; null when it keeps up. */
  get behindMs(): number | null {
    const lag = this.ingest.counters?.writer?.lag ?? 0;
    const pace = this.ingest.storedPerSecond ?? 0;
    const behind = pace > 0 ? (lag / pace) * 1_000 : 0;
    return behind > behindMs ? behind : null;
  }

  /** How old the newest slices of the group are; null while none is shown live. */
  get groupAgeMs(): number | null {
    if (this.storedTo === null || this.window.kind === 'fixed') return null;
    return Math.max(0, this.nowMs + this.#clockAheadMs - this.storedTo * 1_000);
  }

  /** The server's clock, epoch milliseconds, whatever is shown. */
  get serverNowMs(): number {
    return Date.now() + this.#clockAheadMs;
  }

  #hearGroup({ now, storedTo, containsOldGroupVersions }: GroupGraphMessage): void {
    this.#hear(now);
    this.storedTo = storedTo;
    this.containsOldGroupVersions = containsOldGroupVersions;
  }

  #hear(serverNowMs: number): void {
    this.#clockAheadMs = serverNowMs - Date.now();
  }

  /** One flush per frame, however many messages came. */
  #schedule(): void {
    if (this.paused || this.#frame !== null || document.hidden) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = null;
      if (!this.paused) this.graph.flushGeometry();
    });
  }

  #beat(): void {
    if (document.hidden) return;
    this.nowMs = Date.now();
    if (this.#pendingIngest && !this.paused) {
      this.ingest.show(this.#pendingIngest);
      this.#pendingIngest = null;
    }
    if (this.window.kind === 'live' && this.nowMs > this.#renewAt) this.#loadOlder(this.window.seconds);
    if (this.paused) this.waiting = Math.max(0, this.graph.requestsSeen - this.#seenAtPause);
    // A silent stream is not a quiet one: rates must not sink because nobody tells them.
    else if (this.state === 'live') this.graph.flushFigures();
  }
}

function askerOf(group: string | null): AskSlices {
  return ({ from, to, period }) => {
    const query = new URLSearchParams({ from: String(from), to: String(to), period: String(period), ...(group === null ? {} : { group }) });
    return fetchJson<GraphSlicesAnswer>(`/api/graph/slices?${query}`);
  };
}
