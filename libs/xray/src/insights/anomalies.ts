/** The course of one service or call over slices of ten seconds: whether it is an anomaly at its end, since when, and until when. */
import type { NodeKey } from '@fluoroscope/contract/graph';
import type { Expectation } from '@fluoroscope/contract/insights';
import { type Counted, expectedRate, isUnusual, notableRate } from './fault-rates.js';

/** Looked at together: short ones find what is strong soon, the long one what is weak or has few requests. */
const windowSlices = [6, 12, 30] as const;
const longestWindow = 30;
const leastBadSlices = 3;
/** Of what is left without the worst slice. */
const restChance = 1e-3;
/** Rates have been as expected for so long; twice that where there are few requests. */
const calmSlices = 30;
const leastCalmRequests = 20;
/** Slices that are needed to judge. */
export const judgedSlices = 2 * calmSlices;

/** Ascending by slice; a slice without a request may be missing. */
export type Course = readonly (readonly [slice: number, requests: number, faults: number])[];

export interface NodeCourse {
  node: NodeKey;
  course: Course;
}

export interface EdgeCourse {
  caller: NodeKey;
  callee: NodeKey;
  course: Course;
}

/** Of the `slices` that end with `last`. */
export function countOf(course: Course, last: number, slices: number): Counted {
  const sum = { requests: 0, faults: 0 };
  for (const [slice, requests, faults] of course) {
    if (slice > last || slice <= last - slices) continue;
    sum.requests += requests;
    sum.faults += faults;
  }
  return sum;
}

export function isAnomaly(course: Course, last: number, expected: Expectation): boolean {
  return windowSlices.some((slices) => {
    const window = course.filter(([slice]) => slice <= last && slice > last - slices);
    return isUnusual(countOf(window, last, slices), expected) && isLasting(window, last, expected);
  });
}

/** One bad moment is no incident: enough slices are bad, and those that are left without the worst are still unusual enough. */
function isLasting(window: Course, last: number, expected: Expectation): boolean {
  const notable = notableRate(expected);
  const bad = window.filter(([, requests, faults]) => faults > 0 && faults >= notable * requests);
  if (bad.length < leastBadSlices) return false;
  const [worst] = bad.reduce((left, right) => (right[2] > left[2] ? right : left));
  const rest = window.filter(([slice]) => slice !== worst);
  return isUnusual(countOf(rest, last, longestWindow), expected, restChance);
}

/** Rates are back where they are expected, and have been for a while. */
export function isCalm(course: Course, last: number, expected: Expectation): boolean {
  if (isAnomaly(course, last, expected)) return false;
  const short = countOf(course, last, calmSlices);
  const { requests, faults } = short.requests >= leastCalmRequests ? short : countOf(course, last, judgedSlices);
  return faults === 0 || faults < notableRate(expected) * requests;
}

/** The slice with which it began: from there to the end, an incident explains the faults best. */
export function onsetOf(course: Course, last: number, expected: Expectation): number {
  const recent = course.filter(([slice]) => slice <= last && slice > last - longestWindow).toReversed();
  return bestEnd(recent, expected) ?? last;
}

/** The last slice of it: up to there an incident explains the faults best; null when nothing in the course looks like one. */
export function endOf(course: Course, expected: Expectation): number | null {
  return bestEnd(course, expected);
}

/** A rate that speaks for an incident: half of what the bad slices have, so that its beginning and its end may be weaker. */
function incidentRate(course: Course, notable: number): number {
  const bad = course.filter(([, requests, faults]) => faults > 0 && faults >= notable * requests);
  const [requests, faults] = bad.reduce((sum, slice) => [sum[0] + slice[1], sum[1] + slice[2]], [0, 0]);
  return requests === 0 ? notable : Math.max(notable, faults / requests / 2);
}

/** Of the runs that begin with the first point, the end of the one that speaks most for an incident rather than for what is expected. */
function bestEnd(course: Course, expected: Expectation): number | null {
  const usual = expectedRate(expected);
  const unusual = Math.min(incidentRate(course, notableRate(expected)), 1 - 1e-6);
  const forFault = Math.log(unusual / usual);
  const forNone = Math.log((1 - unusual) / (1 - usual));
  let [sum, best, end]: [number, number, number | null] = [0, 0, null];
  for (const [slice, requests, faults] of course) {
    sum += faults * forFault + (requests - faults) * forNone;
    if (sum > best) [best, end] = [sum, slice];
  }
  return end;
}
