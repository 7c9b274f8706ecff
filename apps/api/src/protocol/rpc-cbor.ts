/** RPC v2 CBOR, compatible with AWS Query, by the codec of AWS's own SDK. Every answer says its protocol: Go's SDK insists. */
import { cbor, tag, tagSymbol } from '@smithy/core/cbor';
import { queryErrorHeader } from './aws-json.js';
import { isSafeCbor } from './cbor-bounds.js';
import { AwsError } from './errors.js';
import type { Members } from './fields.js';
import { plainOutput, type WireProtocol } from './wire-protocol.js';

export const cborHeaders = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
/** Epoch seconds. */
const timestampTag = 1;

export const rpcCbor: WireProtocol = {
  decode: ({ body }) => (body === undefined || body.length === 0 ? {} : decodeMap(body)),
  encode: (output) => {
    const plain = plainOutput(output ?? {}, (value) => tag({ tag: timestampTag, value: value.getTime() / 1000 }));
    return { status: 200, headers: cborHeaders, body: encodeCbor(plain) };
  },
  encodeError: ({ status, type, code, fault, message }) => ({
    status,
    headers: { ...cborHeaders, [queryErrorHeader]: `${code};${fault}` },
    body: encodeCbor({ __type: type, message }),
  }),
};

export function encodeCbor(value: unknown): Buffer {
  return Buffer.from(cbor.serialize(value));
}

function decodeMap(body: Buffer): Members {
  let value: unknown;
  try {
    value = isSafeCbor(body) ? cbor.deserialize(body) : undefined;
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || tagSymbol in value)
    throw new AwsError('SerializationException', 'The request body is not a CBOR map');
  return plainMembers(value);
}

function plainMembers(members: object): Members {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plainValue);
  return tagSymbol in value && 'value' in value ? plainValue(value.value) : plainMembers(value);
}
