/** What a row's documents say, as keys and values for people: blocks of unknown shape are flattened, and nothing is trusted. */
import type { EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';

export interface DetailRow {
  key: string;
  value: string;
}

/** Deeper, a value is written as JSON. */
const maxDepth = 4;
const maxRows = 200;

/** `http.request.url` for what lies inside. Nothing for what is no block. */
export function flatRows(block: unknown): DetailRow[] {
  const rows: DetailRow[] = [];
  const pending: { path: string; value: unknown; depth: number }[] = [{ path: '', value: block, depth: 0 }];
  for (let next = pending.pop(); next !== undefined && rows.length < maxRows; next = pending.pop()) {
    const { path, value, depth } = next;
    if (isBlock(value) && depth < maxDepth) {
      for (const [key, inner] of Object.entries(value).toReversed())
        pending.push({ path: path === '' ? key : `${path}.${key}`, value: inner, depth: depth + 1 });
    } else if (path !== '') rows.push({ key: path, value: textOf(value) });
  }
  return rows;
}

function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

export interface ExceptionText {
  title: string;
  message: string;
  remote: boolean;
  /** One frame in each line. */
  stack: string[];
  /** Frames and exceptions that the SDK left out; '' when it left out none. */
  leftOut: string;
}

export function exceptionsOf({ cause }: EntityDocument): ExceptionText[] {
  const { exceptions } = (typeof cause === 'object' && cause !== null ? cause : {}) as { exceptions?: unknown };
  if (!Array.isArray(exceptions)) return [];
  return exceptions.filter(isBlock).map((exception) => ({
    title: textOr(exception.type, 'Exception'),
    message: textOr(exception.message, ''),
    remote: exception.remote === true,
    stack: Array.isArray(exception.stack) ? exception.stack.filter(isBlock).map(frameOf) : [],
    leftOut: leftOutOf(exception),
  }));
}

function frameOf({ label, path, line }: Record<string, unknown>): string {
  const place = typeof line === 'number' ? `${textOr(path, '?')}:${line}` : textOr(path, '?');
  return typeof label === 'string' && label !== '' ? `${label}  ${place}` : place;
}

function leftOutOf({ truncated, skipped }: Record<string, unknown>): string {
  const frames = typeof truncated === 'number' && truncated > 0 ? `${truncated} more frames` : '';
  const others = typeof skipped === 'number' && skipped > 0 ? `${skipped} exceptions left out` : '';
  return [frames, others].filter((part) => part !== '').join(', ');
}

function textOr(value: unknown, other: string): string {
  return typeof value === 'string' && value !== '' ? value : other;
}

export function linkedTraces({ links }: Partial<SegmentDocument>): { traceId: string; id: string; attributes: string }[] {
  if (!Array.isArray(links)) return [];
  return links.filter(isBlock).map(({ trace_id: traceId, id, attributes }) => ({
    traceId: textOr(traceId, ''),
    id: textOr(id, ''),
    attributes: isBlock(attributes) ? JSON.stringify(attributes) : '',
  }));
}

export function precursorsOf(source: EntityDocument): string[] {
  const { precursor_ids: ids } = source as { precursor_ids?: unknown };
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
}
