/**
 * What the other processes say of themselves, added up for the ingest doctor: every daemon that is there, and every partition, by the
 * process that has it now. A partition's counts go with its log, so they stay right when another writer takes over, and are kept
 * when nobody has it for a while.
 */
import type { DaemonCounters, IngestCounters } from '@fluoroscope/contract/counters';
import { type PartitionReport, type PresenceRecord, presenceTimeoutMs } from '@fluoroscope/contract/process-messages';
import { sumCounters } from '@fluoroscope/runtime/counters';

interface Heard<What> {
  what: What;
  heardMs: number;
}

export class ProcessReports {
  readonly #daemons = new Map<string, Heard<DaemonCounters>>();
  readonly #partitions = new Map<number, PartitionReport>();
  readonly #writers = new Map<string, Heard<{ troubleSinceMs: number | null }>>();

  /** `nowMs` on this process's clock. */
  hear(record: PresenceRecord, nowMs: number): void {
    if (record.kind === 'daemon') this.#daemons.set(record.from, { what: record.counters, heardMs: nowMs });
    if (record.kind !== 'writer') return;
    this.#writers.set(record.from, { what: record, heardMs: nowMs });
    for (const report of record.partitions) {
      // Of two that believe to have it, the one that was given it later is right.
      if ((this.#partitions.get(report.partition)?.since ?? 0) <= report.since) this.#partitions.set(report.partition, report);
    }
  }

  ingest(nowMs: number): Pick<IngestCounters, 'daemon' | 'writer'> {
    const daemons = present(this.#daemons, nowMs);
    const daemon = sumCounters(daemons);
    const partitions = [...this.#partitions.values()].sort((left, right) => left.partition - right.partition);
    return {
      daemon: daemon && { ...daemon, port: daemons[0]?.port ?? 0 },
      writer: sumCounters(partitions.map(({ counters }) => counters)),
    };
  }

  /** `ok`, or what is wrong with those that fill ClickHouse. */
  writerState(nowMs: number): string {
    return present(this.#writers, nowMs).length > 0 ? 'ok' : 'no writer is heard of: what is sent waits in Kafka';
  }
}

function present<What>(heard: Map<string, Heard<What>>, nowMs: number): What[] {
  for (const [from, { heardMs }] of heard) if (nowMs - heardMs > presenceTimeoutMs) heard.delete(from);
  return [...heard.values()].map(({ what }) => what);
}
