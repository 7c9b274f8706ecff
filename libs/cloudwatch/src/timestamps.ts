import { maxDatumAgeSeconds, maxDatumAheadSeconds } from '@fluoroscope/contract/metrics';
import { decimalOf, isGiven } from './members.js';
import type { Rejections } from './rejections.js';

/** ISO 8601, with or without the separators, which old clients leave out; UTC where no zone is named. */
const iso = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d)(?::?(\d\d)(?:\.(\d+))?)?(?:Z|([+-]\d\d):?(\d\d))?$/;

interface TimeContext {
  receivedAtMs: number;
  /** So far outside the window a time is accepted, on both sides. */
  slackMs: number;
  rejections: Rejections;
}

/**
 * Epoch milliseconds of a datum's Timestamp (epoch seconds, also as text, or ISO 8601), or when it was received where it has none. Two weeks
 * old and two hours ahead are the last that are accepted. Epoch milliseconds are far ahead, and so are refused as CloudWatch does.
 */
export function readTimestamp(value: unknown, parameter: string, context: TimeContext): number {
  const { receivedAtMs, slackMs, rejections } = context;
  const timestampMs = isGiven(value) && value !== '' ? epochMsOf(value) : Math.round(receivedAtMs);
  const earliestMs = receivedAtMs - maxDatumAgeSeconds * 1_000 - slackMs;
  const latestMs = receivedAtMs + maxDatumAheadSeconds * 1_000 + slackMs;
  if (timestampMs >= earliestMs && timestampMs <= latestMs) return timestampMs;
  if (typeof value === 'string' && Number.isNaN(timestampMs)) rejections.invalid(parameter, value);
  else if (isGiven(value) && typeof value !== 'string' && typeof value !== 'number') rejections.notA('number', parameter);
  else rejections.add('InvalidParameterValue', `The parameter ${parameter} must specify a time within the past two weeks.`);
  return 0;
}

/** NaN for what is no time. */
function epochMsOf(value: unknown): number {
  const seconds = decimalOf(value);
  if (!Number.isNaN(seconds)) return Math.round(seconds * 1_000);
  const found = typeof value === 'string' ? iso.exec(value) : null;
  if (found === null) return Number.NaN;
  const [, year, month, day, hour, minute, second = '00', fraction = '0', zoneHours, zoneMinutes] = found;
  // Date.parse takes the 30th of February for the 2nd of March.
  if (new Date(`${year}-${month}-${day}`).getUTCDate() !== Number(day)) return Number.NaN;
  const zone = zoneHours === undefined ? 'Z' : `${zoneHours}:${zoneMinutes}`;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}${zone}`);
}
