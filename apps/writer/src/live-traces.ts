/**
 * Rows of the trace list, folded from the documents as they arrive, and word of traces that somebody has open. Does nothing
 * while nobody looks.
 *
 * Documents are kept as text: few of them ever make a row that is shown, and a parsed one is a hundred objects, which cost the
 * garbage collector more than everything else here together.
 *
 * A row is right or not there: a trace of which documents may have come before anybody looked, or may have been forgotten, is
 * counted as unseen and left to storage. Bounded: documents of the last minute and of what is in progress, `maxTraces`
 * traces, `maxCharacters` of documents, `maxRowsPerTick` rows at a time.
 */
import type { LiveInterest, LiveTraces } from '@fluoroscope/contract/live';
import type { TraceRow } from '@fluoroscope/contract/traces';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { type FlattenedDocument, outcomes } from '@fluoroscope/xray/entities';
import { traceRow } from '@fluoroscope/xray/trace-row';

const maxTraces = 5_000;
/** Beyond the bounds: forgetting one by one would walk over what was forgotten before, again and again. */
const spareTraces = 500;
const spareCharacters = 4 * 1024 * 1024;
/** 250 a second are more than anybody reads, and each costs as much as ten segments do. */
const maxRowsPerTick = 25;
const maxCharacters = 64 * 1024 * 1024;
/** As many as a stored row is folded from. */
const maxDocuments = 200;
const keptMs = 60_000;
const keptInProgressMs = 15 * 60_000;
/** How long a trace without a root waits for it. */
const rootPatienceMs = 2_000;

interface LiveTrace {
  texts: string[];
  characters: number;
  startMicros: number;
  firstMs: number;
  lastMs: number;
  hasRoot: boolean;
  hasFailed: boolean;
  /** IDs of its documents in progress; null for most traces, which have none. */
  inProgress: Set<string> | null;
  /** Not all of it is known. */
  isPartial: boolean;
}

/** A document that is new or another version, and when it came. */
interface Arrival {
  text: string;
  flat: FlattenedDocument;
  nowMs: number;
}

export class LiveTraceFold {
  private wantsRows = false;
  private sinceMs = 0;
  private open: ReadonlySet<string> = new Set();
  /** In order of their latest document. */
  private readonly traces = new Map<string, LiveTrace>();
  private characters = 0;
  private leftOut = 0;
  private unseen = 0;
  private readonly changedRows = new Set<string>();
  private readonly arrived = new Set<string>();
  private readonly stored = new Set<string>();

  watch(interest: LiveInterest, nowMs = Date.now()): void {
    this.open = new Set(interest.traces);
    if (interest.rows && !this.wantsRows) this.sinceMs = nowMs;
    if (!interest.rows) this.forgetAll();
    this.wantsRows = interest.rows;
  }

  /** Somebody looks; `add` does nothing otherwise. */
  get isWatched(): boolean {
    return this.wantsRows || this.open.size > 0;
  }

  add(arrival: Arrival): void {
    const { traceId } = arrival.flat;
    if (this.open.size > 0 && this.open.has(traceId)) this.arrived.add(traceId);
    if (this.wantsRows) this.addToRow(arrival);
  }

  /** These are in storage now. */
  noteStored(documents: readonly { traceId: string }[]): void {
    if (this.open.size === 0) return;
    for (const { traceId } of documents) if (this.open.has(traceId)) this.stored.add(traceId);
  }

  /** What changed since the last call; null when nothing did. */
  drain(nowMs: number): LiveTraces | null {
    this.forgetOld(nowMs);
    const rows = this.changedRows.size > 0 ? this.drainRows(nowMs) : [];
    const { leftOut, unseen } = this;
    if (rows.length === 0 && leftOut + unseen === 0 && this.arrived.size === 0 && this.stored.size === 0) return null;
    const message = { rows, leftOut, unseen, arrived: [...this.arrived], stored: [...this.stored] };
    this.leftOut = 0;
    this.unseen = 0;
    this.arrived.clear();
    this.stored.clear();
    return message;
  }

