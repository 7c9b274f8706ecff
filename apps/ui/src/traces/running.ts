/** How long an open request has been going on, by a clock that may be behind the one that started it. */
import type { TraceRow } from '@fluoroscope/contract/traces';

export function runningMicros({ startMicros, durationMicros }: TraceRow, nowMs: number): number {
  return Math.max(durationMicros, nowMs * 1_000 - startMicros);
}
