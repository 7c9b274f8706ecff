/**
 * How the reservoir of a rule is divided over the clients that use it, by how many requests they make.
 *
 * The quotas of one division are whole requests per second and their sum is the reservoir, so clients that keep to one division
 * never take more than it in any second. Evenly, as AWS says, but nobody gets what only others can use; what is left of
 * fractions, or asked for by nobody, lies where it is likeliest to be needed: a client that makes less than one request in a
 * second would leave a whole one unused in most of them. Takes n log n steps for n clients, whatever the reservoir.
 */

/** A client, and the requests per second that it was seen to make. */
export interface Demand {
  clientId: string;
  rate: number;
}

/** Less than one request in ten seconds may be made all the same. */
const leastRate = 0.1;
/** In standard deviations: 49 of 50 seconds. */
const sureNeed = 2;

/** Client ID to requests per second. */
export function divideReservoir(size: number, demands: readonly Demand[]): Map<string, number> {
  const portions = fairShares(size, demands).map(({ demand, share }) => ({ demand, quota: Math.floor(share) }));
  const left = size - portions.reduce((sum, { quota }) => sum + quota, 0);
  giveOut(left, portions);
  return new Map(portions.map(({ demand, quota }) => [demand.clientId, quota]));
}

interface Portion {
  demand: Demand;
  quota: number;
}

/** What fractions have left over, one request after the other, to whom a second is likeliest to use it. */
function giveOut(left: number, portions: Portion[]): void {
  // In order, an array is a heap.
  portions.sort((one, other) => (isNeedier(one, other) ? -1 : 1));
  for (let given = 0; given < left; given++) {
    const [first] = portions;
    if (first === undefined) return;
    first.quota++;
    sink(portions, first);
  }
}

/** Puts the first where it belongs in the heap. */
function sink(heap: Portion[], portion: Portion): void {
  let at = 0;
  for (;;) {
    const child = neediestChild(heap, at);
    const below = heap[child];
    if (below === undefined || !isNeedier(below, portion)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = portion;
}

function neediestChild(heap: readonly Portion[], at: number): number {
  const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
  return left !== undefined && right !== undefined && isNeedier(right, left) ? 2 * at + 2 : 2 * at + 1;
}

/**
 * Where a second is all but sure to use one more, the smaller quota is the needier, then the first by ID: who wins there must not
 * change with each report.
 */
function isNeedier(one: Portion, other: Portion): boolean {
  const difference = needOf(one) - needOf(other) || other.quota - one.quota;
  return difference > 0 || (difference === 0 && one.demand.clientId < other.demand.clientId);
}

/** Grows with the chance that a second has more requests than the quota (requests by chance, as their normal approximation). */
function needOf({ demand: { rate }, quota }: Portion): number {
  return Math.min((rate - quota - 0.5) / Math.sqrt(rate + leastRate), sureNeed);
}

interface Share {
  demand: Demand;
  share: number;
}

/** Fractions of the reservoir, which they add up to. */
function fairShares(size: number, demands: readonly Demand[]): Share[] {
  const total = demands.reduce((sum, { rate }) => sum + rate, 0);
  return total < size ? withSlack(size - total, demands) : levelled(size, demands);
}

/** Enough for everyone: what is left, by the square root of the rate, as chance makes one second busier than another. */
function withSlack(slack: number, demands: readonly Demand[]): Share[] {
  const weights = demands.reduce((sum, { rate }) => sum + Math.sqrt(rate + leastRate), 0);
  return demands.map((demand) => ({ demand, share: demand.rate + (slack * Math.sqrt(demand.rate + leastRate)) / weights }));
}

/** Not enough: everyone the same, but no one more than it makes. */
function levelled(size: number, demands: readonly Demand[]): Share[] {
  const ascending = [...demands].sort((one, other) => one.rate - other.rate);
  let left = size;
  return ascending.map((demand, at) => {
    const share = Math.min(demand.rate, left / (ascending.length - at));
    left -= share;
    return { demand, share };
  });
}

/** What a boosted rate is to catch, on average. */
const wantedAnomaliesPerReport = 10;

/** What a client saw of one rule and one of its services since its last report. */
export interface Anomalies {
  anomalies: number;
  /** Of them, those that were sampled. */
  sampled: number;
}

/**
 * The rate that would catch an anomaly a second, on average, within what the rule allows; null when the rule's own rate does, or
 * when all of them were sampled.
 */
export function boostRate({ anomalies, sampled }: Anomalies, rule: { fixedRate: number; maxRate: number }): number | null {
  if (anomalies <= sampled) return null;
  const rate = Math.min(rule.maxRate, wantedAnomaliesPerReport / anomalies);
  return rate > rule.fixedRate ? rate : null;
}
