import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createLogger } from '@fluoroscope/runtime/logger';
import { payloadHashOf, signatureOf } from '@fluoroscope/runtime/sigv4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Telemetry, type TelemetryTotals } from './telemetry.js';
import { noConnectionErrors, Uploader } from './upload.js';

const logger = createLogger({ name: 'test', level: 'silent' });
/** More than it takes: what is left is given up then. */
const closeLimitMs = 30_000;
const nobody = 'http://127.0.0.1:9';
let other: Server;
let url: string;
let requests: { url?: string; headers: IncomingHttpHeaders; body: Record<string, unknown[]> }[];
/** Answers of the other side, in order; then 200. */
let answers: { status: number; body: string }[];

beforeEach(async () => {
  requests = [];
  answers = [];
  other = createServer(async (incoming, outgoing) => {
    let text = '';
    for await (const chunk of incoming) text += chunk;
    requests.push({ url: incoming.url, headers: incoming.headers, body: JSON.parse(text) });
    const { status, body } = answers.shift() ?? { status: 200, body: '{"UnprocessedTraceSegments":[]}' };
    outgoing.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterEach(() => {
  other.closeAllConnections();
  other.close();
});

function addMany(uploader: Uploader, count: number): void {
  for (let i = 0; i < count; i++) uploader.add(Buffer.from(`{"i":${i}}`));
}

describe('the side-car upload', () => {
  it('puts batches of 50 and the rest, as text, with the time of sending', async () => {
    const uploader = new Uploader({ url }, logger);
    addMany(uploader, 120);
    await uploader.close(closeLimitMs);
    expect(requests.map(({ body }) => body.TraceSegmentDocuments?.length).sort()).toEqual([20, 50, 50]);
    expect(requests[0]).toMatchObject({ url: '/TraceSegments', body: { TraceSegmentDocuments: expect.arrayContaining(['{"i":0}']) } });
    expect(requests[0]?.headers['x-amzn-xray-timestamp']).toMatch(/^\d{10}\.\d{9}$/);
    expect([uploader.sent, uploader.unsent]).toEqual([120, 0]);
  });

  it('signs each attempt, over the body and the session token, when it has a key', async () => {
    const credentials = { id: 'WRITER', secret: 'wJalrXUtnFEMI/K7MDENG', region: 'eu-west-1', sessionToken: 'a-token' };
    const uploader = new Uploader({ url, credentials }, logger);
    addMany(uploader, 1);
    await uploader.close(closeLimitMs);
    const headers: IncomingHttpHeaders = requests[0]?.headers ?? {};
    const signedHeaders = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
    const payloadHash = payloadHashOf(Buffer.from(JSON.stringify(requests[0]?.body)));
    const request = {
      method: 'POST',
      url: '/TraceSegments',
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as const),
    };
    const date = String(headers['x-amz-date']);
    const scope = { date: date.slice(0, 8), region: 'eu-west-1', service: 'xray' };
    const signature = signatureOf({ request, signedHeaders, payloadHash, scope, date }, credentials.secret);
    expect(headers.authorization).toMatch(new RegExp(`^AWS4-HMAC-SHA256 Credential=WRITER/.*Signature=${signature.toString('hex')}$`));
    expect(signedHeaders).toEqual(expect.arrayContaining(['host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token']));
  });

  it('sends what has come when nothing comes for a second', async () => {
    const uploader = new Uploader({ url }, logger);
    addMany(uploader, 3);
    await expect.poll(() => uploader.sent).toBe(3);
    await uploader.close(1_000);
  });

  it('retries twice under the same invocation, then gives the batch up', async () => {
    answers = Array.from({ length: 5 }, () => ({ status: 500, body: '{}' }));
    const uploader = new Uploader({ url }, logger);
    addMany(uploader, 50);
    await expect.poll(() => uploader.unsent).toBe(50);
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ headers }) => headers['amz-sdk-invocation-id'])).size).toBe(1);
    expect(uploader.errors).toMatchObject({ HTTPCode5XXCount: 3 });
    answers = [{ status: 400, body: '{}' }];
    addMany(uploader, 50);
    await expect.poll(() => uploader.unsent).toBe(100);
    expect(uploader.errors).toMatchObject({ HTTPCode4XXCount: 1 });
    await uploader.close(1_000);
  });

  it('counts the documents that the other side does not process as unsent', async () => {
    answers = [{ status: 200, body: '{"UnprocessedTraceSegments":[{"Id":"1"},{"Id":"2"}]}' }];
    const uploader = new Uploader({ url }, logger);
    addMany(uploader, 50);
    await uploader.close(closeLimitMs);
    expect([uploader.sent, uploader.unsent]).toEqual([48, 2]);
  });

  it('decides every document when nobody is there, however many there are', async () => {
    const uploader = new Uploader({ url: nobody }, logger);
    addMany(uploader, 5_000);
    await uploader.close(100);
    expect([uploader.sent, uploader.unsent]).toEqual([0, 5_000]);
    expect(uploader.errors.ConnectionRefusedCount + uploader.errors.OtherCount).toBeGreaterThan(0);
  });
});

describe('telemetry', () => {
  const identity = { EC2InstanceId: '', Hostname: 'box', ResourceARN: '' };
  const totals: TelemetryTotals = { received: 0, sent: 0, spilledOver: 0, rejected: 0, connectionErrors: noConnectionErrors() };

  it('reports nothing before the first datagram, then what happened since the last record', async () => {
    const now = { ...totals };
    const telemetry = new Telemetry({ url, identity, totals: () => now, logger });
    await telemetry.report();
    expect(requests).toEqual([]);
    Object.assign(now, { received: 10, sent: 7, rejected: 2, spilledOver: 1 });
    await telemetry.report();
    Object.assign(now, { received: 15, sent: 12 });
    await telemetry.close();
    expect(requests.map(({ url: path }) => path)).toEqual(['/TelemetryRecords', '/TelemetryRecords']);
    expect(requests[0]?.body).toMatchObject({
      ...identity,
      TelemetryRecords: [{ SegmentsReceivedCount: 10, SegmentsSentCount: 7, SegmentsRejectedCount: 2, SegmentsSpilloverCount: 1 }],
    });
    expect(requests[1]?.body.TelemetryRecords).toMatchObject([{ SegmentsReceivedCount: 5, BackendConnectionErrors: noConnectionErrors() }]);
  });

  it('keeps the last 30 records while nobody answers, and then sends 10 at a time', async () => {
    answers = Array.from({ length: 35 }, () => ({ status: 503, body: '' }));
    const now = { ...totals };
    const telemetry = new Telemetry({ url, identity, totals: () => now, logger });
    for (let i = 0; i < 35; i++) {
      now.received++;
      await telemetry.report();
    }
    requests.length = 0;
    now.received++;
    await telemetry.close();
    expect(requests.map(({ body }) => body.TelemetryRecords?.length)).toEqual([10, 10, 10]);
  });
});
