/**
 * Which other traces a document says it was caused by: the `links` of a segment or subsegment, and trace headers that came
 * with messages (`AWSTraceHeader`) and are kept in `aws`, `annotations` or `metadata`. A consumer that goes on in the trace of
 * a message names the sender's call as its parent instead: see `isDelivery`.
 *
 * Nothing is trusted: what is no link is left out. Each is there once, however often it is written. A document of 64 KB
 * bounds how many there are.
 */
import type { EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { type Entity, entityKinds } from './entities.js';
import { normalizeEntityId, normalizeTraceId } from './ids.js';
import { isMessaging } from './inferred.js';

export interface TraceLink {
  /** The segment or subsegment that was caused, and when it began. */
  id: string;
  startMicros: number;
  /** What caused it. `causeId` is a segment or subsegment, '' when the link names only a trace. */
  causeTraceId: string;
  causeId: string;
}

const none: TraceLink[] = [];
const headerName = 'AWSTraceHeader';

/** A cause may be so much older than what it caused. */
export const maxLinkSeconds = 7 * 86_400;

/** How long a message was on its way: from the end of the cause, or its start while it is in progress, to what it caused. */
export function messageAge(cause: Entity, caused: Entity): number {
  return Math.max(0, caused.startMicros - cause.startMicros - cause.responseMicros);
}

/** `text` is what the document was read from: most have neither links nor a header in it, and are not looked through. */
export function linksIn(text: string, document: SegmentDocument): TraceLink[] {
  const hasHeader = text.includes(headerName);
  return hasHeader || namesLinks(document) ? linksOf(document, hasHeader) : none;
}

function namesLinks(document: SegmentDocument): boolean {
  const pending: (EntityDocument & { links?: unknown })[] = [document];
  for (let source = pending.pop(); source !== undefined; source = pending.pop()) {
    if (source.links !== undefined) return true;
    if (source.subsegments) for (const inner of source.subsegments) pending.push(inner);
  }
  return false;
}

/** As `linksIn`, where the text is not at hand. */
export function linksOf(document: SegmentDocument, hasHeader = true): TraceLink[] {
  const links = new Map<string, TraceLink>();
  const pending: { source: EntityDocument; parentId: string }[] = [{ source: document, parentId: document.parent_id ?? '' }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { source, parentId } = next;
    const causes = hasHeader ? [...namedCauses(source), ...headerCauses(source)] : namedCauses(source);
    for (const { traceId, id } of causes) {
      // Its parent says that already.
      if (traceId === document.trace_id && (id === parentId || id === source.id)) continue;
      const link = { id: source.id, startMicros: Math.round(source.start_time * 1e6), causeTraceId: traceId, causeId: id };
      links.set(`${link.id} ${traceId} ${id}`, link);
    }
    for (const inner of source.subsegments ?? []) pending.push({ source: inner, parentId: source.id });
  }
  return [...links.values()];
}

interface Cause {
  traceId: string;
  id: string;
}

function namedCauses(source: EntityDocument & { links?: unknown }): Cause[] {
  const { links } = source;
  return Array.isArray(links) ? links.flatMap((link: unknown) => (isBlock(link) ? causeOf(link.trace_id, link.id) : [])) : [];
}

function causeOf(traceId: unknown, id: unknown): Cause[] {
  const trace = typeof traceId === 'string' ? normalizeTraceId(traceId) : null;
  if (trace === null) return [];
  return [{ traceId: trace, id: (typeof id === 'string' ? normalizeEntityId(id) : null) ?? '' }];
}

/** At any depth: as an attribute of a message (`{ StringValue }` or plain), in a list of messages, in an event that was kept. */
function headerCauses({ aws, annotations, metadata }: EntityDocument): Cause[] {
  const causes: Cause[] = [];
  const pending: unknown[] = [aws, annotations, metadata];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      if (name === headerName) causes.push(...headerCause(inner));
      else pending.push(inner);
    }
  }
  return causes;
}

function headerCause(value: unknown): Cause[] {
  if (isBlock(value)) return headerCause(value.StringValue ?? value.stringValue);
  if (typeof value !== 'string') return [];
  const parts = new Map(value.split(';').map(partOf));
  // What was not sampled has sent nothing.
  return parts.get('Sampled') === '0' ? [] : causeOf(parts.get('Root'), parts.get('Parent'));
}

function partOf(part: string): [string, string] {
  const at = part.indexOf('=');
  return [part.slice(0, Math.max(0, at)).trim(), part.slice(at + 1).trim()];
}

function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A message was delivered: a queue, topic or stream was called, and who received the message goes on in the trace. The call
 * ended when the message was taken, so the callee is linked to it and not called by it. A topic that sends a segment of its own
 * is called.
 */
export function isDelivery(call: Entity | undefined, callee: NodeKey): boolean {
  if (call === undefined || call.kind !== entityKinds.call || call.node === null) return false;
  return isMessaging(call.node.type) && !isMessaging(callee.type);
}
