/** Reading the query of a dashboard request: every parameter is checked, and what is wrong is named in a sentence. */
import { saySpan } from '@fluoroscope/format/time';
import { DashboardError } from './errors.js';

/** As Fastify parses it: a parameter that is given twice is a list. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** 2100-01-01: storage keeps no time behind it. */
const latestSeconds = 4_102_444_800;
const shownLength = 40;

export function invalid(message: string): DashboardError {
  return new DashboardError('invalid_request', message);
}

/** Undefined when it is not given; refused when it is given more than once. */
export function textOf(query: Query, name: string, maxLength: number): string | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (Array.isArray(value)) throw invalid(`${name} is given more than once`);
  if (value.length > maxLength) throw invalid(`${name} is longer than ${maxLength} characters`);
  return value;
}

export function listOf<const Value extends string>(query: Query, name: string, known: readonly Value[]): Value[] {
  const given = [query[name] ?? []].flat();
  return known.filter((value) => given.includes(value) || refuseUnknown(given, name, known));
}

function refuseUnknown(given: readonly string[], name: string, known: readonly string[]): false {
  const unknown = given.find((value) => !known.includes(value));
  if (unknown !== undefined) throw invalid(`${name} is ${shown(unknown)}; it can be ${known.join(', ')}`);
  return false;
}

export function flagOf(query: Query, name: string): boolean {
  const value = textOf(query, name, shownLength);
  if (value !== undefined && value !== '1' && value !== '0') throw invalid(`${name} is ${shown(value)}; it can be 0 or 1`);
  return value === '1';
}

const decimal = /^\d{1,15}(\.\d{1,9})?$/;

/** Not negative, in plain decimals. */
export function numberOf(query: Query, name: string, bounds: { min?: number; max: number }): number | undefined {
  const text = textOf(query, name, shownLength);
  if (text === undefined) return undefined;
  const { min = 0, max } = bounds;
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw invalid(`${name} is ${shown(text)}; it must be a number from ${min} to ${max}`);
  return value;
}

export function integerOf(query: Query, name: string, bounds: { min?: number; max: number }): number | undefined {
  const value = numberOf(query, name, bounds);
  if (value !== undefined && !Number.isInteger(value)) throw invalid(`${name} is ${value}; it must be a whole number`);
  return value;
}

/** Epoch seconds, half open, at most `maxSeconds` long. */
export function rangeOf(query: Query, maxSeconds: number): { from: number; to: number } {
  const from = numberOf(query, 'from', { max: latestSeconds });
  const to = numberOf(query, 'to', { max: latestSeconds });
  if (from === undefined || to === undefined) throw invalid('from and to are needed: epoch seconds');
  if (from > to) throw invalid('from must not be later than to');
  if (to - from > maxSeconds) throw invalid(`The time from ${from} to ${to} is longer than ${saySpan(maxSeconds)}`);
  return { from, to };
}

export function shown(text: string): string {
  return `"${text.slice(0, shownLength)}${text.length > shownLength ? '…' : ''}"`;
}
