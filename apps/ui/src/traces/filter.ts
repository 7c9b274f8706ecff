/**
 * What the list is narrowed to, how the address says it, and whether a row matches.
 *
 * A filter is a saved group, a filter expression, written in the bar, and chips; a trace meets all of them. All of it is asked of
 * `/api/traces` (`apiQuery`), as far as it fits (`isDecidedHere`). Of a live row, `matches` knows what the chips say, and `verdict`
 * what the expression says too, or that a row does not tell. Who belongs to a group no live row tells: storage knows.
 */
import type { TraceRow } from '@fluoroscope/contract/traces';
import { rowVerdict, type Verdict } from '@fluoroscope/xray/filter/row-verdict';
import { nodeKeyOfAddress } from '@fluoroscope/xray/node-key';
import { matchesFilter, type TraceFilter } from '@fluoroscope/xray/trace-filter';
import { fieldOf } from './fields.js';
import { askedExpression, expressionIn } from './filter-expression.js';

/** A value that a row must have, or must not have. `field` is a built-in one or `annotation.<key>`. */
export interface Clause {
  field: string;
  value: string;
  exclude: boolean;
}

export interface Filter {
  /** Name of a saved group. */
  group: string | null;
  /** X-Ray's filter expression, as it was written. */
  expression: string;
  /** In trace ID, URL, method or entry name. */
  text: string;
  /** Wanted values of one field: any of them. Of several fields: all. */
  clauses: readonly Clause[];
  minMicros: number | null;
  maxMicros: number | null;
  inProgress: boolean;
}

export const noFilter: Filter = { group: null, expression: '', text: '', clauses: [], minMicros: null, maxMicros: null, inProgress: false };

/** Clauses of one filter; more in an address are left out. */
const maxClauses = 50;
const microsPerMs = 1_000;
const outcomes = ['ok', 'error', 'throttle', 'fault'] as const;

export function isFiltering({ group, expression, text, clauses, minMicros, maxMicros, inProgress }: Filter): boolean {
  return group !== null || expression !== '' || text !== '' || clauses.length > 0 || minMicros !== null || maxMicros !== null || inProgress;
}

/** Null: the row does not tell. What is no expression is met by nothing. */
export function verdict(filter: Filter, row: TraceRow): Verdict {
  if (!matches(filter, row)) return false;
  const told = expressionVerdict(filter.expression, row);
  return told === true && filter.group !== null ? null : told;
}

function expressionVerdict(text: string, row: TraceRow): Verdict {
  if (text.trim() === '') return true;
  const expression = expressionIn(text);
  return expression !== null && rowVerdict(expression, row);
}

/** A live row may not tell whether it meets the filter. */
export function asksStorage({ group, expression }: Filter): boolean {
  return group !== null || expression.trim() !== '';
}

/** What the chips say. */
export function matches(filter: Filter, row: TraceRow): boolean {
  if (!matchesFilter(row, askedOf(filter))) return false;
  return [...byField(filter.clauses.filter((clause) => !isAsked(filter, clause)))].every(([field, clauses]) =>
    hasValue(field, clauses, row),
  );
}

/** What the server is asked for. */
function askedOf(filter: Filter): TraceFilter {
  const asked = filter.clauses.filter((clause) => isAsked(filter, clause));
  const service = asked.find(({ field }) => field === 'service');
  return {
    outcomes: outcomes.filter((outcome) => asked.some(({ field, value }) => field === 'outcome' && value === outcome)),
    inProgress: filter.inProgress,
    ...(service ? { service: nodeKeyOfAddress(service.value) } : {}),
    ...(filter.minMicros === null ? {} : { minMicros: filter.minMicros }),
    ...(filter.maxMicros === null ? {} : { maxMicros: filter.maxMicros }),
    ...(filter.text === '' ? {} : { text: filter.text }),
  };
}

/** As a parameter of its own: outcomes, and one service. */
function isAsked({ clauses }: Filter, { field, value, exclude }: Clause): boolean {
  if (exclude) return false;
  if (field === 'outcome') return outcomes.some((outcome) => outcome === value);
  return field === 'service' && clauses.filter((clause) => clause.field === 'service').length === 1;
}

function byField(clauses: readonly Clause[]): Map<string, Clause[]> {
  const fields = new Map<string, Clause[]>();
  for (const clause of clauses) fields.set(clause.field, [...(fields.get(clause.field) ?? []), clause]);
  return fields;
}

function hasValue(field: string, clauses: readonly Clause[], row: TraceRow): boolean {
  const values = fieldOf(field)?.values(row) ?? [];
  const has = ({ value }: Clause) => values.includes(value);
  const wanted = clauses.filter(({ exclude }) => !exclude);
  return !clauses.some((clause) => clause.exclude && has(clause)) && (wanted.length === 0 || wanted.some(has));
}

