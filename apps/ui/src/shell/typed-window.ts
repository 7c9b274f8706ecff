/**
 * A time range as people type it: "last 20m", "14:00-14:30", "yesterday 9:00 - 9:15", "Nov 20 14:00-14:30", "10m ago", two
 * instants of ISO 8601 or in epoch seconds. Clock times are in the reader's zone. One moment stands for the span before it.
 */
import type { Zone } from '@fluoroscope/format/time';
import type { TimeWindow } from './window.js';

export interface Reading {
  nowMs: number;
  zone: Zone;
  /** Length of the window that a single moment ends, in seconds. */
  spanSeconds: number;
}

export type TypedWindow = { window: TimeWindow } | { trouble: string };

/** What a page can hold, and the shortest range that shows anything. */
const longestSeconds = 30 * 86_400;
const shortestSeconds = 10;

const unitSeconds: ReadonlyArray<[name: RegExp, seconds: number]> = [
  [/^(s|secs?|seconds?)$/, 1],
  [/^(m|mins?|minutes?)$/, 60],
  [/^(h|hrs?|hours?)$/, 3_600],
  [/^(d|days?)$/, 86_400],
  [/^(w|weeks?)$/, 604_800],
];
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

interface Day {
  year: number;
  /** From 0. */
  month: number;
  day: number;
}

/** A moment that was typed; the day is null when none was. */
interface Typed {
  day: Day | null;
  /** Seconds since midnight; null for an instant. */
  clock: number | null;
  /** Epoch seconds, where the text says exactly when. */
  instant: number | null;
}

export function readTyped(text: string, reading: Reading): TypedWindow {
  const typed = text.trim().toLowerCase().replace(/\s+/g, ' ').replace(/[–—−]/g, '-');
  if (typed === '') return { trouble: 'Type a range, such as "last 20m" or "14:00-14:30".' };
  if (typed === 'now' || typed === 'live') return { window: { kind: 'live', seconds: reading.spanSeconds } };
  const span = readSpan(typed.replace(/^(the )?(last|past) /, ''));
  if (span !== null) return live(span);
  const [first, second, ...more] = split(typed);
  if (first === undefined || more.length > 0) return unreadable;
  return second === undefined ? momentWindow(first, reading) : rangeWindow([first, second], reading);
}

const unreadable = { trouble: 'Not understood. Try "last 20m", "14:00-14:30" or two ISO instants.' };

function live(seconds: number): TypedWindow {
  if (seconds < shortestSeconds) return { trouble: `A range has at least ${shortestSeconds} seconds.` };
  return seconds > longestSeconds ? tooLong : { window: { kind: 'live', seconds } };
}

const tooLong = { trouble: 'A range has at most 30 days.' };

/** `20m`, `1h 30m`, `90 seconds`, `hour`; null when it is not a span. */
function readSpan(text: string): number | null {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)? ?([a-z]+)(?: |,|and|$)*/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return null;
  let seconds = 0;
  for (const [, count = '1', name = ''] of parts) {
    const unit = unitSeconds.find(([known]) => known.test(name));
    if (!unit) return null;
    seconds += Number(count) * unit[1];
  }
  return Math.round(seconds);
}

/** At the one mark between two moments; the hyphens within a date are not it. */
function split(text: string): string[] {
  for (const mark of [/ to | until |\.\.+|\//, / - /, /(?<=[\dzm])-(?=\d{1,2}(?::|[ap]m))/, /(?<=^\d{10}(?:\.\d+)?)-(?=\d{10})/]) {
    const parts = text.split(mark);
    if (parts.length > 1) return parts.map((part) => part.trim());
  }
  return [text];
}

function momentWindow(text: string, reading: Reading): TypedWindow {
  const ago = readSpan(text.replace(/ ago$/, ''));
  const nowSeconds = reading.nowMs / 1_000;
  const to = text.endsWith(' ago') && ago !== null ? Math.round(nowSeconds - ago) : resolve(readMoment(text, reading), reading);
  return to === null ? unreadable : fixed({ from: to - reading.spanSeconds, to }, nowSeconds);
}

function rangeWindow([first, second]: [string, string], reading: Reading): TypedWindow {
  const start = readMoment(first, reading);
  const from = resolve(start, reading);
  const nowSeconds = reading.nowMs / 1_000;
  if (from === null) return unreadable;
  if (second === 'now') return fixed({ from, to: Math.floor(nowSeconds) }, nowSeconds);
  const end = readMoment(second, reading);
  if (end === null) return unreadable;
  // Without a day of its own the end is the first such time after the start: 23:50-00:10 goes over midnight.
  const to = end.day === null && end.clock !== null ? nextAfter(from, end.clock, reading.zone) : resolve(end, reading);
  return to === null ? unreadable : fixed({ from, to }, nowSeconds);
}

function fixed({ from, to }: { from: number; to: number }, nowSeconds: number): TypedWindow {
  if (from >= to) return { trouble: 'The range ends before it begins.' };
  if (from > nowSeconds) return { trouble: 'That is in the future.' };
  if (to - from > longestSeconds) return tooLong;
  return { window: { kind: 'fixed', from, to } };
}

function readMoment(text: string, reading: Reading): Typed | null {
  const instant = readInstant(text, reading.zone);
  if (instant !== null) return { day: null, clock: null, instant };
  const words = /^(?:(.*?)[ ,t]+)?(\d{1,2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)? ?(?:[ap]m)?)$/.exec(text);
  const clock = readClock(words?.[2] ?? '');
  const dayText = words?.[1] ?? '';
  const day = dayText === '' ? null : readDay(dayText, reading);
  if (clock === null || (dayText !== '' && day === null)) return null;
  return { day, clock, instant: null };
}

/** Epoch seconds of ten digits, or ISO 8601; without an offset in the reader's zone. */
function readInstant(text: string, zone: Zone): number | null {
  if (/^\d{10}(\.\d+)?$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}-\d{2}(t[\d:.]+(z|[+-]\d{2}:?\d{2})?)?$/.test(text)) return null;
  const exact = /(z|[+-]\d{2}:?\d{2})$/.test(text) && text.includes('t');
  const written = text.includes('t') ? text : `${text}t00:00`;
  const ms = Date.parse((exact ? written : `${written}${zone === 'utc' ? 'z' : ''}`).toUpperCase());
  return Number.isFinite(ms) ? ms / 1_000 : null;
}

