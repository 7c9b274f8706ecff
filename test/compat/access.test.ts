/**
 * `FLUOROSCOPE_AUTH=sigv4`, by unmodified clients: AWS's SDKs and CLI sign as they always do, browsers sign in, and a key may do
 * what its policy allows, until it is taken out of the file.
 */
import { spawnSync } from 'node:child_process';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as xray from '@aws-sdk/client-xray';
import {
  DeleteSamplingRuleCommand,
  GetSamplingRulesCommand,
  GetServiceGraphCommand,
  PutTraceSegmentsCommand,
  XRayClient,
} from '@aws-sdk/client-xray';
import type { AuditEvent, AuditPage, Refusals } from '@fluoroscope/contract/audit';
import { payloadHashOf, signatureHeaders } from '@fluoroscope/runtime/sigv4';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { Standalone, temporaryFolder } from '../fixtures/standalone.js';
import { LiveClient, until } from './live-client.js';

const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;
const hasCli = spawnSync('aws', ['--version']).status === 0;
const missing = Object.entries({ 'python3 with boto3': hasBoto3, 'the AWS CLI': hasCli });
for (const [name, isHere] of missing) if (!isHere) console.log(`compat: ${name} is not here, so it was not tried`);

type Call = xray.GetSamplingRulesCommand;

/** What AWS's managed policy AWSXRayDaemonWriteAccess names. */
const daemonWriteAccess = [
  'GetSamplingRules',
  'GetSamplingStatisticSummaries',
  'GetSamplingTargets',
  'PutTelemetryRecords',
  'PutTraceSegments',
];

interface Key {
  id: string;
  secret: string;
}
const key = (id: string, policy: string, more: object = {}) => ({ id, secret: `the-secret-of-${id}`, policy, ...more });
const writer = key('WRITER', 'write-only');
const reader = key('READER', 'read-only', { name: 'Ada' });
const owner = key('OWNER', 'full');
const slow = key('SLOW', 'read-only', { requestsPerSecond: 1 });
const leaving = key('LEAVING', 'read-only');
const keys = [writer, reader, owner, slow, leaving];

let folder = '';
let product: Standalone;

async function writeKeys(entries: readonly Key[]): Promise<string> {
  const path = join(folder, 'keys.json');
  await writeFile(path, JSON.stringify({ keys: entries }));
  await chmod(path, 0o600);
  return path;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const env = { FLUOROSCOPE_AUTH: 'sigv4', FLUOROSCOPE_KEYS_FILE: await writeKeys(keys), FLUOROSCOPE_LOG_LEVEL: 'info' };
  product = await Standalone.start({ env });
});
afterAll(async () => {
  await product?.remove();
  await rm(folder, { recursive: true, force: true });
});

function clientOf({ id, secret }: Key, more: object = {}): XRayClient {
  const credentials = { accessKeyId: id, secretAccessKey: secret };
  return new XRayClient({ endpoint: product.httpUrl, region: 'ap-south-1', maxAttempts: 1, credentials, ...more });
}

async function nameOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => '',
    (error: Error) => error.name,
  );
}

/** Signed by ourselves, for what the SDK does not send. */
async function post({
  path,
  body = Buffer.from('{}'),
  by,
  headers = {},
}: {
  path: string;
  body: Uint8Array<ArrayBuffer>;
  by: Key;
  headers?: Record<string, string>;
}) {
  const signed = signatureOf({ path, body, by, headers });
  return fetch(`${product.httpUrl}${path}`, { method: 'POST', body, headers: { ...headers, ...signed } });
}

interface Signed {
  method?: string;
  path: string;
  body: Uint8Array;
  by: Key;
  headers: Record<string, string>;
}

function signatureOf({ method = 'POST', path, body, by, headers }: Signed) {
  const request = { method, url: path, headers: Object.entries({ host: new URL(product.httpUrl).host, ...headers }) };
  const credentials = { ...by, region: 'us-east-1' };
  return signatureHeaders(request, { payloadHash: payloadHashOf(body), credentials, nowMs: Date.now() });
}

