/**
 * Who signed a request, and whether they did: reads the `Authorization` header, and checks the signature against the bytes
 * of the wire. Every refusal is one of AWS's errors in AWS's words. Nothing of a secret or a signature is in any of them.
 *
 * Left out: signatures in the query (no client of these services sends them) and session tokens (keys have none).
 */
import { timingSafeEqual } from 'node:crypto';
import {
  algorithm,
  payloadHashOf,
  type Scope,
  signatureOf,
  terminator,
  unsignedPayload,
  type WireRequest,
  wireDate,
} from '@fluoroscope/runtime/sigv4';

/** As AWS. */
export const maxSkewMs = 5 * 60_000;

export type AuthenticationCode =
  | 'MissingAuthenticationTokenException'
  | 'IncompleteSignatureException'
  | 'InvalidSignatureException'
  | 'UnrecognizedClientException';

export interface AuthenticationRefusal {
  code: AuthenticationCode;
  message: string;
}

/** What the header says; nothing of it is proven. */
export interface Authorization {
  keyId: string;
  scope: Scope;
  signedHeaders: string[];
  /** 64 hex digits. */
  signature: string;
}

export interface Claim {
  request: WireRequest;
  /** Of the wire: still compressed, when it was. */
  body: Uint8Array;
  /** Of the key that the header names; undefined when there is no such key. */
  secretOf: (keyId: string) => string | undefined;
  /** The service that the request is for. */
  service: string;
  nowMs: number;
  /** Nobody on the way can change a body: the signature need not cover it. */
  isPrivate: boolean;
}

export interface Proven {
  keyId: string;
  signature: string;
  /** From then on its date is too old. */
  untilMs: number;
  /** The signature covers the SDK's invocation ID: whoever sends it again sends the same call again. */
  isRetryable: boolean;
}

export function verify(claim: Claim): Proven | { refused: AuthenticationRefusal } {
  const headers = new Map(claim.request.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const header = headers.get('authorization');
  if (header === undefined) return refuse('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const authorization = authorizationOf(header);
  if (typeof authorization === 'string') return refuse('IncompleteSignatureException', authorization);
  const date = dateOf(headers);
  if (date === null) return refuse('IncompleteSignatureException', noDate);
  const problem =
    scopeProblem(authorization, date, claim) ?? headerProblem(authorization, headers, claim) ?? dateProblem(date, claim.nowMs);
  if (problem !== null) return refuse('InvalidSignatureException', problem);
  const secret = claim.secretOf(authorization.keyId);
  if (secret === undefined) return refuse('UnrecognizedClientException', 'The security token included in the request is invalid.');
  if (headers.has('x-amz-security-token')) return refuse('UnrecognizedClientException', noSessions);
  const { scope, signedHeaders, signature, keyId } = authorization;
  const payloadHash = headers.get('x-amz-content-sha256') === unsignedPayload ? unsignedPayload : payloadHashOf(claim.body);
  const expected = signatureOf({ request: claim.request, signedHeaders, payloadHash, scope, date }, secret);
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) return refuse('InvalidSignatureException', mismatch);
  const isRetryable = headers.has('amz-sdk-invocation-id') && signedHeaders.includes('amz-sdk-invocation-id');
  return { keyId, signature, untilMs: msOf(date) + maxSkewMs, isRetryable };
}

const noDate = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
const noSessions = 'The security token included in the request is invalid: keys here have none, so AWS_SESSION_TOKEN must not be set.';
const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** What is wrong with it, as text. */
export function authorizationOf(header: string): Authorization | string {
  const [word = '', ...rest] = header.trim().split(/\s+/);
  if (word !== algorithm) return `Unsupported AWS 'algorithm': only ${algorithm} is served.`;
  const parameters = new Map(rest.join('').split(',').map(pairOf));
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !parameters.get(name));
  if (missing.length > 0) return missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' ');
  const [keyId = '', date = '', region = '', service = '', end, ...more] = parameters.get('Credential')?.split('/') ?? [];
  if (end === undefined || more.length > 0)
    return 'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.';
  if (end !== terminator) return `Credential should be scoped with a valid terminator: '${terminator}'.`;
  const signature = parameters.get('Signature') ?? '';
  if (!/^[0-9a-f]{64}$/.test(signature)) return "Authorization header requires a 'Signature' of 64 hexadecimal digits.";
  const signedHeaders = parameters.get('SignedHeaders')?.split(';') ?? [];
  return { keyId, scope: { date, region, service }, signedHeaders, signature };
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
}

/** Any region: clients of several may send to one installation. */
function scopeProblem({ scope }: Authorization, date: string, { service }: Claim): string | null {
  if (scope.service !== service) return `Credential should be scoped to correct service: '${service}'.`;
  if (scope.date === date.slice(0, 8)) return null;
  return `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date.slice(0, 8)}', from '${date}'.`;
}

/** Content delivery networks add this one on the way. */
const addedOnTheWay = new Set(['x-amz-cf-id']);

function headerProblem({ signedHeaders }: Authorization, headers: ReadonlyMap<string, string>, { isPrivate }: Claim): string | null {
  if (!signedHeaders.includes('host')) return "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
  const absent = signedHeaders.find((name) => !headers.has(name));
  if (absent !== undefined) return mismatch;
  const open = [...headers.keys()].find((name) => name.startsWith('x-amz-') && !addedOnTheWay.has(name) && !signedHeaders.includes(name));
  if (open !== undefined) return `There were headers present in the request which were not signed: ${open}`;
  const payload = headers.get('x-amz-content-sha256') ?? '';
  if (payload.startsWith('STREAMING-')) return 'A body that is signed in pieces is not served; sign it whole.';
  return payload === unsignedPayload && !isPrivate ? 'UNSIGNED-PAYLOAD is accepted over TLS and on loopback only.' : null;
}

function dateProblem(date: string, nowMs: number): string | null {
  const skewMs = msOf(date) - nowMs;
  const [now, limit] = [wireDate(nowMs), wireDate(nowMs - Math.sign(-skewMs) * maxSkewMs)];
  if (skewMs < -maxSkewMs) return `Signature expired: ${date} is now earlier than ${limit} (${now} - 5 min.)`;
  if (skewMs > maxSkewMs) return `Signature not yet current: ${date} is still later than ${limit} (${now} + 5 min.)`;
  return null;
}

/** In the form of `X-Amz-Date`; null when there is none that can be read. */
function dateOf(headers: ReadonlyMap<string, string>): string | null {
  const given = headers.get('x-amz-date') ?? headers.get('date') ?? '';
  if (/^\d{8}T\d{6}Z$/.test(given)) return Number.isNaN(msOf(given)) ? null : given;
  const ms = Date.parse(given);
  return Number.isNaN(ms) ? null : wireDate(ms);
}

function msOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function refuse(code: AuthenticationCode, message: string): { refused: AuthenticationRefusal } {
  return { refused: { code, message } };
}
