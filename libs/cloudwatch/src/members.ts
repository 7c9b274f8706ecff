/** Reads members of a call of PutMetricData: what is not usable is put down, and a stand-in is answered. */
import type { Rejections } from './rejections.js';

export type Members = Readonly<Record<string, unknown>>;

/** CloudWatch's range of a value is -2^360 to 2^360. */
const maxMagnitude = 2 ** 360;
/** The three texts of AWS JSON that are no numbers are none here either. */
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number or a decimal text. NaN is answered for everything else, and put down nowhere. */
export function decimalOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && decimal.test(value) ? Number(value) : Number.NaN;
}

/** Finite, within CloudWatch's range and never -0; 0 for what is refused. */
export function readNumber(value: unknown, parameter: string, rejections: Rejections): number {
  const number = decimalOf(value);
  // Adding 0 makes 0 of -0, which would be another value to storage.
  if (Math.abs(number) <= maxMagnitude) return number + 0;
  if (!isGiven(value)) rejections.missing(parameter);
  else if (typeof value === 'number' || typeof value === 'string') rejections.invalid(parameter, value);
  else rejections.notA('number', parameter);
  return 0;
}

/** What a name is nearly always, told at once. */
const printed = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** 1 to `most` characters of ASCII, none of them a control character, not all of them blank; '' for what is refused. */
export function readText(value: unknown, parameter: string, { most, rejections }: { most: number; rejections: Rejections }): string {
  if (!isGiven(value) || value === '') rejections.missing(parameter);
  else if (typeof value !== 'string') rejections.notA('text', parameter);
  else if (value.length <= most && printed.test(value)) return value;
  else if (isPlainText(value, parameter, { most, rejections })) return value;
  return '';
}

function isPlainText(value: string, parameter: string, { most, rejections }: { most: number; rejections: Rejections }): boolean {
  const isAscii = !/\P{ASCII}/u.test(value);
  if (!isAscii) rejections.add('InvalidParameterValue', `The value for parameter ${parameter} contains non-ASCII characters.`);
  const fits = lengthUpTo(value, most) <= most;
  if (!fits) rejections.add('InvalidParameterValue', `The parameter ${parameter} must be shorter than ${most + 1} characters.`);
  // Chosen: what CloudWatch says of control characters and blanks is not known.
  const isPrinted = value.trim() !== '' && !/\p{Cc}/u.test(value);
  if (!isPrinted) rejections.invalid(parameter, value.replace(/\p{Cc}/gu, '?'));
  return isAscii && fits && isPrinted;
}

/** Characters, not UTF-16 units; of what is longer than `most`, only so many that it shows. */
function lengthUpTo(value: string, most: number): number {
  return [...value.slice(0, 2 * most + 2)].length;
}

/** The items of a list; [] where it is absent or refused. */
export function readList(value: unknown, parameter: string, { most, rejections }: { most: number; rejections: Rejections }): unknown[] {
  if (!isGiven(value)) return [];
  if (!Array.isArray(value)) rejections.notA('list', parameter);
  else if (value.length > most) rejections.tooMany(parameter, most);
  else return value as unknown[];
  return [];
}
