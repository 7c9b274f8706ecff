/** The part of a trace that is looked at, in microseconds from its origin, and what moves it. Nothing leaves the trace. */
export interface TimeRange {
  from: number;
  to: number;
}

/** SDKs write microseconds at best: looking closer shows nothing more. */
export const minRangeMicros = 50;

/** Within 0 and `extent`, and no shorter than there is something to see. */
export function fitRange({ from, to }: TimeRange, extent: number): TimeRange {
  const length = Math.min(extent, Math.max(to - from, Math.min(minRangeMicros, extent)));
  const start = Math.max(0, Math.min(from, extent - length));
  return { from: start, to: start + length };
}

/** `share` is where in the range it stays still; a factor below 1 looks closer. */
export function zoomRange({ from, to }: TimeRange, factor: number, { share, extent }: { share: number; extent: number }): TimeRange {
  const length = Math.min(extent, Math.max(Math.min(minRangeMicros, extent), (to - from) * factor));
  const still = from + (to - from) * share;
  return fitRange({ from: still - length * share, to: still + length * (1 - share) }, extent);
}

/** By a share of its length. */
export function panRange({ from, to }: TimeRange, share: number, extent: number): TimeRange {
  const by = (to - from) * share;
  return fitRange({ from: from + by, to: to + by }, extent);
}

export function isWhole({ from, to }: TimeRange, extent: number): boolean {
  return from <= 0 && to >= extent;
}

/** Milliseconds, as the address has it. */
export function writeRange({ from, to }: TimeRange): string {
  const ms = (micros: number) => String(Math.round(micros) / 1000);
  return `${ms(from)}-${ms(to)}`;
}

/** Null for anything that is no range. */
export function readRange(text: string | null): TimeRange | null {
  const [, from, to] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text ?? '') ?? [];
  const range = { from: Number(from) * 1000, to: Number(to) * 1000 };
  return range.to > range.from ? range : null;
}

const steps = [1, 2, 5, 10];

/** Round times in the range, at most `most` of them. */
export function ticksOf({ from, to }: TimeRange, most: number): number[] {
  const least = (to - from) / most;
  if (!(least > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * (steps.find((candidate) => candidate * power >= least) ?? 10);
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}