async function errorOf(response: Response): Promise<string> {
  const { __type, Message } = (await response.json()) as { __type?: string; Message?: string };
  return __type === undefined ? '' : `${response.status} ${__type}: ${Message}`;
}

const range = { StartTime: new Date(Date.now() - 60_000), EndTime: new Date() };

describe('the JavaScript SDK', () => {
  it.each([
    [writer, { write: '', read: 'AccessDeniedException', edit: 'AccessDeniedException', poll: '' }],
    [reader, { write: 'AccessDeniedException', read: '', edit: 'AccessDeniedException', poll: '' }],
    [owner, { write: '', read: '', edit: 'InvalidRequestException', poll: '' }],
  ])('may do what the policy of $id allows', async (by, expected) => {
    const client = clientOf(by);
    const outcome = {
      write: await nameOf(client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: ['{}'] }))),
      read: await nameOf(client.send(new GetServiceGraphCommand(range))),
      edit: await nameOf(client.send(new DeleteSamplingRuleCommand({ RuleName: 'none' }))),
      poll: await nameOf(client.send(new GetSamplingRulesCommand({}))),
    };
    expect(outcome).toEqual(expected);
  });

  it('may call those of the 38 operations that its policy allows', async () => {
    const commands = Object.entries(xray).filter(([name]) => /^[A-Z].*Command$/.test(name)) as [string, new (input: object) => Call][];
    const allowedTo = async (by: Key) => {
      const client = clientOf(by);
      const outcomes = await Promise.all(commands.map(async ([name, Command]) => [name, await nameOf(client.send(new Command({})))]));
      return outcomes
        .filter(([, error]) => error !== 'AccessDeniedException' && error !== 'UnknownOperationException')
        .map(([name = '']) => name.replace(/Command$/, ''));
    };
    const [written, read, all] = [await allowedTo(writer), await allowedTo(reader), await allowedTo(owner)];
    expect(all).toHaveLength(38);
    expect(written.sort()).toEqual(daemonWriteAccess);
    expect(read).toEqual(all.filter((name) => /^(BatchGet|Get|List|StartTraceRetrieval|CancelTraceRetrieval)/.test(name)));
  });

  it('is refused with the error that it knows', async () => {
    const call = new GetSamplingRulesCommand({});
    expect(await nameOf(clientOf({ ...owner, secret: 'another' }).send(call))).toBe('InvalidSignatureException');
    expect(await nameOf(clientOf({ id: 'NOBODY', secret: 'x' }).send(call))).toBe('UnrecognizedClientException');
    const session = { accessKeyId: owner.id, secretAccessKey: owner.secret, sessionToken: 'x' };
    expect(await nameOf(clientOf(owner, { credentials: session }).send(call))).toBe('UnrecognizedClientException');
  });

  it('finds the right time by itself when its clock is wrong', async () => {
    const client = clientOf(owner, { systemClockOffset: 3_600_000 });
    expect(await nameOf(client.send(new GetSamplingRulesCommand({})))).toBe('InvalidSignatureException');
    expect(await nameOf(client.send(new GetSamplingRulesCommand({})))).toBe('');
  });
});

