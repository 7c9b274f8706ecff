/**
 * AWS Signature Version 4, as far as both ends need the same: the canonical request, its signature, and the headers of a
 * request that we sign ourselves. Paths are encoded once more than on the wire, as every service but S3 has it.
 *
 * Text is one character per byte of the wire (latin1, as Node gives it), so that what is hashed is what was sent.
 */
import { createHash, createHmac } from 'node:crypto';

export const algorithm = 'AWS4-HMAC-SHA256';
export const terminator = 'aws4_request';
export const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** A request as it is on the wire. */
export interface WireRequest {
  method: string;
  /** With its query. */
  url: string;
  /** In order, in whatever case, a name as often as it was sent. */
  headers: readonly (readonly [name: string, value: string])[];
}

export interface Scope {
  /** `YYYYMMDD`. */
  date: string;
  region: string;
  service: string;
}

export interface Credentials {
  id: string;
  secret: string;
  region: string;
  sessionToken?: string | undefined;
}

export interface Signing {
  payloadHash: string;
  credentials: Credentials;
  nowMs: number;
}

/** What a signature is made over. */
export interface ToSign {
  request: WireRequest;
  /** Lower case, in order. */
  signedHeaders: readonly string[];
  /** Hex, or `UNSIGNED-PAYLOAD`. */
  payloadHash: string;
  scope: Scope;
  /** `YYYYMMDDTHHMMSSZ`. */
  date: string;
}

export function payloadHashOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

export function signatureOf(toSign: ToSign, secret: string): Buffer {
  const { scope, date } = toSign;
  const canonical = createHash('sha256').update(canonicalRequest(toSign), 'latin1').digest('hex');
  const text = [algorithm, date, scopeText(scope), canonical].join('\n');
  const key = [scope.date, scope.region, scope.service, terminator].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
  return hmac(key, text);
}

/** For a call of X-Ray: the headers that make it a signed one. It must name its `host`; every header it has is signed. */
export function signatureHeaders(request: WireRequest, { payloadHash, credentials, nowMs }: Signing): Record<string, string> {
  const date = wireDate(nowMs);
  const { id, secret, region, sessionToken } = credentials;
  const scope = { date: date.slice(0, 8), region, service: 'xray' };
  const token: Record<string, string> = sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken };
  const added = { 'x-amz-date': date, 'x-amz-content-sha256': payloadHash, ...token };
  const dated = { ...request, headers: [...request.headers, ...Object.entries(added)] };
  const signedHeaders = [...new Set(dated.headers.map(([name]) => name.toLowerCase()))].sort();
  const signature = signatureOf({ request: dated, signedHeaders, payloadHash, scope, date }, secret).toString('hex');
  const credential = `Credential=${id}/${scopeText(scope)}`;
  return { ...added, authorization: `${algorithm} ${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}` };
}

export function wireDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

export function canonicalRequest({ request, signedHeaders, payloadHash }: ToSign): string {
  const [path = '', ...rest] = request.url.split('?');
  const values = headerValues(request);
  const headers = signedHeaders.map((name) => `${name}:${values.get(name) ?? ''}\n`);
  const query = canonicalQuery(rest.join('?'));
  return [request.method, canonicalPath(path), query, headers.join(''), signedHeaders.join(';'), payloadHash].join('\n');
}

/** A name's values, each with its white space made one blank, with commas between them. */
function headerValues({ headers }: WireRequest): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const before = values.get(lower);
    const trimmed = value.trim().replace(/\s+/g, ' ');
    values.set(lower, before === undefined ? trimmed : `${before},${trimmed}`);
  }
  return values;
}

/** Without `.`, `..` and doubled slashes, and encoded. */
function canonicalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.map(encode).join('/')}${parts.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(query: string): string {
  const pairs = query.split('&').filter((pair) => pair !== '');
  const encoded = pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [encode(decode(name)), encode(decode(value.join('=')))] as const;
  });
  const sorted = encoded.sort(([leftName, left], [rightName, right]) => compare(leftName, rightName) || compare(left, right));
  return sorted.map(([name, value]) => `${name}=${value}`).join('&');
}

function scopeText({ date, region, service }: Scope): string {
  return [date, region, service, terminator].join('/');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}

function encode(text: string): string {
  return text.replace(/[^A-Za-z0-9._~-]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** A plus is a plus: signers write a blank as %20. */
function decode(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