export function withClause(filter: Filter, clause: Clause): Filter {
  return { ...filter, clauses: [...withoutClause(filter, clause).clauses, clause] };
}

/** Wanted or excluded: a value stands once. */
export function withoutClause(filter: Filter, { field, value }: Clause): Filter {
  return { ...filter, clauses: filter.clauses.filter((one) => one.field !== field || one.value !== value) };
}

export function hasClause({ clauses }: Filter, field: string, value: string): Clause | undefined {
  return clauses.find((one) => one.field === field && one.value === value);
}

/** The filter without what was added last: what is written goes first, because it stands last; the group last. */
export function withoutLast(filter: Filter): Filter {
  if (filter.expression !== '') return { ...filter, expression: '' };
  return isFiltering({ ...filter, group: null }) ? lastChip(filter).without : { ...filter, group: null };
}

/** The chip that was added last as a filter of its own, and the filter without it. */
export function lastChip(filter: Filter): { chip: Filter; without: Filter } {
  const { text, inProgress, minMicros, maxMicros, clauses } = filter;
  if (text !== '') return { chip: { ...noFilter, text }, without: { ...filter, text: '' } };
  if (inProgress) return { chip: { ...noFilter, inProgress }, without: { ...filter, inProgress: false } };
  if (minMicros !== null || maxMicros !== null)
    return { chip: { ...noFilter, minMicros, maxMicros }, without: { ...filter, minMicros: null, maxMicros: null } };
  return { chip: { ...noFilter, clauses: clauses.slice(-1) }, without: { ...filter, clauses: clauses.slice(0, -1) } };
}

/** Parameters of `/api/traces`. */
export function apiQuery(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  for (const { field, value } of filter.clauses.filter((clause) => isAsked(filter, clause))) query.append(field, value);
  if (filter.minMicros !== null) query.set('min', String(filter.minMicros / microsPerMs));
  if (filter.maxMicros !== null) query.set('max', String(filter.maxMicros / microsPerMs));
  if (filter.inProgress) query.set('progress', '1');
  if (filter.text !== '') query.set('q', filter.text);
  if (filter.group !== null) query.set('group', filter.group);
  const { text } = askedExpression(filter.expression, unasked(filter));
  if (text !== '') query.set('filter', text);
  return query;
}

/** The filter is too long to be asked whole, so the server's total counts more than what is meant. */
export function isDecidedHere(filter: Filter): boolean {
  return !askedExpression(filter.expression, unasked(filter)).isWhole;
}

/** Clauses that are asked as an expression. */
function unasked(filter: Filter): Clause[] {
  return filter.clauses.filter((clause) => !isAsked(filter, clause));
}

/** The page's parameters: short, readable, and the same filter again when they are read. */
export function filterParameters(filter: Filter): Record<string, string | null> {
  return {
    group: filter.group,
    filter: filter.expression || null,
    q: filter.text || null,
    where: filter.clauses.map(writeClause).join('~') || null,
    service: null,
    min: filter.minMicros === null ? null : String(filter.minMicros / microsPerMs),
    max: filter.maxMicros === null ? null : String(filter.maxMicros / microsPerMs),
    progress: filter.inProgress ? '1' : null,
  };
}

export function readFilter(get: (key: string) => string | null): Filter {
  const clauses = (get('where') ?? '').split('~', maxClauses).flatMap((text) => readClause(text) ?? []);
  // How the map and its panel lead here.
  const service = get('service');
  if (service) clauses.push({ field: 'service', value: service, exclude: false });
  return {
    group: get('group') || null,
    expression: get('filter') ?? '',
    text: get('q') ?? '',
    clauses,
    minMicros: readMs(get('min')),
    maxMicros: readMs(get('max')),
    inProgress: get('progress') === '1',
  };
}

function writeClause({ field, value, exclude }: Clause): string {
  return `${exclude ? '-' : ''}${escapeMarks(field)}:${escapeMarks(value)}`;
}

function readClause(text: string): Clause | null {
  const parts = /^(-?)([^:]+):(.*)$/s.exec(text);
  const field = unescapeMarks(parts?.[2] ?? '');
  if (!parts || !fieldOf(field)) return null;
  return { field, value: unescapeMarks(parts[3] ?? ''), exclude: parts[1] === '-' };
}

/** Marks that part clauses, and the one that escapes them. */
function escapeMarks(text: string): string {
  return text.replace(/[~:!]|^-/g, (mark) => `!${mark.charCodeAt(0).toString(16)}`);
}

function unescapeMarks(text: string): string {
  return text.replace(/!([\da-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function readMs(text: string | null): number | null {
  const ms = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(ms) && ms >= 0 ? ms * microsPerMs : null;
}
