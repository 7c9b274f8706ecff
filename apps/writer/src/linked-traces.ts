/**
 * Which traces have been named as the cause of another, lately: a document of such a trace may be what a stored link waits
 * for. Where nothing was ever linked this costs one comparison for a document.
 *
 * Bounded: two halves of equal size, and when the newer one is full the older one is dropped. A document that began before
 * what memory covers may be linked to by what was dropped, so ClickHouse is asked.
 */
import type { FlattenedDocument } from '@fluoroscope/xray/entities';
import type { IncomingDocument } from './logged-document.js';

const maxTracesPerHalf = 100_000;
/** How far a document's clock may be off before memory is not trusted. */
const skewMicros = 10_000_000;

export class LinkedTraces {
  /** False as long as nothing was ever linked. */
  hasLinks = false;
  private newer = new Set<string>();
  private older = new Set<string>();
  private coveredSinceMicros: number;
  private newerSinceMicros: number;

  /** `coveredSinceMicros`: as of RecentEntities. */
  constructor(coveredSinceMicros: number) {
    this.coveredSinceMicros = coveredSinceMicros;
    this.newerSinceMicros = coveredSinceMicros;
  }

  /** Whether a link that arrived before, or one of its own, may name this document's trace. */
  note({ flat, links, receivedAtMs }: IncomingDocument): boolean {
    const nowMicros = receivedAtMs * 1000;
    for (const { causeTraceId } of links) if (causeTraceId !== flat.traceId) this.add(causeTraceId, nowMicros);
    return this.mayName(flat, nowMicros);
  }

  private add(traceId: string, nowMicros: number): void {
    this.hasLinks = true;
    if (this.newer.size >= maxTracesPerHalf) {
      this.older = this.newer;
      this.newer = new Set();
      this.coveredSinceMicros = this.newerSinceMicros;
      this.newerSinceMicros = nowMicros;
    }
    this.newer.add(traceId);
  }

  private mayName({ traceId, entities }: FlattenedDocument, nowMicros: number): boolean {
    if (!this.hasLinks) return false;
    if (this.newer.has(traceId) || this.older.has(traceId)) return true;
    if (this.coveredSinceMicros === 0) return false;
    const startMicros = entities[0]?.startMicros ?? 0;
    return startMicros < this.coveredSinceMicros + skewMicros || startMicros > nowMicros + skewMicros;
  }
}
