/** Sentences of the list about its window and what is in it: always with the number that there would be. */
import type { TimeWindow } from '../shell/window.js';

/** Seconds that a window is widened to, each in its turn. */
const widths = [300, 900, 3_600, 10_800, 43_200, 86_400, 604_800, 2_592_000];

export function sayWindow(window: TimeWindow): string {
  return window.kind === 'live' ? `in the last ${saySpan(window.seconds)}` : 'in this time range';
}

export function saySpan(seconds: number): string {
  for (const [size, word] of [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const) {
    const count = seconds / size;
    if (Number.isInteger(count)) return count === 1 ? `${word}` : `${count} ${word}s`;
  }
  return `${Math.round(seconds)} seconds`;
}

/** The next wider window; null when there is none. A fixed one grows to both sides, and ends before now. */
export function widerWindow(window: TimeWindow, nowSeconds: number): TimeWindow | null {
  if (window.kind === 'live') {
    const seconds = widths.find((width) => width > window.seconds);
    return seconds === undefined ? null : { kind: 'live', seconds };
  }
  const half = (window.to - window.from) / 2;
  return { kind: 'fixed', from: Math.max(0, window.from - half), to: Math.min(Math.max(window.to, nowSeconds), window.to + half) };
}

export function saySize(window: TimeWindow): string {
  return window.kind === 'live' ? `Last ${saySpan(window.seconds)}` : 'Wider time range';
}
