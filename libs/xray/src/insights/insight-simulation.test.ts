/**
 * Days of slices without an incident, and incidents planted into them, without sleeping. A quiet day is not a smooth one: traffic
 * has a daily shape and bursts, the fault rate wanders from minute to minute, and now and then a slice is bad.
 */
import type { Expectation } from '@fluoroscope/contract/insights';
import { describe, expect, it } from 'vitest';
import { type Course, isAnomaly, judgedSlices } from './anomalies.js';

const slicesPerDay = 8_640;
const slicesPerMinute = 6;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
const levels = [0.1, 1, 10, 100, 1_000];
const backgrounds = [0, 0.001, 0.01, 0.05];
/** The newest ten minutes are not part of what is expected. */
const gapSlices = 60;

/** mulberry32: the same numbers at every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const normal = (next: () => number) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

function poisson(mean: number, next: () => number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(next)));
  let count = -1;
  for (let product = 1; product > Math.exp(-mean); count++) product *= next();
  return count;
}

function binomial(n: number, p: number, next: () => number): number {
  if (n * p > 30 && n * (1 - p) > 30) return Math.round(Math.min(n, Math.max(0, n * p + Math.sqrt(n * p * (1 - p)) * normal(next))));
  if (n > 200) return Math.min(n, poisson(n * p, next));
  let count = 0;
  for (let i = 0; i < n; i++) count += Number(next() < p);
  return count;
}

interface Setting {
  seed: number;
  perSecond: number;
  background: number;
}

/** Two days: the first is what is known when the second begins. */
function quietDays({ seed, perSecond, background }: Setting): [number, number, number][] {
  const next = chance(seed);
  let [wander, burst, burstLeft] = [0, 1, 0];
  return Array.from({ length: 2 * slicesPerDay }, (_, slice) => {
    if (slice % slicesPerMinute === 0) wander = 0.8 * wander + 0.2 * normal(next);
    if (burstLeft === 0) burst = 1;
    if (burstLeft === 0 && next() < 8 / slicesPerDay) [burst, burstLeft] = [2 + 8 * next(), Math.ceil(60 * next())];
    burstLeft = Math.max(0, burstLeft - 1);
    const shape = 1 + 0.7 * Math.sin((2 * Math.PI * slice) / slicesPerDay);
    const isBad = next() < 4 / slicesPerDay;
    const requests = poisson(perSecond * 10 * shape * burst, next);
    return [slice, requests, binomial(requests, isBad ? 0.2 : Math.min(1, background * Math.exp(wander)), next)];
  });
}

/** What is expected at every slice: the sums of the day that ended ten minutes before. */
function expectations(days: Course): (slice: number) => Expectation {
  const sums: Expectation[] = [{ requests: 0, faults: 0 }];
  for (const [, requests, faults] of days) {
    const before = sums.at(-1) ?? { requests: 0, faults: 0 };
    sums.push({ requests: before.requests + requests, faults: before.faults + faults });
  }
  const upTo = (slice: number) => sums[Math.max(0, slice)] ?? { requests: 0, faults: 0 };
  return (slice) => {
    const [last, first] = [upTo(slice - gapSlices), upTo(slice - gapSlices - slicesPerDay)];
    return { requests: last.requests - first.requests, faults: last.faults - first.faults };
  };
}

/** How often something would be opened: anomalies that follow each other are one. */
function alarmsOf(days: Course): number {
  const expected = expectations(days);
  let [alarms, lastAlarm] = [0, Number.NEGATIVE_INFINITY];
  for (let slice = slicesPerDay; slice < 2 * slicesPerDay; slice++) {
    if (!isAnomaly(days.slice(slice - judgedSlices + 1, slice + 1), slice, expected(slice))) continue;
    if (slice - lastAlarm > judgedSlices) alarms++;
    lastAlarm = slice;
  }
  return alarms;
}

/** Slices that a slice takes to be stored, and until the next look. */
const lookDelaySlices = 2;

interface Planted {
  at: number;
  share: number;
  next: () => number;
}

/** Seconds from the beginning of the incident until it is found; infinite when it is not found in ten minutes. */
function secondsUntilFound(days: Course, { at, share, next }: Planted): number {
  const expected = expectations(days)(at);
  const from = at - judgedSlices;
  const hit: Course = days
    .slice(from, at + judgedSlices)
    .map(([slice, requests, faults]) => [slice, requests, slice < at ? faults : Math.max(faults, binomial(requests, share, next))]);
  for (let slice = at; slice < at + judgedSlices; slice++)
    if (isAnomaly(hit.slice(0, slice - from + 1), slice, expected)) return (slice - at + 1 + lookDelaySlices) * 10;
  return Number.POSITIVE_INFINITY;
}

describe('a day without an incident', () => {
  it.each(levels)('raises no alarm at %d requests a second', (perSecond) => {
    const settings = seeds.flatMap((seed) => backgrounds.map((background) => ({ seed, perSecond, background })));
    const alarms = settings.map((setting) => ({ ...setting, alarms: alarmsOf(quietDays(setting)) }));
    expect(alarms.filter((day) => day.alarms > 0)).toEqual([]);
  });
});

describe('an incident', () => {
  const daySlices = Array.from({ length: 20 }, (_, n) => slicesPerDay + 120 + n * 400);

  it.each([
    { perSecond: 0.1, background: 0.001, share: 1, at: daySlices.slice(0, 10) },
    { perSecond: 1, background: 0.001, share: 0.5, at: daySlices },
    { perSecond: 1, background: 0.01, share: 0.5, at: daySlices },
    { perSecond: 10, background: 0.01, share: 0.2, at: daySlices },
    { perSecond: 100, background: 0.01, share: 0.1, at: daySlices },
    { perSecond: 100, background: 0.05, share: 0.3, at: daySlices },
    { perSecond: 1_000, background: 0.01, share: 0.1, at: daySlices },
  ])('is found within two minutes: $share of $perSecond a second fail, where $background do', ({ at, share, ...setting }) => {
    const found = seeds.flatMap((seed) => {
      const days = quietDays({ seed, ...setting });
      const next = chance(seed + 99);
      return at.map((slice) => secondsUntilFound(days, { at: slice, share, next }));
    });
    expect(Math.max(...found)).toBeLessThanOrEqual(120);
  });
});
