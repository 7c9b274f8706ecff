/**
 * Numbers as people read them: the only place that turns a quantity into text.
 *
 * Guarantees: three significant digits at most; the unit is chosen after rounding, so 999.95 ms is "1.00 s"; a share
 * that is not 0 or 1 never reads "0 %" or "100 %". `say…` gives the words a screen reader speaks.
 */
import { roundTo, separated, siNumber, threeDigits } from './digits.js';

/** What stands where there is no data. Never 0. */
export const missing = '–';

const microsPerMs = 1_000;
const microsPerSecond = 1_000_000;
const secondsPerMinute = 60;
const secondsPerHour = 3_600;
/** Counts up to here are written out. */
const exactCountMax = 9_999;

/** A duration in microseconds: `<1 us`, `840 us`, `1.24 ms`, `4.12 s`, `2 m 08 s`, `1 h 04 m`. */
export function formatDuration(micros: number | null): string {
  if (micros === null || !Number.isFinite(micros)) return missing;
  if (micros <= 0) return '0 ms';
  if (micros < 1) return '<1 us';
  const rounded = Math.round(micros);
  if (rounded < microsPerMs) return `${rounded} us`;
  const ms = threeDigits(micros / microsPerMs);
  if (ms !== null) return `${ms} ms`;
  const seconds = micros / microsPerSecond;
  const short = threeDigits(seconds);
  if (short !== null && Number(short) < secondsPerMinute) return `${short} s`;
  return formatLongDuration(seconds);
}

function formatLongDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < secondsPerHour) return `${Math.floor(whole / secondsPerMinute)} m ${pad(whole % secondsPerMinute)} s`;
  const minutes = Math.round(seconds / secondsPerMinute);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** A rate: `4.2/s`, `12.8k/s`, `18/min`, `3/h`. */
export function formatRate(perSecond: number | null): string {
  const rate = rateParts(perSecond);
  return rate === null ? missing : `${rate.value}/${rate.unit}`;
}

function rateParts(perSecond: number | null): { value: string; unit: 's' | 'min' | 'h' } | null {
  if (perSecond === null || !Number.isFinite(perSecond)) return null;
  if (perSecond <= 0) return { value: '0', unit: 's' };
  const perMinute = perSecond * secondsPerMinute;
  const perHour = perSecond * secondsPerHour;
  // What would round to 60 is 1 of the next unit.
  if (Math.round(perMinute) >= 60) return { value: shortNumber(perSecond), unit: 's' };
  if (Math.round(perHour) >= 60) return { value: shortNumber(perMinute), unit: 'min' };
  return { value: perHour < 0.95 ? '<1' : shortNumber(perHour), unit: 'h' };
}

/** One decimal under 10, whole to 999, then SI with three digits. */
function shortNumber(value: number): string {
  const tenths = roundTo(value, 1);
  if (tenths < 10) return tenths.toFixed(1);
  const whole = Math.round(value);
  return whole < 1_000 ? String(whole) : siNumber(value);
}

/** A count: exact with separators to 9,999, then `12.4k`. */
export function formatCount(count: number | null): string {
  if (count === null || !Number.isFinite(count)) return missing;
  return Math.round(count) <= exactCountMax ? exactCount(count) : siNumber(count);
}

/** Every digit, for titles and accessible names. */
export function exactCount(count: number): string {
  return separated(String(Math.round(count)));
}

/** A share of a whole: `0.3 %`, `48 %`, `<0.1 %`, `>99.9 %`. */
export function formatShare(part: number, whole: number): string {
  if (!(whole > 0)) return missing;
  if (part <= 0) return '0 %';
  if (part >= whole) return '100 %';
  const percent = (part / whole) * 100;
  if (percent < 0.1) return '<0.1 %';
  if (percent > 99.9) return '>99.9 %';
  const tenths = roundTo(percent, 1);
  return tenths < 10 || tenths > 99 ? `${tenths.toFixed(1)} %` : `${Math.round(percent)} %`;
}

const spokenUnits = { us: 'microseconds', ms: 'milliseconds', s: 'seconds', m: 'minutes', h: 'hours' } as const;

/** `182 ms` as "182 milliseconds". */
export function sayDuration(micros: number | null): string {
  const text = formatDuration(micros);
  if (text === missing) return 'no data';
  return text.replace('<', 'under ').replace(/\b(us|ms|s|m|h)\b/g, spokenUnit);
}

function spokenUnit(unit: string): string {
  return spokenUnits[unit as keyof typeof spokenUnits];
}

/** `4.2/s` as "4.2 requests per second". */
export function sayRate(perSecond: number | null): string {
  const rate = rateParts(perSecond);
  if (rate === null) return 'no data';
  const unit = { s: 'second', min: 'minute', h: 'hour' }[rate.unit];
  return `${rate.value.replace('<', 'under ')} requests per ${unit}`;
}

/** `3.1 %` as "3.1 percent". */
export function sayShare(part: number, whole: number): string {
  const text = formatShare(part, whole);
  if (text === missing) return 'no data';
  return text.replace(' %', ' percent').replace('<', 'under ').replace('>', 'over ');
}

/** Below this a histogram's buckets are whole milliseconds, so decimals would be invented. */
const wholeMsMicros = 50_000;

/** A percentile read from a histogram: as exact as its buckets, no more. */
export function formatPercentile(micros: number | null): string {
  if (micros === null) return missing;
  const ms = Math.round(micros / microsPerMs);
  if (ms === 0) return '<1 ms';
  return micros < wholeMsMicros ? `${ms} ms` : formatDuration(micros);
}

export function sayPercentile(micros: number | null): string {
  if (micros === null) return 'no data';
  return formatPercentile(micros)
    .replace('<', 'under ')
    .replace(/\b(us|ms|s|m|h)\b/g, spokenUnit);
}
