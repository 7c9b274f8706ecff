/**
 * The links of one trace, both ways, each with what is known of its other end. What caused the trace is read from its own
 * documents, what it caused from the stored links, and the ends from the documents that have their IDs in them: a trace is
 * never read as a whole, however large.
 */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { type LinkedPart, type LinkedTrace, maxTraceLinks, type TraceLinks } from '@fluoroscope/contract/traces';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { entityKinds } from '@fluoroscope/xray/entities';
import { linksIn, messageAge } from '@fluoroscope/xray/links';
import { outcomeNames } from '@fluoroscope/xray/trace-row';
import { type TraceEntity, type TraceView, viewTrace } from '@fluoroscope/xray/trace-view';
import type { ClickHouseClient } from './clickhouse.js';
import { documentsWith, linksFrom } from './links.js';

export interface LinkReader {
  /** A trace that is not stored, or has no links, has none. */
  linksOf(traceId: string): Promise<TraceLinks>;
}

/** Words of which a document with links has at least one. */
const linkWords = ['"links"', 'AWSTraceHeader'];

/** A segment or subsegment; `id` is '' for a trace as a whole. */
interface End {
  traceId: string;
  id: string;
}

interface Link {
  cause: End;
  caused: End;
}

export class StoredLinkReader implements LinkReader {
  constructor(private readonly client: ClickHouseClient) {}

  async linksOf(traceId: string): Promise<TraceLinks> {
    const [causes, effects] = await Promise.all([this.causesOf(traceId), this.effectsOf(traceId)]);
    const ends = await this.endsOf([...causes, ...effects].flatMap(({ cause, caused }) => [cause, caused]));
    const linked = (links: readonly Link[], other: 'cause' | 'caused') =>
      links
        .slice(0, maxTraceLinks)
        .map((link) => describe(link, other, ends))
        .toSorted(byTime);
    return {
      causedBy: linked(causes, 'cause'),
      caused: linked(effects, 'caused'),
      isCut: Math.max(causes.length, effects.length) > maxTraceLinks,
    };
  }

  private async causesOf(traceId: string): Promise<Link[]> {
    const documents = await documentsWith(
      this.client,
      linkWords.map((word) => ({ traceId, word })),
      { firstSlice: 0 },
    );
    const links = documents.flatMap(({ raw }) => {
      const document = readStoredDocument(raw);
      return document === null ? [] : linksIn(raw, document);
    });
    return links
      .filter(({ causeTraceId }) => causeTraceId !== traceId)
      .map(({ id, causeTraceId, causeId }) => ({ cause: { traceId: causeTraceId, id: causeId }, caused: { traceId, id } }));
  }

  private async effectsOf(traceId: string): Promise<Link[]> {
    const rows = await linksFrom(this.client, { traceIds: [traceId], firstSlice: 0, limit: maxTraceLinks + 1 });
    return rows.map((row) => ({ cause: { traceId, id: row.causeId }, caused: { traceId: row.traceId, id: row.id } }));
  }

  private async endsOf(ends: readonly End[]): Promise<Ends> {
    const wanted = ends.filter(({ id }) => id !== '').map(({ traceId, id }) => ({ traceId, word: id }));
    const found = new Ends(await documentsWith(this.client, wanted, { firstSlice: 0 }));
    const above = found.parentsOf(ends).map(({ traceId, id }) => ({ traceId, word: id }));
    return above.length === 0 ? found : new Ends(await documentsWith(this.client, [...wanted, ...above], { firstSlice: 0 }));
  }
}

/** Parts of traces: those documents that have the ends in them. */
class Ends {
  private readonly views = new Map<string, TraceView>();

  constructor(documents: readonly { traceId: string; raw: string }[]) {
    const traces = new Map<string, SegmentDocument[]>();
    for (const { traceId, raw } of documents) {
      const document = readStoredDocument(raw);
      if (document !== null) traces.set(traceId, [...(traces.get(traceId) ?? []), document]);
    }
    for (const [traceId, parts] of traces) this.views.set(traceId, viewTrace(parts));
  }

  of({ traceId, id }: End): TraceEntity | undefined {
    return this.views.get(traceId)?.entities.get(id);
  }

  part(end: End): LinkedPart | null {
    const found = this.of(end);
    if (found === undefined) return null;
    const { entity, source } = found;
    return {
      name: source.name,
      service: this.views.get(end.traceId)?.ownerOf(entity) ?? null,
      through: entity.kind === entityKinds.call ? entity.node : null,
      startMicros: entity.startMicros,
      outcome: outcomeNames[entity.outcome],
      inProgress: entity.inProgress,
    };
  }

  /** Of streamed subsegments, whose service is that of their parent. */
  parentsOf(ends: readonly End[]): End[] {
    return ends.flatMap((end) => {
      const entity = this.of(end)?.entity;
      if (entity === undefined || entity.parentId === '') return [];
      return this.views.get(end.traceId)?.ownerOf(entity) === undefined ? [{ traceId: end.traceId, id: entity.parentId }] : [];
    });
  }
}

function describe(link: Link, other: 'cause' | 'caused', ends: Ends): LinkedTrace {
  const own = other === 'cause' ? link.caused : link.cause;
  const { traceId, id } = link[other];
  return { ownId: own.id, traceId, id, other: ends.part(link[other]), ageMicros: ageOf(ends.of(link.cause), ends.of(link.caused)) };
}

function ageOf(cause: TraceEntity | undefined, caused: TraceEntity | undefined): number | null {
  return cause === undefined || caused === undefined ? null : messageAge(cause.entity, caused.entity);
}

/** What is not stored comes last. */
function startOf({ other }: LinkedTrace): number {
  return other?.startMicros ?? Number.MAX_VALUE;
}

function byTime(left: LinkedTrace, right: LinkedTrace): number {
  return startOf(left) - startOf(right) || (left.traceId < right.traceId ? -1 : 1);
}
