/** The time range that every page shares: it follows now, or it stands still. Written in the address so that a link keeps it. */
import { liveWindowSeconds } from '@fluoroscope/contract/live';

/** `fixed` bounds are epoch seconds, with fraction. */
export type TimeWindow = { kind: 'live'; seconds: number } | { kind: 'fixed'; from: number; to: number };

export const defaultWindow: TimeWindow = { kind: 'live', seconds: liveWindowSeconds };

/** Live ranges that one press gives. */
export const presetSeconds = [300, 900, 3_600, 10_800, 43_200] as const;

const secondsPer = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `last=15m`, or `from` and `to` as instants. What cannot be read is the default window. */
export function readWindow(query: ReadonlyMap<string, string>): TimeWindow {
  const from = readInstant(query.get('from'));
  const to = readInstant(query.get('to'));
  if (from !== null && to !== null && from < to) return { kind: 'fixed', from, to };
  const last = /^(\d{1,4})([smhd])$/.exec(query.get('last') ?? '');
  if (!last) return defaultWindow;
  const seconds = Number(last[1]) * secondsPer[last[2] as keyof typeof secondsPer];
  return seconds > 0 ? { kind: 'live', seconds } : defaultWindow;
}

/** The three members of the address; null takes one away. */
export function windowQuery(window: TimeWindow): { last: string | null; from: string | null; to: string | null } {
  if (window.kind === 'fixed') return { last: null, from: writeInstant(window.from), to: writeInstant(window.to) };
  const usual = window.seconds === liveWindowSeconds;
  return { last: usual ? null : writeSpan(window.seconds), from: null, to: null };
}

/** Epoch seconds, or an ISO instant. */
function readInstant(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1_000;
  return Number.isFinite(seconds) ? seconds : null;
}

function writeInstant(seconds: number): string {
  return new Date(Math.round(seconds * 1_000)).toISOString().replace('.000Z', 'Z');
}

/** In the largest unit that says it exactly. */
function writeSpan(seconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const) if (seconds % secondsPer[unit] === 0) return `${seconds / secondsPer[unit]}${unit}`;
  return `${seconds}s`;
}
