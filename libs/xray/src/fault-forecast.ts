/**
 * Between which counts the faults of a period are expected to lie: three standard deviations around what the share of faults in the
 * hour before would make of the period's requests. AWS says nothing of how it forecasts.
 */

export interface FaultCount {
  /** Epoch seconds: when the period begins. */
  startSeconds: number;
  faults: number;
  total: number;
}

export const forecastSeconds = 3_600;
const deviations = 3;
/** Of the variance: a service without a fault may have a few without being abnormal. */
const leastVariance = 1;

/** Null without anything to judge by. `before` is in any order, and may hold more than the hour. */
export function forecastFaults({ startSeconds, total }: FaultCount, before: readonly FaultCount[]): { low: number; high: number } | null {
  const known = before.filter((count) => count.startSeconds < startSeconds && count.startSeconds >= startSeconds - forecastSeconds);
  const requests = known.reduce((sum, count) => sum + count.total, 0);
  if (requests === 0) return null;
  const share = known.reduce((sum, count) => sum + count.faults, 0) / requests;
  const expected = total * share;
  const deviation = deviations * Math.sqrt(Math.max(expected * (1 - share), leastVariance));
  return { low: Math.max(0, Math.floor(expected - deviation)), high: Math.min(total, Math.ceil(expected + deviation)) };
}
