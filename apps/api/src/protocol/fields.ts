/**
 * Declarative reading of request members: a field takes what the JSON holds and answers what the code works with, or
 * throws InvalidRequestException in AWS's words. A null member is an absent one; members that are not named are ignored.
 */
import { msOfIso } from '@fluoroscope/cloudwatch/iso-time';
import { MemberError } from './errors.js';

/** `at` names the member in messages, as `traceIds.2.member`. */
export type Field<Value> = (value: unknown, at: string) => Value;
export type Members = Record<string, unknown>;

/** What `structure` answers for a shape of fields. */
export type Structure<Shape> = { [Name in keyof Shape]: Shape[Name] extends Field<infer Value> ? Value : never };

export function structure<Shape extends Record<string, Field<unknown>>>(shape: Shape): Field<Structure<Shape>> {
  const fields = Object.entries(shape);
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, at, 'Member must be a structure');
    const read = fields.map(([name, field]) => [
      name,
      field(own(value as Members, name), at === '' ? lowerFirst(name) : `${at}.${lowerFirst(name)}`),
    ]);
    return Object.fromEntries(read) as Structure<Shape>;
  };
}

export function optional<Value>(field: Field<Value>): Field<Value | undefined> {
  return (value, at) => (value === undefined || value === null ? undefined : field(value, at));
}

export function text({ min = 0, max = Number.POSITIVE_INFINITY }: { min?: number; max?: number } = {}): Field<string> {
  return (value, at) => {
    if (typeof value !== 'string') throw mismatch(value, at, 'Member must be a string');
    if (value.length < min) throw mismatch(value, at, `Member must have length greater than or equal to ${min}`);
    if (value.length > max) throw mismatch(value, at, `Member must have length less than or equal to ${max}`);
    return value;
  };
}

export function oneOf<const Value extends string>(...values: Value[]): Field<Value> {
  return (value, at) => {
    const known = values.find((candidate) => candidate === value);
    if (known === undefined) throw mismatch(value, at, `Member must satisfy enum value set: [${values.join(', ')}]`);
    return known;
  };
}

export function list<Item>(
  item: Field<Item>,
  { min = 0, max = Number.POSITIVE_INFINITY }: { min?: number; max?: number } = {},
): Field<Item[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw mismatch(value, at, 'Member must be a list');
    if (value.length < min) throw mismatch(value, at, `Member must have length greater than or equal to ${min}`);
    if (value.length > max) throw mismatch(value, at, `Member must have length less than or equal to ${max}`);
    return value.map((element, i) => item(element, `${at}.${i + 1}.member`));
  };
}

interface Range {
  min?: number;
  max?: number;
}

export function number({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Range = {}): Field<number> {
  return (value, at) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw mismatch(value, at, 'Member must be a number');
    if (value < min) throw mismatch(value, at, `Member must have value greater than or equal to ${min}`);
    if (value > max) throw mismatch(value, at, `Member must have value less than or equal to ${max}`);
    return value;
  };
}

export function whole(range: Range): Field<number> {
  const inRange = number(range);
  return (value, at) => {
    if (!Number.isInteger(inRange(value, at))) throw mismatch(value, at, 'Member must be an integer');
    return Number(value);
  };
}

/** A map of at most `max` entries. */
export function textMap({
  max,
  key,
  value: entry,
}: {
  max: number;
  key: Field<string>;
  value: Field<string>;
}): Field<Record<string, string>> {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, at, 'Member must be a map');
    const entries = Object.entries(value);
    if (entries.length > max) throw mismatch(value, at, `Member must have length less than or equal to ${max}`);
    return Object.fromEntries(entries.map(([name, text]) => [key(name, `${at}.key`), entry(text, `${at}.${name}.member`)]));
  };
}

export const flag: Field<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw mismatch(value, at, 'Member must be a boolean');
  return value;
};

/** What a JavaScript date can hold, in seconds. */
const furthestSeconds = 8.64e12;
/** No one means the year 5138: it is milliseconds, as OpenTelemetry's Java sampler sends them. */
const leastMilliseconds = 1e11;

/** Epoch seconds, from a number (fractional, or milliseconds when it can be nothing else), the number as text, or ISO 8601, in UTC where no zone is named. */
export const timestamp: Field<number> = (value, at) => {
  const seconds = typeof value === 'string' ? secondsOfText(value) : value;
  if (typeof seconds !== 'number' || !(Math.abs(seconds) <= furthestSeconds * 1000))
    throw mismatch(value, at, 'Member must be a timestamp');
  return seconds > leastMilliseconds ? seconds / 1000 : seconds;
};

function secondsOfText(value: string): number {
  const trimmed = value.trim();
  if (trimmed === '') return Number.NaN;
  const seconds = Number(trimmed);
  return Number.isNaN(seconds) ? msOfIso(trimmed) / 1000 : seconds;
}

function mismatch(value: unknown, at: string, constraint: string): MemberError {
  const isMissing = value === undefined || value === null;
  const reason = isMissing ? 'Member must not be null' : constraint;
  const shown = isMissing ? 'null' : quoted(value);
  return new MemberError(at, isMissing, `1 validation error detected: Value ${shown} at '${at}' failed to satisfy constraint: ${reason}`);
}

const quotedLength = 100;

function quoted(value: unknown): string {
  const shown = typeof value === 'object' ? (Array.isArray(value) ? '[...]' : '{...}') : String(value);
  return `'${shown.length > quotedLength ? `${shown.slice(0, quotedLength)}...` : shown}'`;
}

function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
