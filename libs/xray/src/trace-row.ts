/**
 * A trace as the list shows it, folded from its documents: live and stored rows of the same documents are the same row.
 *
 * Root, outcome and services follow the summary's rules (summary.ts). The order of the documents and copies among them change
 * nothing; of two versions of one document the complete one counts, then the later.
 */
import type { AnnotationValue, EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { maxRowAnnotations, maxRowServices, type OutcomeName, type TraceRow } from '@fluoroscope/contract/traces';
import { keptAnnotations } from './annotations.js';
import { entityKinds, outcomes } from './entities.js';
import { nodeId } from './node-key.js';
import { rootOf, serviceOf } from './summary.js';
import { type TraceEntity, type TraceView, viewVersions } from './trace-view.js';
import { type DocumentVersion, winningVersions } from './versions.js';

/** As long as a list can show; the trace itself has the rest. */
const maxTextLength = 2_000;
/** By outcome. */
export const outcomeNames = ['ok', 'error', 'throttle', 'fault'] as const satisfies OutcomeName[];
const nowhere: NodeKey = { name: '', type: '', accountId: '' };

/** `documents` are of one trace, at least one. */
export function traceRow(documents: readonly SegmentDocument[]): TraceRow {
  return rowOf(canonical(documents));
}

/** The row, and where it stands in a list that is ordered by time (`listedAtMicros`). */
export function listedTraceRow(documents: readonly SegmentDocument[]): { row: TraceRow; atMicros: number | null } {
  const winners = canonical(documents);
  return { row: rowOf(winners), atMicros: placeOf(winners) };
}

function rowOf(winners: readonly DocumentVersion[]): TraceRow {
  const view = viewVersions(winners);
  const items = [...view.entities.values()].sort(byStart);
  const segments = items.filter(({ entity }) => entity.kind === entityKinds.segment);
  const root = rootOf(segments, view) ?? items[0];
  const { entity } = root ?? {};
  const { startMicros, endMicros } = extentOf(items);
  const entry = (root && (view.ownerOf(root.entity) ?? root.entity.node)) ?? nowhere;
  return {
    traceId: view.traceId,
    startMicros: entity?.startMicros ?? 0,
    responseMicros: entity === undefined || entity.inProgress ? null : entity.responseMicros,
    durationMicros: Math.max(0, endMicros - startMicros),
    inProgress: winners.some(({ flat }) => !flat.complete),
    outcome: outcomeNames[entity?.outcome ?? outcomes.ok],
    worst: worstOf(segments),
    entry,
    ...httpOf(root?.source),
    ...servicesOf(items, entry, view),
    annotations: annotationsOf(items),
    documents: winners.length,
  };
}

/**
 * Where the trace stands in a list that is ordered by time: the start of its earliest segment without a parent; where there
 * is none, of its earliest segment, and where there is no segment at all, null.
 */
export function listedAtMicros(documents: readonly SegmentDocument[]): number | null {
  return placeOf(canonical(documents));
}

function placeOf(winners: readonly DocumentVersion[]): number | null {
  const segments = winners.flatMap(({ flat: { entities } }) => (entities[0]?.kind === entityKinds.segment ? [entities[0]] : []));
  const roots = segments.filter(({ parentId }) => parentId === '');
  const listed = roots.length > 0 ? roots : segments;
  return listed.length === 0 ? null : listed.reduce((first, { startMicros }) => Math.min(first, startMicros), Number.POSITIVE_INFINITY);
}

/** Winning versions in an order that is theirs, whatever the order of arrival. */
function canonical(documents: readonly SegmentDocument[]): DocumentVersion[] {
  return winningVersions(documents).sort(
    ({ document: left }, { document: right }) => left.start_time - right.start_time || compareText(left.id, right.id),
  );
}

function byStart({ entity: left }: TraceEntity, { entity: right }: TraceEntity): number {
  return left.startMicros - right.startMicros || left.kind - right.kind || compareText(left.id, right.id);
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function extentOf(items: readonly TraceEntity[]): { startMicros: number; endMicros: number } {
  const startMicros = items[0]?.entity.startMicros ?? 0;
  return { startMicros, endMicros: items.reduce((end, { entity }) => Math.max(end, entity.startMicros + entity.responseMicros), 0) };
}

function worstOf(segments: readonly TraceEntity[]): OutcomeName {
  const worst = segments.reduce((outcome, { entity }) => Math.max(outcome, entity.outcome), 0);
  return outcomeNames[worst] ?? 'ok';
}

function httpOf(source: EntityDocument | undefined): Pick<TraceRow, 'method' | 'url' | 'status'> {
  const { request, response } = source?.http ?? {};
  const status = response?.status;
  return {
    method: textOf(request?.method),
    url: textOf(request?.url),
    status: typeof status === 'number' && Number.isInteger(status) ? status : null,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, maxTextLength) : null;
}

function servicesOf(items: readonly TraceEntity[], entry: NodeKey, view: TraceView): Pick<TraceRow, 'services' | 'moreServices'> {
  const services = new Map<string, NodeKey>();
  if (entry !== nowhere) services.set(nodeId(entry), entry);
  for (const { entity } of items) {
    const service = serviceOf(entity, view.ownerOf(entity), view);
    if (service !== null) services.set(nodeId(service), service);
  }
  const shown = [...services.values()].slice(0, maxRowServices);
  return { services: shown, moreServices: services.size - shown.length };
}

function annotationsOf(items: readonly TraceEntity[]): Record<string, AnnotationValue> {
  const first = new Map<string, AnnotationValue>();
  for (const { source } of items) {
    for (const [key, value] of keptAnnotations(source)) {
      if (first.size >= maxRowAnnotations) return Object.fromEntries(first);
      if (!first.has(key)) first.set(key, value);
    }
  }
  return Object.fromEntries(first);
}