describe('a request', () => {
  it('without a signature is refused, but for health, counters and the pages', async () => {
    const headers = { accept: 'text/html' };
    const statusOf = async (path: string, init?: RequestInit) => (await fetch(`${product.httpUrl}${path}`, { headers, ...init })).status;
    const open = ['/livez', '/healthz', '/metrics', '/api/session', '/', '/traces'];
    expect(await Promise.all(open.map((path) => statusOf(path)))).toEqual(open.map(() => 200));
    const closed = ['/api/map/places', '/api/deployments?from=0&to=1', '/dead-documents', '/clock-skew'];
    expect(await Promise.all(closed.map((path) => statusOf(path)))).toEqual([401, 401, 403, 403]);
    expect(await statusOf('/dead-documents/replay', { method: 'POST' })).toBe(403);
    expect(await errorOf(await fetch(`${product.httpUrl}/TraceSegments`, { method: 'POST', body: '{}' }))).toBe(
      '403 MissingAuthenticationTokenException: Missing Authentication Token',
    );
  });

  it('is verified over the bytes of the wire, before they are unpacked', async () => {
    const body = new Uint8Array(gzipSync('{"TraceSegmentDocuments":["{}"]}'));
    const headers = { 'content-encoding': 'gzip' };
    expect(await errorOf(await post({ path: '/TraceSegments', body, by: writer, headers }))).toBe('');
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(64 * 1024 * 1024)));
    expect(await errorOf(await post({ path: '/TraceSegments', body: bomb, by: { ...writer, secret: 'another' }, headers }))).toMatch(
      /^403 InvalidSignatureException/,
    );
  });

  it('is taken once, unless it is the retry of an SDK, or a poll of the rules', async () => {
    const send = async (path: string, headers: Record<string, string> = {}) => {
      const body = Buffer.from('{"TraceSegmentDocuments":["{}"]}');
      const signed = { ...headers, ...signatureOf({ path, body, by: writer, headers }) };
      const once = () => fetch(`${product.httpUrl}${path}`, { method: 'POST', body, headers: signed });
      return [await errorOf(await once()), await errorOf(await once())];
    };
    expect(await send('/TraceSegments')).toEqual([
      '',
      '403 InvalidSignatureException: This signature was used before: sign each request anew.',
    ]);
    expect(await send('/TraceSegments', { 'amz-sdk-invocation-id': 'an-id-of-its-own' })).toEqual(['', '']);
    expect(await send('/GetSamplingRules')).toEqual(['', '']);
  });

  it('over the limit of its key is told to slow down, while other keys go on', async () => {
    const ask = async (by: Key) => await nameOf(clientOf(by).send(new GetServiceGraphCommand(range)));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => ask(slow)));
    expect(outcomes.filter((name) => name === 'ThrottledException').length).toBeGreaterThanOrEqual(3);
    expect(await ask(reader)).toBe('');
  });
});

