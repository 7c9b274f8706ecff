import { payloadHashOf, signatureHeaders, unsignedPayload, type WireRequest } from '@fluoroscope/runtime/sigv4';
import { describe, expect, it } from 'vitest';
import { type Claim, maxSkewMs, verify } from './authorization.js';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const credentials = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', region: 'eu-west-1' };
const body = Buffer.from('{"TraceSegmentDocuments":["{}"]}');
const plain: WireRequest = {
  method: 'POST',
  url: '/TraceSegments?a=1&b=%20x',
  headers: [
    ['Host', '127.0.0.1:2020'],
    ['Content-Type', 'application/json'],
  ],
};

function signed(request = plain, payloadHash = payloadHashOf(body), atMs = nowMs): Claim {
  const added = Object.entries(signatureHeaders(request, { payloadHash, credentials, nowMs: atMs }));
  const secretOf = (id: string) => (id === credentials.id ? credentials.secret : undefined);
  const headers = [...request.headers, ...added];
  return { request: { ...request, headers }, body, secretOf, service: 'xray', nowMs, isPrivate: false };
}

function withHeader({ request, ...claim }: Claim, name: string, change: (value: string) => string | null): Claim {
  const headers = request.headers.flatMap(([key, value]): [string, string][] => {
    const changed = key.toLowerCase() === name ? change(value) : value;
    return changed === null ? [] : [[key, changed]];
  });
  return { ...claim, request: { ...request, headers } };
}

function codeOf(claim: Claim): string {
  const outcome = verify(claim);
  return 'refused' in outcome ? outcome.refused.code : 'proven';
}

function messageOf(claim: Claim): string {
  const outcome = verify(claim);
  return 'refused' in outcome ? outcome.refused.message : '';
}

const mismatch = /^The request signature we calculated does not match/;

