/** From the raw body of a call in JSON to its members. */
import { AwsError } from './errors.js';
import type { Field, Members } from './fields.js';

/** The members of the body, checked. No body is `{}`, as clients send for calls without members. */
export function readRequest<Value>(body: Buffer | undefined, field: Field<Value>): Value {
  return field(membersOf(body), '');
}

export function membersOf(body: Buffer | undefined): Members {
  if (body === undefined || body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON');
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new AwsError('SerializationException', 'The request body is not a JSON object');
  return { ...value };
}
