/**
 * What the protocols of one service have in common, so that its operations are written once: a call becomes plain members, a
 * result or an error becomes an answer. One file implements it for each protocol.
 */
import type { CloudWatchError } from './cloudwatch-errors.js';
import type { Members } from './fields.js';

/** The members of a call by AWS's model, for the protocol whose values are all text. `[shape]` is a list. */
export type InputShape = 'text' | 'number' | 'flag' | readonly [InputShape] | { readonly [name: string]: InputShape };
export interface InputStructure {
  readonly [name: string]: InputShape;
}

/** What an operation answers: a timestamp is a `Date`, a map a `Map`; a member that is undefined is left out. */
export type Output = string | number | boolean | Date | readonly Output[] | ReadonlyMap<string, Output> | OutputStructure;
export interface OutputStructure {
  readonly [name: string]: Output | undefined;
}

export interface EncodedCall {
  body: Buffer | undefined;
  /** Of the address, without its question mark. */
  query: string;
}

/** Of which call it is the answer. */
export interface AnsweredCall {
  operation: string;
  requestId: string;
}

export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export interface WireProtocol {
  /**
   * Plain values: text, number, flag, list, structure. Numbers that JSON cannot say are the texts "NaN", "Infinity" and
   * "-Infinity"; a timestamp is epoch seconds, or ISO 8601. Throws AwsError SerializationException.
   */
  decode(call: EncodedCall, input: InputStructure): Members;
  /** `output` is null for an operation that has none. */
  encode(output: OutputStructure | null, call: AnsweredCall): WireAnswer;
  encodeError(error: CloudWatchError, call: AnsweredCall): WireAnswer;
}

/** Maps as structures, timestamps as `timestamp` makes them, for protocols that write both alike. */
export function plainOutput(output: Output, timestamp: (value: Date) => unknown): unknown {
  if (output instanceof Date) return timestamp(output);
  if (isList(output)) return output.map((item) => plainOutput(item, timestamp));
  if (typeof output !== 'object') return output;
  const entries = output instanceof Map ? [...output] : Object.entries(output);
  const given = entries.filter((entry): entry is [string, Output] => entry[1] !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, plainOutput(value, timestamp)]));
}

/** `Array.isArray` does not know of lists that are only read. */
export function isList(output: Output): output is readonly Output[] {
  return Array.isArray(output);
}
