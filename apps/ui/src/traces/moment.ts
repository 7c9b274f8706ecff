/** When something started, in the zone that the reader has chosen; micros are what rows have. */
import { formatMoment as formatDayOrTime, isoInstant, sameDay } from '@fluoroscope/format/time';
import { clock } from '../shell/clock.svelte.js';

/** `14:03:22.418`, or to the minute; of another day `Nov 21 14:03`, because a column has no room for more. */
export function formatMoment(micros: number, nowMs: number, exactness: 'ms' | 'minute' = 'ms'): string {
  const { zone } = clock;
  const precision = sameDay(micros / 1_000, nowMs, zone) ? exactness : 'minute';
  return formatDayOrTime(micros / 1_000, { nowMs, zone, precision });
}

/** The instant, for titles and copies. */
export function isoMoment(micros: number): string {
  return isoInstant(micros / 1_000);
}
