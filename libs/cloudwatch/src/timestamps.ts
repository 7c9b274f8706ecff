import { maxDatumAgeSeconds, maxDatumAheadSeconds } from '@fluoroscope/contract/metrics';
import { msOfIso } from './iso-time.js';
import { decimalOf, isGiven } from './members.js';
import type { Rejections } from './rejections.js';

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
  return typeof value === 'string' ? msOfIso(value) : Number.NaN;
}
