/**
 * Parses and validates one segment document, by X-Ray's rules and with X-Ray's codes. Hand-written: this is the hot path.
 *
 * Never throws. What SDKs really send is accepted: `in_progress: false` beside an end_time, members that are null, unknown
 * members, `type`, `trace_id` and `parent_id` on embedded subsegments, an empty parent_id. One bad embedded subsegment
 * rejects the document, under the document's own ID. Iterative: a document may be nested as deep as its size allows.
 * Left out: annotations and the free-form blocks (`http`, `aws`, `sql`, `cause`, `metadata`), which never reject.
 *
 * An array is answered as `[]` is by X-Ray, with MissingId: the API reference allows an array of subsegments, but no SDK
 * sends one, and a document of the log stays one document in every counter.
 */
import { maxDocumentAgeSeconds, maxDocumentAheadSeconds, maxDocumentBytes, type SegmentDocument } from '@fluoroscope/contract/documents';
import { normalizeEntityId, normalizeTraceId } from './ids.js';
import { isName } from './names.js';

/** X-Ray's values of `ErrorCode` in UnprocessedTraceSegments. */
export type RejectionCode =
  | 'ParseError'
  | 'MissingId'
  | 'InvalidId'
  | 'MissingTraceId'
  | 'InvalidTraceId'
  | 'MissingParentId'
  | 'InvalidParentId'
  | 'MissingName'
  | 'InvalidName'
  | 'MissingStartTime'
  | 'MissingEndTime'
  | 'InvalidSegment';

export interface DocumentRejection {
  /** As it was sent; absent when there is none. Of a bad embedded subsegment: the document's. */
  id?: string;
  code: RejectionCode;
  message: string;
}

/** The document has lower-case IDs, and no parent_id (undefined) where it was null or empty. */
export type ParsedDocument = { document: SegmentDocument } | { rejected: DocumentRejection };

type Members = Record<string, unknown>;
/** Why an entity is refused: a code, with a cause where the code alone says too little. */
type Problem = { code: RejectionCode; cause?: string };

/** `nowSeconds` is when the document was received, so that reading a log again later decides the same. */
export function parseDocument(text: string, nowSeconds: number): ParsedDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return reject('segment', undefined, problems.ParseError);
  }
  if (typeof value !== 'object' || value === null) return reject('segment', undefined, problems.ParseError);
  const document = value as Members;
  const kind = document.type === 'subsegment' ? 'subsegment' : 'segment';
  const problem = checkDocument(document, nowSeconds) ?? checkSize(text);
  if (problem !== null) return reject(kind, document.id, problem);
  const nested = checkSubsegments(document.subsegments, nowSeconds);
  if (nested !== null) return reject('subsegment', document.id, nested);
  return { document: value as SegmentDocument };
}

function checkDocument(document: Members, nowSeconds: number): Problem | null {
  return checkId(document) ?? checkTraceId(document) ?? checkEntity(document, nowSeconds) ?? checkParentId(document);
}

function checkSubsegments(subsegments: unknown, nowSeconds: number): Problem | null {
  if (subsegments === undefined || subsegments === null) return null;
  const pending: unknown[] = [subsegments];
  for (let list = pending.pop(); list !== undefined; list = pending.pop()) {
    if (!Array.isArray(list)) return { code: 'InvalidSegment', cause: 'subsegments is not a list' };
    for (const item of list as unknown[]) {
      if (typeof item !== 'object' || item === null) return problems.MissingId;
      const subsegment = item as Members;
      const problem = checkId(subsegment) ?? checkEntity(subsegment, nowSeconds);
      if (problem !== null) return problem;
      const { subsegments: inner } = subsegment;
      if (inner !== undefined && inner !== null) pending.push(inner);
    }
  }
  return null;
}

