/**
 * What a screen reader is told without asking, whatever page is shown: the connection lost and found, a node's faults passing
 * 5 %, and what a page has to say. At most one message in ten seconds; the newest waits, older ones that wait are dropped,
 * and a page's message gives way to those of the product.
 */
import { formatShare } from '@fluoroscope/format/format';
import type { Live, LiveState } from './live.svelte.js';
import { smallSample } from './statistics.js';

const pauseMs = 10_000;
const faultShare = 0.05;

class Announcer {
  text = $state.raw('');
  readonly #faulty = new Set<string>();
  #state: LiveState = 'connecting';
  #waiting: string | null = null;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** Of a page, and not urgent. */
  say(text: string): void {
    this.#waiting ??= text;
  }

  /** Looks at what is shown now. */
  follow(live: Live): void {
    this.#connection(live.state);
    if (live.window.kind === 'live') this.#faults(live);
    if (this.#waiting === null || live.nowMs - this.#lastMs < pauseMs) return;
    this.text = this.#waiting;
    this.#waiting = null;
    this.#lastMs = live.nowMs;
  }

  #connection(state: LiveState): void {
    if (state === this.#state) return;
    if (state === 'reconnecting') this.#waiting = 'Connection lost. The last values stay.';
    if (state === 'live' && (this.#state === 'reconnecting' || this.#state === 'stale')) this.#waiting = 'Connected again.';
    this.#state = state;
  }

  #faults({ graph }: Live): void {
    for (const { id, label, figures } of graph.nodes) {
      const high = figures.total >= smallSample && figures.outcomes.fault > figures.total * faultShare;
      if (high === this.#faulty.has(id)) continue;
      if (high) this.#faulty.add(id);
      else this.#faulty.delete(id);
      const share = formatShare(figures.outcomes.fault, figures.total);
      this.#waiting = high ? `${label}: fault share above 5 percent, now ${share}` : `${label}: fault share below 5 percent again`;
    }
  }
}

/** One for all pages, so that together they say no more than one may. */
export const announcer = new Announcer();
