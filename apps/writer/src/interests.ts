/** What all apis together want of traces. Each repeats what it wants; who has not for a while wants nothing any more. */
import type { LiveInterest } from '@fluoroscope/contract/live';
import { type PresenceRecord, presenceTimeoutMs } from '@fluoroscope/contract/process-messages';

export class Interests {
  readonly #apis = new Map<string, { interest: LiveInterest; heardMs: number }>();

  /** `nowMs` on this process's clock. */
  hear(record: PresenceRecord, nowMs: number): void {
    if (record.kind === 'api') this.#apis.set(record.from, { interest: record.interest, heardMs: nowMs });
  }

  all(nowMs: number): LiveInterest {
    const traces = new Set<string>();
    let rows = false;
    for (const [from, { interest, heardMs }] of this.#apis) {
      if (nowMs - heardMs > presenceTimeoutMs) this.#apis.delete(from);
      else {
        rows ||= interest.rows;
        for (const traceId of interest.traces) traces.add(traceId);
      }
    }
    return { rows, traces: [...traces].sort() };
  }
}
