/**
 * The time machine: the moment that is shown, moved by hand or by a clock that runs up to a hundred times as fast as ours.
 *
 * The moment is the end of the window in the address, so every step of it is a link. It moves in whole periods of the stored
 * rows, and waits while rows are on their way: nothing is skipped. Where the past ends, the page is live again.
 */
import type { HistoryPeriod } from '@fluoroscope/contract/history';
import type { Live } from '../live/live.svelte.js';
import { alignedRange, periodFor } from '../live/stored-slices.js';
import type { Route } from './route.svelte.js';
import { defaultWindow } from './window.js';

export const speeds = [1, 2, 5, 10, 30, 100] as const;
export type Speed = (typeof speeds)[number];

const tickMs = 100;
/** From this speed on a second passes more time than a row of ten seconds is worth. */
const coarseSpeed = 30;
/** Rows are asked for so long before they are shown. */
const aheadMs = 15_000;
/** The latest slices are still being written: there the past ends. */
const unsettledSeconds = 20;

export class Player {
  playing = $state.raw(false);
  speed = $state.raw<Speed>(10);
  readonly #live: Live;
  readonly #route: Route;
  /** Where the clock stands between two steps, epoch seconds. */
  #at = 0;
  #lastTickMs = 0;
  /** What was shown live, for the way back. */
  #liveSeconds = defaultWindow.kind === 'live' ? defaultWindow.seconds : 0;

  constructor(live: Live, route: Route) {
    this.#live = live;
    this.#route = route;
  }

  /** Starts the clock; the answer stops it. */
  listen(): () => void {
    const timer = setInterval(() => this.#tick(Date.now()), tickMs);
    return () => clearInterval(timer);
  }

  /** Epoch seconds; null while the page is live. */
  get moment(): number | null {
    const { window } = this.#route;
    return window.kind === 'fixed' ? window.to : null;
  }

  /** Length of what is shown, in seconds. */
  get span(): number {
    const { window } = this.#route;
    return window.kind === 'fixed' ? window.to - window.from : window.seconds;
  }

  /** What the rows are to stand for at least. */
  get period(): HistoryPeriod {
    return this.playing && this.speed >= coarseSpeed ? 60 : 10;
  }

  /** The last moment that is whole in storage. */
  get end(): number {
    return Math.floor(this.#live.serverNowMs / 1_000 / 10) * 10 - unsettledSeconds;
  }

  /** Shows another moment; going on from there is not another step back. */
  scrubTo(moment: number): void {
    const { window } = this.#route;
    if (window.kind === 'live') this.#liveSeconds = window.seconds;
    this.#show(moment, window.kind === 'live' ? 'push' : 'replace');
  }

  #show(moment: number, step: 'push' | 'replace'): void {
    const to = Math.min(Math.round(moment / 10) * 10, this.end);
    this.#at = to;
    this.#route.setWindow({ kind: 'fixed', from: to - this.span, to }, step);
  }

  toggle(): void {
    if (this.playing) this.playing = false;
    else this.play();
  }

  /** From the moment that is shown; from a quarter of an hour ago when that is now. */
  play(): void {
    if (this.moment === null || this.moment >= this.end) this.scrubTo(this.end - 900);
    this.#at = this.moment ?? this.end;
    this.#lastTickMs = Date.now();
    this.playing = true;
  }

  goLive(): void {
    this.playing = false;
    if (this.#route.window.kind === 'fixed') this.#route.setWindow({ kind: 'live', seconds: this.#liveSeconds });
  }

  #tick(nowMs: number): void {
    const elapsedMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    if (!this.playing || this.moment === null) {
      this.playing = false;
      return;
    }
    if (this.#live.trouble) this.playing = false;
    if (this.#live.loading || document.hidden) return;
    // Who moved the handle or went Back plays on from there.
    if (Math.abs(this.#at - this.moment) > this.#stepSeconds) this.#at = this.moment;
    this.#at += (elapsedMs / 1_000) * this.speed;
    this.#step();
  }

  get #stepSeconds(): number {
    return Math.max(this.period, periodFor(this.span));
  }

  #step(): void {
    const step = this.#stepSeconds;
    const to = Math.floor(this.#at / step) * step;
    if (to > this.end) {
      this.goLive();
      return;
    }
    if (this.moment !== null && to > this.moment) this.#route.setWindow({ kind: 'fixed', from: to - this.span, to }, 'replace');
    this.#fetchAhead(to);
  }

  #fetchAhead(to: number): void {
    const period = this.#stepSeconds as HistoryPeriod;
    const ahead = alignedRange({ from: to, to: Math.min(to + Math.max((aheadMs / 1_000) * this.speed, period), this.end) }, period);
    // What fails here is asked for again, and told of, when it is to be shown.
    if (ahead.from < ahead.to && !this.#live.stored.known(ahead)) this.#live.stored.range(ahead).catch(() => {});
  }
}
