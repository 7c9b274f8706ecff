/**
 * What the other processes say of themselves, added up for the ingest doctor: every daemon that is there, and every partition, by the
 * process that has it now. A partition's counts go with its log, so they stay right when another writer takes over, and are kept
 * when nobody has it for a while.
 */
import type { DaemonCounters, IngestCounters, PartitionLag } from '@fluoroscope/contract/counters';
import { type PartitionReport, type PresenceRecord, presenceTimeoutMs } from '@fluoroscope/contract/process-messages';
import { sumCounters } from '@fluoroscope/runtime/counters';

interface Heard<What> {
  what: What;
  heardMs: number;
}

/** ClickHouse may be away this long before it is told as trouble. */
const troubleAfterMs = 2_000;

export class ProcessReports {
  readonly #daemons = new Map<string, Heard<DaemonCounters>>();
  readonly #partitions = new Map<number, Heard<PartitionReport & { from: string }>>();
  readonly #writers = new Map<string, Heard<{ atMs: number; troubleSinceMs: number | null }>>();

  /** `nowMs` on this process's clock. */
  hear(record: PresenceRecord, nowMs: number): void {
    if (record.kind === 'daemon') this.#daemons.set(record.from, { what: record.counters, heardMs: nowMs });
    if (record.kind !== 'writer') return;
    this.#writers.set(record.from, { what: record, heardMs: nowMs });
    for (const report of record.partitions) {
      const known = this.#partitions.get(report.partition);
      // Of two that believe to have it, the one that was given it later is right.
      const isOutdated = known !== undefined && known.what.since > report.since && nowMs - known.heardMs < presenceTimeoutMs;
      if (!isOutdated) this.#partitions.set(report.partition, { what: { ...report, from: record.from }, heardMs: nowMs });
    }
  }

  ingest(nowMs: number): Omit<IngestCounters, 'api'> {
    const daemons = present(this.#daemons, nowMs);
    const daemon = sumCounters(daemons);
    const partitions = [...this.#partitions.values()].sort((left, right) => left.what.partition - right.what.partition);
    return {
      daemon: daemon && { ...daemon, port: daemons[0]?.port ?? 0 },
      writer: sumCounters(partitions.map(({ what }) => what.counters)),
      partitions: partitions.map((heard) => lagOf(heard, nowMs)),
    };
  }

  /** `ok`, or what is wrong with those that fill ClickHouse. */
  writerState(nowMs: number): string {
    const writers = present(this.#writers, nowMs);
    if (writers.length === 0) return 'no writer is heard of: what is sent waits in Kafka';
    const inTrouble = ({ atMs, troubleSinceMs }: { atMs: number; troubleSinceMs: number | null }) =>
      troubleSinceMs !== null && atMs - troubleSinceMs > troubleAfterMs;
    return writers.some(inTrouble) ? 'a writer does not store what it is given: it waits in Kafka' : 'ok';
  }
}

function lagOf({ what: { partition, counters, from }, heardMs }: Heard<PartitionReport & { from: string }>, nowMs: number): PartitionLag {
  return { partition, lag: counters.lag, owner: nowMs - heardMs > presenceTimeoutMs ? null : ownerOf(from) };
}

/** Of `writer host pid id`: nobody looks for the rest of it. */
function ownerOf(from: string): string {
  return from.split(' ').slice(1, 3).join(' ');
}

function present<What>(heard: Map<string, Heard<What>>, nowMs: number): What[] {
  for (const [from, { heardMs }] of heard) if (nowMs - heardMs > presenceTimeoutMs) heard.delete(from);
  return [...heard.values()].map(({ what }) => what);
}
