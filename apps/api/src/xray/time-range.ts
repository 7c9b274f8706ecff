import { invalidRequest } from '../protocol/errors.js';

/** Epoch seconds, half open. */
export interface TimeRange {
  from: number;
  to: number;
  maxHours: number;
}

/** 2100-01-01: storage keeps no time behind it. */
const latestSeconds = 4_102_444_800;

/** Throws X-Ray's error for a range that is too long or goes backwards. */
export function checkRange({ from, to, maxHours }: TimeRange): void {
  if (from < 0 || to > latestSeconds) throw invalidRequest('StartTime and EndTime must lie between 1970 and 2100');
  if (from > to) throw invalidRequest('StartTime must not be later than EndTime');
  if (to - from > maxHours * 3600) throw invalidRequest(`Time range cannot be longer than ${maxHours} hours`);
}
