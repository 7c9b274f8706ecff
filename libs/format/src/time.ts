/**
 * Moments and spans of time as people read them, by Intl, in the reader's zone or in UTC.
 *
 * Hours run from 00 to 23. The day is left out where it is today's, the year where it is this one; what is copied is ISO 8601 in
 * UTC with milliseconds.
 */
export type Zone = 'local' | 'utc';

export interface ClockOptions {
  zone?: Zone;
  precision?: 'minute' | 'second' | 'ms';
}

const secondsPerMinute = 60;
const secondsPerHour = 3_600;
const secondsPerDay = 86_400;

/** Making one is dear, and a table needs one per cell. */
const formats = new Map<string, Intl.DateTimeFormat>();

const clockOptions = {
  minute: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  second: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  ms: { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

function formatIn(zone: Zone, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', { ...options, ...(zone === 'utc' ? { timeZone: 'UTC' } : {}) });
  formats.set(key, format);
  return format;
}

/** Clock time: `14:03:22`, `14:03`, `14:03:22.418`. */
export function formatClock(epochMs: number, { zone = 'local', precision = 'second' }: ClockOptions = {}): string {
  return formatIn(zone, clockOptions[precision]).format(epochMs);
}

/** A day: `Nov 21`, with its year when that is not this one. */
export function formatDay(epochMs: number, { zone = 'local', nowMs }: { zone?: Zone; nowMs: number }): string {
  const year = formatIn(zone, { year: 'numeric' });
  const day = formatIn(zone, { month: 'short', day: 'numeric' }).format(epochMs);
  return year.format(epochMs) === year.format(nowMs) ? day : `${day} ${year.format(epochMs)}`;
}

/** A moment: the clock time today, `Nov 21 14:03` on another day. */
export function formatMoment(epochMs: number, { nowMs, zone = 'local', precision }: ClockOptions & { nowMs: number }): string {
  const options = precision ? { zone, precision } : { zone };
  if (sameDay(epochMs, nowMs, zone)) return formatClock(epochMs, options);
  return `${formatDay(epochMs, { zone, nowMs })} ${formatClock(epochMs, { zone, precision: precision ?? 'minute' })}`;
}

/** A range: `14:00–14:30`, `Nov 20 14:00–14:30`, `Nov 20 23:50 – Nov 21 00:10`. Seconds are written where there are any. */
export function formatRange(
  { fromMs, toMs }: { fromMs: number; toMs: number },
  { nowMs, zone = 'local' }: { nowMs: number; zone?: Zone },
): string {
  const whole = [fromMs, toMs].every((ms) => ms % (secondsPerMinute * 1_000) === 0);
  const options = { zone, precision: whole ? 'minute' : 'second', nowMs } as const;
  const from = formatMoment(fromMs, options);
  if (sameDay(fromMs, toMs, zone)) return `${from}–${formatClock(toMs, options)}`;
  const to = sameDay(toMs, nowMs, zone) ? `${formatDay(toMs, options)} ${formatClock(toMs, options)}` : formatMoment(toMs, options);
  return `${from} – ${to}`;
}

export function sameDay(leftMs: number, rightMs: number, zone: Zone = 'local'): boolean {
  const day = formatIn(zone, { year: 'numeric', month: 'numeric', day: 'numeric' });
  return day.format(leftMs) === day.format(rightMs);
}

/** For copies and titles: `2026-11-21T14:03:22.418Z`. */
export function isoInstant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** `UTC`, `GMT+1`, `PST`: as the zone was called at that moment. */
export function zoneName(epochMs: number, zone: Zone): string {
  const parts = formatIn(zone, { timeZoneName: 'short' }).formatToParts(epochMs);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC';
}

/** A span that people chose, exactly: `90 s`, `5 m`, `1 h 30 m`, `2 d`. */
export function formatSpan(seconds: number): string {
  const parts = spanParts(seconds).map(({ value, unit }) => `${value} ${unit.charAt(0)}`);
  return parts.length === 0 ? '0 s' : parts.join(' ');
}

/** `5 minutes`, `1 hour 30 minutes`. */
export function saySpan(seconds: number): string {
  const parts = spanParts(seconds).map(({ value, unit }) => `${value} ${unit}${value === 1 ? '' : 's'}`);
  return parts.length === 0 ? '0 seconds' : parts.join(' ');
}

function spanParts(seconds: number): Array<{ value: number; unit: 'day' | 'hour' | 'minute' | 'second' }> {
  let rest = Math.round(seconds);
  // Up to two minutes seconds are what people say.
  if (rest < 2 * secondsPerMinute && rest % secondsPerMinute !== 0) return [{ value: rest, unit: 'second' }];
  const parts: ReturnType<typeof spanParts> = [];
  for (const [unit, size] of [
    ['day', secondsPerDay],
    ['hour', secondsPerHour],
    ['minute', secondsPerMinute],
    ['second', 1],
  ] as const) {
    const value = Math.floor(rest / size);
    rest -= value * size;
    if (value > 0) parts.push({ value, unit });
  }
  return parts;
}

/** An age: `0.4 s`, `12 s`, `3 m`, `2 h`, `5 d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / secondsPerMinute);
  if (minutes < 60) return `${minutes} m`;
  const hours = Math.round(seconds / secondsPerHour);
  return hours < 48 ? `${hours} h` : `${Math.round(seconds / secondsPerDay)} d`;
}
