/**
 * Rows of the trace list, folded from the documents as they arrive, and word of traces that somebody has open. Does nothing
 * while nobody looks.
 *
 * A row is right or not there: a trace of which documents may have come before anybody looked, or may have been forgotten, is
 * counted as left out and left to storage. Bounded: documents of the last minute and of what is in progress, `maxTraces`
 * traces, `maxBytes` of documents, `maxRowsPerTick` rows at a time.
 */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { LiveInterest, LiveTraces } from '@fluoroscope/contract/live';
import type { TraceRow } from '@fluoroscope/contract/traces';
import { type FlattenedDocument, outcomes } from '@fluoroscope/xray/entities';
import { traceRow } from '@fluoroscope/xray/trace-row';

const maxTraces = 5_000;
const maxRowsPerTick = 50;
const maxBytes = 64 * 1024 * 1024;
/** As many as a stored row is folded from. */
const maxDocuments = 200;
const keptMs = 60_000;
const keptInProgressMs = 15 * 60_000;
/** How long a trace without a root waits for it. */
const rootPatienceMs = 2_000;

interface LiveTrace {
  documents: SegmentDocument[];
  bytes: number;
  startMicros: number;
  firstMs: number;
  lastMs: number;
  hasRoot: boolean;
  hasFailed: boolean;
  /** IDs of its documents in progress. */
  inProgress: Set<string>;
  /** Not all of it is known. */
  isPartial: boolean;
}

/** The size of a document, and when it came. */
interface Arrival {
  bytes: number;
  nowMs: number;
}

export class LiveTraceFold {
  private wantsRows = false;
  private sinceMs = 0;
  private open: ReadonlySet<string> = new Set();
  /** In order of their latest document. */
  private readonly traces = new Map<string, LiveTrace>();
  private bytes = 0;
  private leftOut = 0;
  private readonly changedRows = new Set<string>();
  private readonly arrived = new Set<string>();
  private readonly stored = new Set<string>();

  watch(interest: LiveInterest, nowMs = Date.now()): void {
    this.open = new Set(interest.traces);
    if (interest.rows && !this.wantsRows) this.sinceMs = nowMs;
    if (!interest.rows) this.forgetAll();
    this.wantsRows = interest.rows;
  }

  /** A document that is new or another version. */
  add(document: SegmentDocument, flat: FlattenedDocument, arrival: Arrival): void {
    if (this.open.size > 0 && this.open.has(flat.traceId)) this.arrived.add(flat.traceId);
    if (this.wantsRows) this.addToRow(document, flat, arrival);
  }

  /** These are in storage now. */
  noteStored(documents: readonly { flat: FlattenedDocument }[]): void {
    if (this.open.size === 0) return;
    for (const { flat } of documents) if (this.open.has(flat.traceId)) this.stored.add(flat.traceId);
  }

  /** What changed since the last call; null when nothing did. */
  drain(nowMs: number): LiveTraces | null {
    const rows = this.changedRows.size > 0 ? this.drainRows(nowMs) : [];
    const { leftOut } = this;
    if (rows.length === 0 && leftOut === 0 && this.arrived.size === 0 && this.stored.size === 0) return null;
    const message = { rows, leftOut, arrived: [...this.arrived], stored: [...this.stored] };
    this.leftOut = 0;
    this.arrived.clear();
    this.stored.clear();
    return message;
  }

  private addToRow(document: SegmentDocument, flat: FlattenedDocument, { bytes, nowMs }: Arrival): void {
    const [top] = flat.entities;
    if (top === undefined) return;
    const trace = this.traceOf(flat.traceId, top.startMicros, nowMs);
    trace.lastMs = nowMs;
    if (top.startMicros < this.sinceMs * 1000 || trace.documents.length >= maxDocuments) trace.isPartial = true;
    if (trace.isPartial) {
      this.bytes -= trace.bytes;
      Object.assign(trace, { documents: [], bytes: 0 });
    } else {
      trace.documents.push(document);
      trace.bytes += bytes;
      this.bytes += bytes;
      trace.hasRoot ||= top.parentId === '';
      if (flat.complete) trace.inProgress.delete(flat.id);
      else trace.inProgress.add(flat.id);
      trace.hasFailed ||= top.outcome !== outcomes.ok;
      trace.startMicros = Math.min(trace.startMicros, top.startMicros);
    }
    this.changedRows.add(flat.traceId);
    this.forgetOld(nowMs);
  }

  private traceOf(traceId: string, startMicros: number, nowMs: number): LiveTrace {
    const known = this.traces.get(traceId);
    if (known !== undefined) {
      this.traces.delete(traceId);
      this.traces.set(traceId, known);
      return known;
    }
    // What began longer ago may have had documents that are forgotten.
    const isPartial = startMicros < (nowMs - keptMs) * 1000;
    const flags = { hasRoot: false, hasFailed: false, inProgress: new Set<string>(), isPartial };
    const trace = { documents: [], bytes: 0, startMicros, firstMs: nowMs, lastMs: nowMs, ...flags };
    this.traces.set(traceId, trace);
    return trace;
  }

  private drainRows(nowMs: number): TraceRow[] {
    const ready: LiveTrace[] = [];
    for (const traceId of this.changedRows) {
      const trace = this.traces.get(traceId);
      if (trace !== undefined && !trace.isPartial && !trace.hasRoot && nowMs - trace.firstMs < rootPatienceMs) continue;
      this.changedRows.delete(traceId);
      if (trace === undefined || trace.isPartial) this.leftOut++;
      else ready.push(trace);
    }
    ready.sort(notableFirst);
    this.leftOut += Math.max(0, ready.length - maxRowsPerTick);
    return ready.slice(0, maxRowsPerTick).map(({ documents }) => traceRow(documents));
  }

  /** The map is in order of the latest document, so the oldest are first; what is in progress gets a second turn. */
  private forgetOld(nowMs: number): void {
    for (const [traceId, trace] of this.traces) {
      const isOver = this.traces.size > maxTraces || this.bytes > maxBytes;
      const ageMs = nowMs - trace.lastMs;
      if (!isOver && ageMs < keptMs) return;
      if (!isOver && trace.inProgress.size > 0 && nowMs - trace.firstMs < keptInProgressMs) {
        this.traces.delete(traceId);
        this.traces.set(traceId, Object.assign(trace, { lastMs: nowMs }));
        continue;
      }
      this.traces.delete(traceId);
      this.bytes -= trace.bytes;
    }
  }

  private forgetAll(): void {
    this.traces.clear();
    this.changedRows.clear();
    this.bytes = 0;
    this.leftOut = 0;
  }
}

function notableFirst(left: LiveTrace, right: LiveTrace): number {
  return Number(isNotable(right)) - Number(isNotable(left)) || right.startMicros - left.startMicros;
}

function isNotable({ hasFailed, inProgress }: LiveTrace): boolean {
  return hasFailed || inProgress.size > 0;
}