/** `14:00`, `14:00:30.5`, `2pm`, `2:15 pm`: seconds since midnight. A bare number is no time. */
function readClock(text: string): number | null {
  const match = /^(\d{1,2})(?::(\d{2})(?::(\d{2}(?:\.\d+)?))?)? ?([ap]m)?$/.exec(text);
  if (!match || (match[2] === undefined && match[4] === undefined)) return null;
  const [, hourText, minute = '0', second = '0', half] = match;
  const hour = half === undefined ? Number(hourText) : (Number(hourText) % 12) + (half === 'pm' ? 12 : 0);
  if (hour > 24 || Number(minute) > 59 || Number(second) >= 60 || (half !== undefined && Number(hourText) > 12)) return null;
  return hour * 3_600 + Number(minute) * 60 + Number(second);
}

/** `today`, `yesterday`, `nov 20`, `20 nov 2026`, `2026-11-20`. */
function readDay(text: string, { nowMs, zone }: Reading): Day | null {
  const today = dayAt(nowMs, zone);
  if (text === 'today') return today;
  if (text === 'yesterday') return { ...today, day: today.day - 1 };
  const [, isoYear, isoMonth, isoDay] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (isoYear !== undefined) return { year: Number(isoYear), month: Number(isoMonth) - 1, day: Number(isoDay) };
  const words = text.replace(/[,.]/g, ' ').split(' ').filter(Boolean);
  const month = months.findIndex((name) => words.some((word) => word.startsWith(name)));
  const day = words.find((word) => /^\d{1,2}(st|nd|rd|th)?$/.test(word));
  const year = words.find((word) => /^\d{4}$/.test(word));
  if (month < 0 || day === undefined || words.length > (year === undefined ? 2 : 3)) return null;
  return { year: year === undefined ? today.year : Number(year), month, day: Number.parseInt(day, 10) };
}

/** A clock time without a day is today's, or yesterday's when today's has not come yet. */
function resolve(typed: Typed | null, { nowMs, zone }: Reading): number | null {
  if (typed === null) return null;
  if (typed.clock === null) return typed.instant;
  if (typed.day !== null) return secondsAt(typed.day, typed.clock, zone);
  const today = dayAt(nowMs, zone);
  const at = secondsAt(today, typed.clock, zone);
  return at * 1_000 > nowMs ? secondsAt({ ...today, day: today.day - 1 }, typed.clock, zone) : at;
}

function nextAfter(from: number, clock: number, zone: Zone): number {
  const day = dayAt(from * 1_000, zone);
  const at = secondsAt(day, clock, zone);
  return at > from ? at : secondsAt({ ...day, day: day.day + 1 }, clock, zone);
}

function dayAt(epochMs: number, zone: Zone): Day {
  const date = new Date(epochMs);
  return zone === 'utc'
    ? { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() }
    : { year: date.getFullYear(), month: date.getMonth(), day: date.getDate() };
}

/** By the clock on the wall: on a day that changes to summer time the hours are as they were shown. */
function secondsAt({ year, month, day }: Day, clock: number, zone: Zone): number {
  const [hour, minute, second] = [Math.floor(clock / 3_600), Math.floor(clock / 60) % 60, Math.floor(clock % 60)];
  const ms = Math.round((clock % 1) * 1_000);
  const epochMs =
    zone === 'utc' ? Date.UTC(year, month, day, hour, minute, second, ms) : new Date(year, month, day, hour, minute, second, ms).getTime();
  return epochMs / 1_000;
}
