/**
 * Whether a number of faults is more than is to be expected, and from which number on it would be.
 *
 * What was seen of a service is a belief about its fault rate (a beta distribution), so the number of faults among n requests
 * is beta-binomial. The belief never gets firmer than `firmness` faults would make it: real rates wander by a third from
 * minute to minute, whatever their mean over a day. See docs/adr/0012-insights.md.
 */
import type { Expectation } from '@fluoroscope/contract/insights';

/** Before anything was seen: half a fault in a hundred requests. */
const priorFaults = 0.5;
const priorRequests = 100;
const firmness = 6;
/** Of one look at one service while nothing is wrong. */
const falseAlarmChance = 1e-7;
const leastFaults = 3;
/** What is unlikely must matter too: the odds of a fault are three times what is expected, and two in a hundred more fail. */
const leastOddsRatio = 3;
const leastRise = 0.02;

export interface Counted {
  requests: number;
  faults: number;
}

export function expectedRate({ requests, faults }: Expectation): number {
  return (faults + priorFaults) / (requests + priorRequests);
}

/** The least rate that matters. */
export function notableRate(expected: Expectation): number {
  const mean = expectedRate(expected);
  const byOdds = (leastOddsRatio * mean) / (1 + (leastOddsRatio - 1) * mean);
  return Math.max(byOdds, mean + leastRise);
}

export function isUnusual({ requests, faults }: Counted, expected: Expectation, chance = falseAlarmChance): boolean {
  if (faults < leastFaults || faults < notableRate(expected) * requests) return false;
  return chanceOfAtLeast({ requests, faults }, { expected, enough: chance }) < chance;
}

/** The least share of faults among `requests` that is unusual; 1 when not even all of them would be. */
export function unusualShare(requests: number, expected: Expectation): number {
  let usual = 0;
  let unusual = requests + 1;
  while (unusual - usual > 1) {
    const faults = Math.floor((usual + unusual) / 2);
    if (isUnusual({ requests, faults }, expected)) unusual = faults;
    else usual = faults;
  }
  return requests === 0 ? 1 : Math.min(1, unusual / requests);
}

/** The upper tail of the beta-binomial distribution; sums up no further than to `enough`. */
function chanceOfAtLeast({ requests, faults }: Counted, { expected, enough }: { expected: Expectation; enough: number }): number {
  const mean = expectedRate(expected);
  const a = Math.min(expected.faults + priorFaults, firmness);
  const b = (a * (1 - mean)) / mean;
  let term = Math.exp(logChoose(requests, faults) + logBeta(faults + a, requests - faults + b) - logBeta(a, b));
  let sum = 0;
  for (let k = faults; k <= requests && sum < enough && term > sum * Number.EPSILON; k++) {
    sum += term;
    term *= ((requests - k) * (a + k)) / ((k + 1) * (b + requests - k - 1));
  }
  return sum;
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** By Stirling's series, above 8 exact to 12 digits; below, by its recurrence. */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 8; at++) shift += Math.log(at);
  const inverse = 1 / (at * at);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