/** What segments and subsegments share. */
function checkEntity(entity: Members, nowSeconds: number): Problem | null {
  const { name, start_time: start, end_time: end } = entity;
  if (typeof name !== 'string' || !isName(name)) return name === undefined || name === null ? problems.MissingName : problems.InvalidName;
  if (!isTime(start)) return problems.MissingStartTime;
  const latest = nowSeconds + maxDocumentAheadSeconds;
  if (start < nowSeconds - maxDocumentAgeSeconds || start > latest) return outsideWindow;
  if (isTime(end)) return end > latest ? outsideWindow : null;
  return entity.in_progress === true ? null : problems.MissingEndTime;
}

function checkId(entity: Members): Problem | null {
  const { id } = entity;
  if (id === undefined || id === null || id === '') return problems.MissingId;
  const normal = typeof id === 'string' ? normalizeEntityId(id) : null;
  if (normal === null) return problems.InvalidId;
  if (normal !== id) entity.id = normal;
  return null;
}

function checkTraceId(document: Members): Problem | null {
  const { trace_id: traceId } = document;
  if (traceId === undefined || traceId === null || traceId === '') return problems.MissingTraceId;
  const normal = typeof traceId === 'string' ? normalizeTraceId(traceId) : null;
  if (normal === null) return problems.InvalidTraceId;
  if (normal !== traceId) document.trace_id = normal;
  return null;
}

function checkParentId(document: Members): Problem | null {
  const { parent_id: parentId } = document;
  if (parentId === undefined || parentId === null || parentId === '') {
    if (parentId !== undefined) document.parent_id = undefined;
    return document.type === 'subsegment' ? problems.MissingParentId : null;
  }
  const normal = typeof parentId === 'string' ? normalizeEntityId(parentId) : null;
  if (normal === null) return problems.InvalidParentId;
  if (normal !== parentId) document.parent_id = normal;
  return null;
}

function checkSize(text: string): Problem | null {
  if (text.length * 3 <= maxDocumentBytes) return null;
  return utf8Length(text) > maxDocumentBytes ? { code: 'InvalidSegment', cause: `document exceeds ${maxDocumentBytes} bytes` } : null;
}

/** Infinity is what JSON.parse makes of 1e999. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Bytes in UTF-8; a lone surrogate is written as U+FFFD, three bytes. */
function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else if (isPair(text, i, code)) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}

function isPair(text: string, at: number, code: number): boolean {
  return (code & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

const problems = {
  ParseError: { code: 'ParseError' },
  MissingId: { code: 'MissingId' },
  InvalidId: { code: 'InvalidId' },
  MissingTraceId: { code: 'MissingTraceId' },
  InvalidTraceId: { code: 'InvalidTraceId' },
  MissingParentId: { code: 'MissingParentId' },
  InvalidParentId: { code: 'InvalidParentId' },
  MissingName: { code: 'MissingName' },
  InvalidName: { code: 'InvalidName' },
  MissingStartTime: { code: 'MissingStartTime' },
  MissingEndTime: { code: 'MissingEndTime' },
} as const satisfies Record<string, Problem>;

const outsideWindow: Problem = {
  code: 'InvalidSegment',
  cause: `time is outside [now - ${maxDocumentAgeSeconds / 86_400} days, now + ${maxDocumentAheadSeconds / 60} minutes]`,
};

function reject(kind: 'segment' | 'subsegment', id: unknown, problem: Problem): ParsedDocument {
  const cause = problem.cause ?? (kind === 'subsegment' ? 'null' : null);
  const message = `Invalid ${kind}. ErrorCode: ${problem.code}${cause === null ? '' : `, Cause: ${cause}`}`;
  const rejected: DocumentRejection = { code: problem.code, message };
  if (typeof id === 'string' && id !== '') rejected.id = id;
  return { rejected };
}

/** A document that was accepted when it was received, read back: whatever its age is now. Null for any other text. */
export function readStoredDocument(text: string): SegmentDocument | null {
  const parsed = parseDocument(text, Number.NaN);
  return 'document' in parsed ? parsed.document : null;
}
