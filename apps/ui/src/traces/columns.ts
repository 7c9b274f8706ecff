/** The columns of the list, which of them are shown, and the order that the user has asked for. */
import type { OutcomeName, TraceRow } from '@fluoroscope/contract/traces';
import { annotationField } from './fields.js';
import { type Compare, newestFirst } from './trace-rows.js';

export interface Column {
  id: string;
  label: string;
  /** A track of the grid's template. */
  track: string;
  /** Always shown. */
  fixed?: boolean;
  /** Numbers stand at the right. */
  numeric?: boolean;
  compare: Compare;
}

export interface Order {
  column: string;
  ascending: boolean;
}

/** Annotation columns at one time; more do not fit. */
export const maxAnnotationColumns = 4;
const annotationPrefix = 'annotation.';
const badness: Record<OutcomeName, number> = { ok: 0, error: 1, throttle: 2, fault: 3 };

const byNumber =
  (value: (row: TraceRow) => number): Compare =>
  (left, right) =>
    value(left) - value(right);
const byText =
  (value: (row: TraceRow) => string): Compare =>
  (left, right) =>
    value(left).localeCompare(value(right));

const columns: readonly Column[] = [
  { id: 'outcome', label: 'Outcome', track: '28px', fixed: true, compare: byNumber(({ outcome }) => badness[outcome]) },
  { id: 'time', label: 'Time', track: '104px', fixed: true, compare: byNumber(({ startMicros }) => startMicros) },
  {
    id: 'duration',
    label: 'Duration',
    track: '148px',
    fixed: true,
    compare: byNumber(({ responseMicros, durationMicros }) => responseMicros ?? durationMicros),
  },
  { id: 'entry', label: 'Request', track: 'minmax(200px, 1fr)', fixed: true, compare: byText(({ entry, url }) => `${entry.name} ${url}`) },
  { id: 'services', label: 'Services', track: '168px', compare: byNumber(({ services, moreServices }) => services.length + moreServices) },
  { id: 'status', label: 'Status', track: '60px', numeric: true, compare: byNumber(({ status }) => status ?? -1) },
  { id: 'documents', label: 'Segments', track: '80px', numeric: true, compare: byNumber(({ documents }) => documents) },
  { id: 'traceId', label: 'Trace ID', track: '270px', compare: byText(({ traceId }) => traceId) },
];

const defaultColumns = ['services', 'status'];
export const newestOrder: Order = { column: 'time', ascending: false };

/** Those that the user may show or hide; annotations come after. */
export const optionalColumns = columns.filter(({ fixed }) => !fixed);

export function columnOf(id: string): Column | undefined {
  if (!id.startsWith(annotationPrefix)) return columns.find((column) => column.id === id);
  const { values, label } = annotationField(id.slice(annotationPrefix.length));
  return { id, label, track: '120px', compare: byText((row) => values(row)[0] ?? '') };
}

/** From the address; null is the usual choice. */
export function readColumns(text: string | null): string[] {
  const wanted = text === null ? defaultColumns : text.split('~').map(decodeURIComponentSafely);
  const annotations = wanted.filter((id) => id.startsWith(annotationPrefix)).slice(0, maxAnnotationColumns);
  return [...optionalColumns.map(({ id }) => id).filter((id) => wanted.includes(id)), ...new Set(annotations)];
}

/** Keys of the rows, the frequent ones first, and those that are chosen. */
export function annotationColumnIds(rows: readonly TraceRow[], chosen: readonly string[]): string[] {
  const counts = new Map(chosen.filter((id) => id.startsWith(annotationPrefix)).map((id) => [id, 0]));
  for (const { annotations } of rows) {
    for (const key of Object.keys(annotations)) counts.set(annotationPrefix + key, (counts.get(annotationPrefix + key) ?? 0) + 1);
  }
  return [...counts].sort(([left, a], [right, b]) => b - a || left.localeCompare(right)).map(([id]) => id);
}

export function writeColumns(ids: readonly string[]): string | null {
  const same = ids.length === defaultColumns.length && ids.every((id) => defaultColumns.includes(id));
  return same ? null : ids.map((id) => encodeURIComponent(id).replaceAll('~', '%7E')).join('~');
}

export function shownColumns(ids: readonly string[]): Column[] {
  return [...columns.filter(({ fixed }) => fixed), ...ids.flatMap((id) => columnOf(id) ?? [])];
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody wrote the address by hand
  }
}

export function readOrder(text: string | null): Order {
  const ascending = text?.startsWith('+') ?? false;
  const column = text?.replace(/^[+-]/, '') ?? '';
  return columnOf(column) ? { column, ascending } : newestOrder;
}

export function writeOrder({ column, ascending }: Order): string | null {
  return column === newestOrder.column && !ascending ? null : `${ascending ? '+' : '-'}${column}`;
}

export function isNewestFirst({ column, ascending }: Order): boolean {
  return column === newestOrder.column && !ascending;
}

/** Equal rows stand newest first. */
export function compareBy({ column, ascending }: Order): Compare {
  const compare = columnOf(column)?.compare ?? newestFirst;
  const sign = ascending ? 1 : -1;
  return (left, right) => sign * compare(left, right) || newestFirst(left, right);
}