test('the X-Ray port needs no signature, and takes what daemons and SDKs send', async () => {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${product.xrayPort}${path}`, { method: 'POST', body: '{"TraceSegmentDocuments":["{}"]}', headers });
  expect((await ask('/TraceSegments')).status).toBe(200);
  expect((await ask('/GetSamplingRules', { authorization: 'AWS4-HMAC-SHA256 nonsense', 'x-amz-date': 'never' })).status).toBe(200);
  expect((await ask('/TraceSummaries')).status).toBe(403);
});

describe.skipIf(!hasBoto3)('boto3', () => {
  it.each([
    [writer, { write: '', read: 'AccessDeniedException', edit: 'AccessDeniedException' }],
    [
      { ...owner, secret: 'another' },
      { write: 'InvalidSignatureException', read: 'InvalidSignatureException', edit: 'InvalidSignatureException' },
    ],
  ])('may do what the policy of $id allows', (by, expected) => {
    const script = fileURLToPath(new URL('access.py', import.meta.url));
    const run = spawnSync('python3', [script], { env: environmentOf(by), encoding: 'utf8' });
    expect(JSON.parse(run.stdout || run.stderr)).toEqual(expected);
  });
});

describe('refused calls', () => {
  it('are counted by key and reason, where who may read the trail finds them', async () => {
    await expect(clientOf(writer).send(new GetServiceGraphCommand({ StartTime: new Date(), EndTime: new Date() }))).rejects.toThrow();
    await expect(clientOf({ ...reader, secret: 'another' }).send(new GetSamplingRulesCommand({}))).rejects.toThrow();
    await expect(clientOf({ id: 'NOBODY', secret: 'x' }).send(new GetSamplingRulesCommand({}))).rejects.toThrow();
    const path = '/api/audit/refusals';
    const headers = signatureOf({ method: 'GET', path, body: new Uint8Array(), by: reader, headers: {} });
    const { refusals, sinceMs } = (await (await fetch(`${product.httpUrl}${path}`, { headers })).json()) as Refusals;
    const lineOf = (keyId: string | null, code: RegExp) => refusals.find((line) => line.keyId === keyId && code.test(line.code));
    expect(lineOf('WRITER', /^AccessDenied/)).toMatchObject({ action: 'xray:GetServiceGraph', count: expect.any(Number) });
    expect(lineOf('READER', /Signature/)?.address).toMatch(/127\.0\.0\.1|::1/);
    expect(lineOf(null, /./)).toBeDefined();
    expect(sinceMs).toBeLessThan(Date.now());
  });
});

describe('the audit trail', () => {
  it.skipIf(!hasBoto3)('is what LookupEvents of CloudTrail lists', () => {
    const script = fileURLToPath(new URL('lookup-events.py', import.meta.url));
    const run = spawnSync('python3', [script], { env: environmentOf(owner), encoding: 'utf8' });
    expect(JSON.parse(run.stdout || run.stderr)).toEqual({
      names: ['DeleteGroup', 'UpdateGroup', 'CreateGroup'],
      user: ['OWNER', 'OWNER', 'false', 'xray.amazonaws.com'],
      recent: true,
      agent: true,
      address: '127.0.0.1',
      change: ['fault', 'error'],
      'by id': ['UpdateGroup'],
      'long ago': [],
      codes: ['InvalidTimeRangeException', 'InvalidLookupAttributesException', 'InvalidNextTokenException'],
    });
  });

  it('can be read page by page, filtered, and event by event, by who may read', async () => {
    await clientOf(owner).send(new xray.CreateGroupCommand({ GroupName: 'paged' }));
    await nameOf(clientOf(owner).send(new xray.CreateGroupCommand({ GroupName: 'paged' })));
    const get = async (path: string) => {
      const signed = signatureOf({ method: 'GET', path, body: new Uint8Array(), by: reader, headers: {} });
      return (await fetch(`${product.httpUrl}${path}`, { headers: signed })).json() as Promise<AuditPage & AuditEvent>;
    };
    const first = await get('/api/audit?limit=1&text=paged');
    expect([first.total, first.events[0]?.refused]).toEqual([2, expect.stringContaining('paged')]);
    const second = await get(`/api/audit?limit=1&text=paged&before=${first.before}`);
    expect([second.before, second.events[0]?.action, second.events[0]?.refused]).toEqual([null, 'CreateGroup', null]);
    expect((await get('/api/audit?text=paged&result=done')).total).toBe(1);
    expect(await get(`/api/audit/${second.events[0]?.id}`)).toEqual(second.events[0]);
    expect(first.kept).toMatchObject({ forgotten: 0, actors: expect.arrayContaining(['OWNER']) });
  });
});

describe.skipIf(!hasCli)('the AWS CLI', () => {
  it('signs, and shows why it is refused', () => {
    const aws = (by: Key, ...args: string[]) => spawnSync('aws', ['xray', ...args], { env: environmentOf(by), encoding: 'utf8' });
    expect(aws(reader, 'get-sampling-rules').stdout).toContain('Default');
    expect(aws(reader, 'delete-sampling-rule', '--rule-name', 'x').stderr).toMatch(
      /AccessDeniedException.*user\/Ada is not authorized to perform: xray:DeleteSamplingRule/,
    );
  });
});

function environmentOf({ id, secret }: Key): NodeJS.ProcessEnv {
  const aws = {
    AWS_ENDPOINT_URL_XRAY: product.httpUrl,
    AWS_ENDPOINT_URL_CLOUDTRAIL: product.httpUrl,
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_REGION: 'eu-west-1',
  };
  return { ...process.env, ...aws, AWS_DEFAULT_REGION: 'eu-west-1', AWS_MAX_ATTEMPTS: '1' };
}

describe('a browser', () => {
  /** As often as people try: one address may not sign in again and again. */
  async function signIn(body: object): Promise<{ status: number; cookie: string; answer: object }> {
    const answered = await trySignIn(body);
    if (answered.status !== 429) return answered;
    await sleep(1_000);
    return signIn(body);
  }
  async function trySignIn(body: object): Promise<{ status: number; cookie: string; answer: object }> {
    const response = await fetch(`${product.httpUrl}/api/session`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, cookie: response.headers.get('set-cookie') ?? '', answer: (await response.json()) as object };
  }
  const pairOf = (cookie: string) => cookie.split(';')[0] ?? '';
  const read = (cookie: string, init: RequestInit = {}) =>
    fetch(`${product.httpUrl}/api/map/places`, { ...init, headers: { cookie: pairOf(cookie) } });

  /** Other texts, of which some have the same bytes when they are read as base64. */
  function similar(pair: string): string[] {
    const endings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].map((end) => pair.slice(0, -1) + end);
    return [...endings, `${pair}=`, `${pair}.`, `${pair}.x`].filter((other) => other !== pair);
  }

  it('signs in with a key that reads, and may do what the key may', async () => {
    const { status, cookie, answer } = await signIn(reader);
    expect([status, answer]).toEqual([
      200,
      { auth: 'sigv4', key: { id: 'READER', name: 'Ada', policy: 'read-only' }, untilSeconds: expect.any(Number) },
    ]);
    expect(cookie).toMatch(/; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    expect((await read(cookie)).status).toBe(200);
    const edit = await read(cookie, { method: 'PUT', body: '{}' });
    expect([edit.status, await edit.json()]).toEqual([403, expect.objectContaining({ code: 'forbidden' })]);
    for (const other of similar(pairOf(cookie))) expect((await read(other)).status).toBe(401);
  });

  it('ends what it began', async () => {
    const { cookie } = await signIn(owner);
    const headers = { cookie: pairOf(cookie) };
    await fetch(`${product.httpUrl}/api/session`, { method: 'DELETE', headers });
    expect((await read(cookie)).status).toBe(401);
    for (const other of similar(pairOf(cookie))) expect((await read(other)).status).toBe(401);
  });

  it('loses its session and its live stream when the key is taken away, and others keep theirs', async () => {
    const cookies = [await signIn(leaving), await signIn(reader)];
    const [gone, stays] = cookies.map(({ cookie }) => pairOf(cookie));
    const lost = await LiveClient.connect(product.httpUrl, { cookie: gone ?? '' });
    const kept = await LiveClient.connect(product.httpUrl, { cookie: stays ?? '' });
    await writeFile(join(folder, 'keys.json'), 'not keys');
    process.kill(product.pid, 'SIGHUP');
    await until(() => product.output.includes('what was read before stays'));
    expect((await read(gone ?? '')).status).toBe(200);
    await writeKeys(keys.filter(({ id }) => id !== 'LEAVING'));
    process.kill(product.pid, 'SIGHUP');
    await until(() => !lost.socket.connected);
    expect([(await read(gone ?? '')).status, (await read(stays ?? '')).status, kept.socket.connected]).toEqual([401, 200, true]);
    kept.close();
  });

  it('cannot guess, sign in with a key that only writes, or open the live stream without a session', async () => {
    expect(await signIn({ id: 'OWNER', secret: 'a guess' })).toMatchObject({ status: 401, cookie: '' });
    expect(await signIn(writer)).toMatchObject({ status: 403, cookie: '' });
    await expect(LiveClient.connect(product.httpUrl)).rejects.toThrow();
    const guesses = await Promise.all(Array.from({ length: 9 }, () => trySignIn({ id: 'OWNER', secret: 'a guess' })));
    expect(guesses.map(({ status }) => status)).toContain(429);
  });
});

test('nothing of a secret or a signature is in the log', () => {
  const [secret] = [...keys.map((one) => one.secret)].filter((one) => product.output.includes(one));
  expect(secret).toBeUndefined();
  expect(product.output).not.toMatch(/[0-9a-f]{64}|Signature=|fluoroscope-\d+=/);
});