describe('a signature', () => {
  it('proves who has sent a request, and until when it could be sent again', () => {
    expect(verify(signed())).toMatchObject({ keyId: credentials.id, untilMs: nowMs + maxSkewMs, isRetryable: false });
    const withId = { ...plain, headers: [...plain.headers, ['amz-sdk-invocation-id', 'x'] as const] };
    expect(verify(signed(withId))).toMatchObject({ isRetryable: true });
  });

  it('covers every part of the request: whatever is changed, it is refused', () => {
    const claim = signed();
    const request = (change: Partial<WireRequest>) => ({ ...claim, request: { ...claim.request, ...change } });
    const tampered: Claim[] = [
      request({ method: 'PUT' }),
      request({ url: '/TelemetryRecords?a=1&b=%20x' }),
      request({ url: '/TraceSegments?a=1&b=%20y' }),
      request({ url: '/TraceSegments?a=1&b=%20x&c' }),
      { ...claim, body: Buffer.from('{"TraceSegmentDocuments":["{]"]}') },
      { ...claim, body: Buffer.alloc(0) },
      withHeader(claim, 'host', () => 'elsewhere:2020'),
      withHeader(claim, 'content-type', () => 'text/plain'),
      withHeader(claim, 'content-type', () => null),
      withHeader(claim, 'x-amz-date', () => '20260102T030406Z'),
      withHeader(claim, 'x-amz-content-sha256', () => 'ab'.repeat(32)),
      withHeader(claim, 'authorization', (value) => value.replace('eu-west-1', 'eu-west-2')),
      withHeader(claim, 'authorization', (value) => value.replace('content-type;', '')),
      withHeader(claim, 'authorization', (value) => value.replace(/.$/, (last) => (last === '0' ? '1' : '0'))),
    ];
    expect(tampered.map((one) => messageOf(one)).filter((message) => !mismatch.test(message))).toEqual([]);
    expect(new Set(tampered.map(codeOf))).toEqual(new Set(['InvalidSignatureException']));
  });

  it('is read however signers space its parts, and over a date in either header', () => {
    expect(codeOf(withHeader(signed(), 'authorization', (value) => value.replaceAll(', ', ',')))).toBe('proven');
    expect(codeOf(withHeader(signed(), 'authorization', (value) => value.replaceAll(', ', ',   ')))).toBe('proven');
    const byDate = (value: string) => withHeader(signed(), 'x-amz-date', () => value);
    expect(codeOf(byDate('yesterday'))).toBe('IncompleteSignatureException');
  });

  it('holds for five minutes before and behind our clock', () => {
    for (const atMs of [nowMs - maxSkewMs, nowMs + maxSkewMs]) expect(codeOf(signed(plain, undefined, atMs))).toBe('proven');
    expect(messageOf(signed(plain, undefined, nowMs - maxSkewMs - 1000))).toBe(
      'Signature expired: 20260102T025904Z is now earlier than 20260102T025905Z (20260102T030405Z - 5 min.)',
    );
    expect(messageOf(signed(plain, undefined, nowMs + maxSkewMs + 1000))).toBe(
      'Signature not yet current: 20260102T030906Z is still later than 20260102T030905Z (20260102T030405Z + 5 min.)',
    );
  });

  it('is of a key that is known, has no session token, and is for the service that is called', () => {
    expect(codeOf({ ...signed(), secretOf: () => undefined })).toBe('UnrecognizedClientException');
    const withToken = { ...plain, headers: [...plain.headers, ['x-amz-security-token', 'x'] as const] };
    expect(codeOf(signed(withToken))).toBe('UnrecognizedClientException');
    expect(messageOf({ ...signed(), service: 'cloudtrail' })).toBe("Credential should be scoped to correct service: 'cloudtrail'.");
    expect(messageOf(withHeader(signed(), 'authorization', (value) => value.replace('/20260102/', '/20260101/')))).toMatch(
      /^Date in Credential/,
    );
  });

  it('covers every header of AWS that is sent, and the host', () => {
    const claim = signed();
    const added = { ...claim.request, headers: [...claim.request.headers, ['X-Amz-Target', 'Other'] as const] };
    expect(messageOf({ ...claim, request: added })).toBe('There were headers present in the request which were not signed: x-amz-target');
    expect(messageOf(signed({ ...plain, headers: [] }))).toMatch(/'Host' .*must be a 'SignedHeader'/);
  });

  it('may leave out the body only where nobody can change it on the way', () => {
    expect(codeOf({ ...signed(plain, unsignedPayload), isPrivate: true })).toBe('proven');
    expect(messageOf(signed(plain, unsignedPayload))).toMatch(/^UNSIGNED-PAYLOAD is accepted over TLS/);
    expect(messageOf(signed(plain, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'))).toMatch(/signed in pieces/);
    expect(messageOf(withHeader(signed(), 'x-amz-content-sha256', () => unsignedPayload))).toMatch(/^UNSIGNED-PAYLOAD/);
  });

  it.each([
    ['Bearer abc', /^Unsupported AWS 'algorithm'/],
    ['AWS4-HMAC-SHA256', /'Credential' parameter\..*'Signature' parameter\..*'SignedHeaders' parameter\./],
    ['AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00', /exactly 5 slash-delimited/],
    ['AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=00', /valid terminator/],
    ['AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=00', /64 hexadecimal/],
  ])('that is not one (%s) is incomplete, and says why', (header, reason) => {
    const claim = withHeader(signed(), 'authorization', () => header);
    expect([codeOf(claim), messageOf(claim)]).toEqual(['IncompleteSignatureException', expect.stringMatching(reason)]);
    expect(codeOf(withHeader(signed(), 'authorization', () => null))).toBe('MissingAuthenticationTokenException');
  });

  it('is never in what a refusal says, and neither is the secret', () => {
    const refused = messageOf(withHeader(signed(), 'authorization', (value) => value.replace(/.$/, 'x')));
    expect(refused).not.toMatch(/[0-9a-f]{32}/);
    expect(refused).not.toContain(credentials.secret);
  });
});
