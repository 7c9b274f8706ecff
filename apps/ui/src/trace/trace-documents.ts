/**
 * The documents of one trace on the worker's side: read line by line, laid out as rows, and asked for details afterwards.
 * Keeps the text of each document as it came, so that the raw view shows what was sent.
 */
import type { EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import { criticalPathOf } from '@fluoroscope/xray/critical-path';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { ownTimeOf } from '@fluoroscope/xray/self-time';
import { findSkewOfViews } from '@fluoroscope/xray/skew';
import { viewTrace } from '@fluoroscope/xray/trace-view';
import { worstBelow } from '@fluoroscope/xray/visible-rows';
import { rowKinds, type Waterfall, waterfallOf } from '@fluoroscope/xray/waterfall';
import type { DocumentEntry, RowDetails, TraceData } from './messages.js';

export class TraceDocuments {
  documents = 0;
  bytes = 0;
  /** Documents that the trace has, sent or not. */
  total = 0;
  private unreadable = 0;
  private readonly read: SegmentDocument[] = [];
  private readonly texts = new Map<string, string>();
  private sources: (EntityDocument | null)[] = [];
  private parents: Int32Array = new Int32Array(0);
  private readonly rowOf = new Map<string, number>();
  private exceptions: Map<string, string> | null = null;

  /** One line of the answer. */
  add(line: string): void {
    if (line === '') return;
    const document = readStoredDocument(line);
    if (document === null) {
      this.unreadable++;
      return;
    }
    this.documents++;
    this.bytes += line.length;
    this.read.push(document);
    this.texts.set(document.id, line);
  }

  /** The arrays of the answer belong to who asked. */
  layOut(): TraceData {
    const view = viewTrace(this.read);
    const { waterfall: rows, sources } = waterfallOf(view);
    this.sources = sources;
    this.parents = rows.parent.slice();
    for (const [row, id] of rows.ids.entries()) this.rowOf.set(id, row);
    const own = ownTimeOf(rows);
    return {
      rows,
      ...own,
      path: criticalPathOf(rows),
      worst: worstBelow(rows),
      rank: rankOfServices(rows, own.self),
      skew: findSkewOfViews([view]),
      moved: null,
      documents: this.documents,
      bytes: this.bytes,
      unreadable: this.unreadable,
      total: this.total,
    };
  }

  details(id: string): RowDetails | null {
    const row = this.rowOf.get(id);
    const source = row === undefined ? null : this.sources[row];
    if (row === undefined || !source) return null;
    const { subsegments: _, ...own } = source;
    const segment = this.above(row, (candidate) => 'trace_id' in candidate && candidate.type !== 'subsegment');
    const document = this.above(row, (candidate) => this.texts.has(candidate.id));
    return {
      id,
      source: own,
      segment: segment === null ? null : segmentOf(segment),
      causeId: this.causeOf(source),
      documentId: document?.id ?? id,
    };
  }

  entries(): DocumentEntry[] {
    return this.read.map(({ id, name, type }) => ({
      id,
      name,
      bytes: this.texts.get(id)?.length ?? 0,
      isSubsegment: type === 'subsegment',
    }));
  }

  text(id: string): string | null {
    const text = this.texts.get(id);
    return text === undefined ? null : JSON.stringify(JSON.parse(text), null, 2);
  }

  /** The row itself, or the nearest above it that fits. */
  private above(row: number, fits: (source: EntityDocument & Partial<SegmentDocument>) => boolean): SegmentDocument | null {
    for (let at = row; at >= 0; at = this.parents[at] ?? -1) {
      const source = this.sources[at];
      if (source && fits(source)) return source as SegmentDocument;
    }
    return null;
  }

  /** SDKs keep an exception where it was thrown; above it they only name it, or the subsegment that has it. */
  private causeOf({ cause }: EntityDocument): string | null {
    if (typeof cause === 'string') return this.exceptionRows().get(cause) ?? null;
    const { id, exceptions } = (cause ?? {}) as { id?: unknown; exceptions?: unknown };
    if (typeof id !== 'string' || (Array.isArray(exceptions) && exceptions.length > 0)) return null;
    return this.rowOf.has(id) ? id : (this.exceptionRows().get(id) ?? null);
  }

  private exceptionRows(): Map<string, string> {
    this.exceptions ??= new Map(
      this.sources.flatMap((source) => (source ? exceptionIds(source).map((exception) => [exception, source.id] as const) : [])),
    );
    return this.exceptions;
  }
}

function exceptionIds({ cause }: EntityDocument): string[] {
  const { exceptions } = (typeof cause === 'object' && cause !== null ? cause : {}) as { exceptions?: unknown };
  if (!Array.isArray(exceptions)) return [];
  return exceptions.flatMap((exception: { id?: unknown } | null) => (typeof exception?.id === 'string' ? [exception.id] : []));
}

function segmentOf({ id, name, origin, service }: SegmentDocument): RowDetails['segment'] {
  return { id, name, origin: textOf(origin), version: textOf(service?.version) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function rankOfServices(rows: Waterfall, self: Float64Array): Uint16Array {
  const spent = new Float64Array(rows.services.length);
  for (let row = 0; row < rows.count; row++) {
    const service = rows.service[row] ?? 0;
    if ((rows.kind[row] ?? 0) < rowKinds.group) spent[service] = (spent[service] ?? 0) + (self[row] ?? 0);
  }
  // What is of no service known here comes last.
  spent[0] = -1;
  const order = rows.services.map((_, service) => service).sort((left, right) => (spent[right] ?? 0) - (spent[left] ?? 0) || left - right);
  const rank = new Uint16Array(order.length);
  order.forEach((service, place) => {
    rank[service] = place;
  });
  return rank;
}
