/** When something started: the clock with milliseconds, and the day where it is not today. */
const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });

/** `14:03:22.418`, or to the minute; of another day `Nov 21 14:03`. */
export function formatMoment(micros: number, nowMs: number, exactness: 'ms' | 'minute' = 'ms'): string {
  const time = new Date(micros / 1_000);
  const minutes = `${pad(time.getHours())}:${pad(time.getMinutes())}`;
  if (time.toDateString() !== new Date(nowMs).toDateString()) return `${day.format(time)} ${minutes}`;
  if (exactness === 'minute') return minutes;
  return `${minutes}:${pad(time.getSeconds())}.${pad(time.getMilliseconds(), 3)}`;
}

/** The instant, for titles and copies. */
export function isoMoment(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}
