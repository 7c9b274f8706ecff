/** The ingest counters as the doctor shows them, with the rates between two messages. */
import type { IngestCounters } from '@fluoroscope/contract/counters';

/** Counters are compared with those of about this long ago. */
const rateSpanMs = 5_000;

interface Sample {
  atMs: number;
  received: number;
  stored: number;
}

export class IngestStore {
  /** Null before the first message. */
  counters = $state.raw<IngestCounters | null>(null);
  /** Datagrams per second; null until two messages have come. */
  receivedPerSecond = $state.raw<number | null>(null);
  storedPerSecond = $state.raw<number | null>(null);
  #samples: Sample[] = [];

  show({ now, counters }: { now: number; counters: IngestCounters }): void {
    this.counters = counters;
    const sample = { atMs: now, received: counters.daemon?.received ?? 0, stored: counters.writer?.stored ?? 0 };
    const [oldest] = this.#samples;
    // Counters that fell belong to a process that was started again.
    if (oldest && (sample.received < oldest.received || sample.stored < oldest.stored)) this.#samples = [];
    this.#samples = [...this.#samples.filter(({ atMs }) => atMs > now - rateSpanMs), sample];
    this.#rate(sample);
  }

  #rate(newest: Sample): void {
    const oldest = this.#samples[0] ?? newest;
    const seconds = (newest.atMs - oldest.atMs) / 1_000;
    this.receivedPerSecond = seconds > 0 ? (newest.received - oldest.received) / seconds : null;
    this.storedPerSecond = seconds > 0 ? (newest.stored - oldest.stored) / seconds : null;
  }
}