  private addToRow({ text, flat, nowMs }: Arrival): void {
    const [top] = flat.entities;
    if (top === undefined) return;
    const trace = this.traceOf(flat.traceId, top.startMicros, nowMs);
    trace.lastMs = nowMs;
    if (top.startMicros < this.sinceMs * 1000 || trace.texts.length >= maxDocuments) this.giveUp(trace);
    if (!trace.isPartial) {
      trace.texts.push(text);
      trace.characters += text.length;
      this.characters += text.length;
      trace.hasRoot ||= top.parentId === '';
      if (!flat.complete) trace.inProgress = (trace.inProgress ?? new Set()).add(flat.id);
      else trace.inProgress?.delete(flat.id);
      trace.hasFailed ||= top.outcome !== outcomes.ok;
      trace.startMicros = Math.min(trace.startMicros, top.startMicros);
    }
    this.changedRows.add(flat.traceId);
    const isFull = this.traces.size > maxTraces + spareTraces || this.characters > maxCharacters + spareCharacters;
    if (isFull) this.forgetOld(nowMs);
  }

  /** To storage. It stays known, so that a part of it is never taken for the whole; its documents make room. */
  private giveUp(trace: LiveTrace): void {
    this.characters -= trace.characters;
    Object.assign(trace, { texts: [], characters: 0, isPartial: true });
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
    const flags = { hasRoot: false, hasFailed: false, inProgress: null, isPartial };
    const trace = { texts: [], characters: 0, startMicros, firstMs: nowMs, lastMs: nowMs, ...flags };
    this.traces.set(traceId, trace);
    return trace;
  }

  private drainRows(nowMs: number): TraceRow[] {
    const ready: LiveTrace[] = [];
    for (const traceId of this.changedRows) {
      const trace = this.traces.get(traceId);
      if (trace !== undefined && !trace.isPartial && !trace.hasRoot && nowMs - trace.firstMs < rootPatienceMs) continue;
      this.changedRows.delete(traceId);
      if (trace === undefined || trace.isPartial) this.unseen++;
      else ready.push(trace);
    }
    ready.sort(notableFirst);
    for (const trace of ready.slice(maxRowsPerTick)) {
      this.leftOut++;
      this.giveUp(trace);
    }
    return ready.slice(0, maxRowsPerTick).map(rowOf);
  }

  private isOver(): boolean {
    return this.traces.size > maxTraces || this.characters > maxCharacters;
  }

  /** The map is in order of the latest document, so the oldest are first; what is in progress gets a second turn. */
  private forgetOld(nowMs: number): void {
    for (const [traceId, trace] of this.traces) {
      const isOver = this.isOver();
      const ageMs = nowMs - trace.lastMs;
      if (!isOver && ageMs < keptMs) return;
      this.traces.delete(traceId);
      const isKept = !isOver && isInProgress(trace) && nowMs - trace.firstMs < keptInProgressMs;
      if (isKept) this.traces.set(traceId, Object.assign(trace, { lastMs: nowMs }));
      else this.characters -= trace.characters;
    }
  }

  private forgetAll(): void {
    this.traces.clear();
    this.changedRows.clear();
    this.characters = 0;
    this.leftOut = 0;
    this.unseen = 0;
  }
}

function notableFirst(left: LiveTrace, right: LiveTrace): number {
  return Number(isNotable(right)) - Number(isNotable(left)) || right.startMicros - left.startMicros;
}

function isNotable(trace: LiveTrace): boolean {
  return trace.hasFailed || isInProgress(trace);
}

function isInProgress({ inProgress }: LiveTrace): boolean {
  return inProgress !== null && inProgress.size > 0;
}

function rowOf({ texts }: LiveTrace): TraceRow {
  return traceRow(texts.map(readStoredDocument).filter((document) => document !== null));
}
