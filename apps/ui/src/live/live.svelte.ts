/**
 * The live data of the page: stream, graph and ingest counters, and the two beats at which they are shown. Pausing stops
 * the beats, not the stream; while the connection is away the last values stay.
 */
import type { IngestCounters } from '@fluoroscope/contract/counters';
import { GraphStore } from './graph-store.svelte.js';
import { IngestStore } from './ingest-store.svelte.js';
import { LiveStream } from './stream.svelte.js';

/** Text is written this often. */
const figuresMs = 500;
/** Without a message for so long, what is shown is old. */
export const staleMs = 5_000;
/** Without a change for so long, the stream is quiet rather than fast. */
export const quietMs = 10_000;

export type LiveState = 'connecting' | 'live' | 'paused' | 'stale' | 'reconnecting';

export class Live {
  readonly graph = new GraphStore();
  readonly ingest = new IngestStore();
  readonly stream: LiveStream;
  paused = $state.raw(false);
  /** The client's clock, twice a second. */
  nowMs = $state.raw(Date.now());
  /** Changes that wait behind a pause. */
  waiting = $state.raw(0);
  #frame: number | null = null;
  #pendingIngest: { now: number; counters: IngestCounters } | null = null;

  constructor() {
    this.stream = new LiveStream({
      graphSnapshot: (message) => {
        this.graph.snapshot(message);
        this.#schedule();
      },
      graphDelta: (message) => {
        this.graph.delta(message);
        this.#schedule();
      },
      ingest: (message) => {
        this.#pendingIngest = message;
      },
    });
  }

  /** Starts the stream and the beats; the answer stops both. */
  listen(): () => void {
    const stop = this.stream.listen();
    const timer = setInterval(() => this.#beat(), figuresMs);
    return () => {
      clearInterval(timer);
      if (this.#frame !== null) cancelAnimationFrame(this.#frame);
      stop();
    };
  }

  togglePause(): void {
    this.paused = !this.paused;
    this.waiting = 0;
    if (this.paused) return;
    this.graph.flushGeometry();
    this.#beat();
  }

  get state(): LiveState {
    if (!this.stream.connected) return this.stream.everConnected ? 'reconnecting' : 'connecting';
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

  /** One flush per frame, however many messages came. */
  #schedule(): void {
    if (this.paused) {
      this.waiting++;
      return;
    }
    if (this.#frame !== null || document.hidden) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = null;
      if (!this.paused) this.graph.flushGeometry();
    });
  }

  #beat(): void {
    if (document.hidden) return;
    this.nowMs = Date.now();
    if (this.paused) return;
    if (this.#pendingIngest) this.ingest.show(this.#pendingIngest);
    this.#pendingIngest = null;
    // A silent stream is not a quiet one: rates must not sink because nobody tells them.
    if (this.state === 'live') this.graph.flushFigures();
  }
}
