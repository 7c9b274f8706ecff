/**
 * Periods of CloudWatch: which there are, where they begin, and from how far back they can be asked for. Times are epoch seconds.
 *
 * CloudWatch keeps a minute for 15 days, five minutes for 63 days, an hour for 455 days, and less than a minute for 3 hours: what it would
 * have thrown away is not answered here either, though it is still stored. Source: GetMetricStatistics, StartTime and Period.
 */

const minute = 60;
const hour = 3_600;
const day = 86_400;

/** In order: what begins at most `maxAge` ago can be asked for in multiples of `multiple`. All in seconds. */
const ages = [
  { maxAge: 3 * hour, multiple: 1 },
  { maxAge: 15 * day, multiple: minute },
  { maxAge: 63 * day, multiple: 5 * minute },
  { maxAge: Number.POSITIVE_INFINITY, multiple: hour },
] as const;

/** Periods below a minute, which only data with a StorageResolution of 1 make sense of. */
const shortPeriods: readonly number[] = [1, 5, 10, 20, 30];

export function isPeriod(seconds: number): boolean {
  return shortPeriods.includes(seconds) || (Number.isSafeInteger(seconds) && seconds > 0 && seconds % minute === 0);
}

/** Whether CloudWatch still has this period of what begins at `start`; where it has not, it answers no data, and no error. */
export function hasPeriod({ start, period }: { start: number; period: number }, now: number): boolean {
  return period % multipleAt(start, now) === 0;
}

/**
 * The whole periods that are answered for a range, `start` inclusive, `end` exclusive: `start` is rounded down to a multiple of the period
 * since the epoch (and of 1, 5 or 60 minutes by its age), `end` to the end of the period in which the range ends, so that the last period is
 * complete. Periods below a minute are as many as the range has room for: the last 10 seconds, asked for at 01:05:23, are 01:05:10 to
 * 01:05:20. A range that ends before it begins is empty.
 */
export function alignedRange(range: { start: number; end: number; period: number }, now: number): { start: number; end: number } {
  const { period } = range;
  const isShort = period < minute;
  const unit = isShort ? period : Math.max(period, multipleAt(range.start, now));
  const start = Math.floor(range.start / unit) * unit;
  const lengthSeconds = range.end - (isShort ? range.start : start);
  const isEmpty = range.end <= range.start;
  return { start, end: isEmpty ? start : start + Math.ceil(lengthSeconds / period) * period };
}

function multipleAt(start: number, now: number): number {
  return ages.find(({ maxAge }) => now - start <= maxAge)?.multiple ?? hour;
}
