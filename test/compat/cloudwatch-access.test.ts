/** CloudWatch under `sigv4`: what each protocol's client may do with its key, and that no call is let in as what it is not. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DescribeAlarmsCommand, ListMetricsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { KeyRing } from '@fluoroscope/api/api';
import { algorithm, payloadHashOf, signatureOf, terminator, wireDate } from '@fluoroscope/runtime/sigv4';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from './api-on-disk.js';
import { cloudWatchOf, type ProtocolName, protocolNames, refusalOf } from './cloudwatch-clients.js';
import { rawCall } from './raw-http.js';

const key = (id: string, policy: string, more: object = {}) => ({ id, secret: `the-secret-of-${id}`, policy, ...more });
const writer = key('WRITER', 'write-only');
const reader = key('READER', 'read-only', { name: 'Ada' });
const owner = key('OWNER', 'full');
const slow = key('SLOW', 'read-only', { requestsPerSecond: 1 });
type Key = ReturnType<typeof key>;

let folder = '';
let server: ApiOnDisk;
let appended = 0;
let listed = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fluoroscope-access-'));
  const path = join(folder, 'keys.json');
  await writeFile(path, JSON.stringify({ keys: [writer, reader, owner, slow] }));
  await chmod(path, 0o600);
  const append = async () => void appended++;
  const metrics = async () => {
    listed++;
    return [];
  };
  server = await startApiOnDisk({ keys: await KeyRing.open(path), metricLog: { append }, metrics: { metrics, periods: async () => [] } });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  [appended, listed] = [0, 0];
});

const list = new ListMetricsCommand({});
const put = (data = 1) =>
  new PutMetricDataCommand({
    Namespace: 'A',
    MetricData: Array.from({ length: data }, (_, n) => ({ MetricName: `metric-${n}`, Value: 1 })),
  });

function clientOf({ id, secret }: { id: string; secret: string }, protocol: ProtocolName, more: object = {}) {
  return cloudWatchOf(server.api.url, protocol, { credentials: { accessKeyId: id, secretAccessKey: secret }, ...more });
}

async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => '',
    (error: unknown) => refusalOf(Promise.reject(error)).then(({ code }) => code),
  );
}

describe.each(protocolNames)('the client that speaks %s', (protocol) => {
  it.each([
    [writer, { put: '', list: 'AccessDenied' }],
    [reader, { put: 'AccessDenied', list: '' }],
    [owner, { put: '', list: '' }],
  ])('may do what the policy of $id allows', async (by, expected) => {
    const client = clientOf(by, protocol);
    expect({ put: await codeOf(client.send(put())), list: await codeOf(client.send(list)) }).toEqual(expected);
    expect([appended, listed]).toEqual([Number(expected.put === ''), Number(expected.list === '')]);
  });

  it('is refused with the codes that it knows', async () => {
    const denied = await refusalOf(clientOf(reader, protocol).send(put()));
    const message =
      'User: arn:aws:iam::123456789012:user/Ada is not authorized to perform: cloudwatch:PutMetricData because its key is read-only';
    expect(denied).toMatchObject({ code: 'AccessDenied', status: 403, message });
    const wrong = await refusalOf(clientOf({ ...owner, secret: 'another' }, protocol).send(list));
    expect(wrong).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403 });
    const nobody = await refusalOf(clientOf({ id: 'NOBODY', secret: 'x' }, protocol).send(list));
    expect(nobody).toMatchObject({ code: 'InvalidClientTokenId', status: 403 });
    expect(await codeOf(clientOf(owner, protocol).send(new DescribeAlarmsCommand({})))).toBe('InvalidAction');
  });

  it('is throttled beyond the rate of its key, with an error that it tries again after', async () => {
    const once = clientOf(slow, protocol);
    const codes = await Promise.all(Array.from({ length: 4 }, () => codeOf(once.send(list))));
    expect(codes).toContain('Throttling');
    expect(await codeOf(clientOf(slow, protocol, { maxAttempts: 10 }).send(list))).toBe('');
  });
});

it.each(['json', 'query'] as const)('a packed call of the client that speaks %s is signed as it is on the wire', async (protocol) => {
  expect(await codeOf(clientOf(writer, protocol).send(put(600)))).toBe('');
  expect(await codeOf(clientOf(reader, protocol).send(put(600)))).toBe('AccessDenied');
  expect(appended).toBe(1);
});

interface Sent {
  path?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
  method?: string;
}

/** Signed by ourselves, as SDKs do that sign no invocation ID. */
function signed({ path = '/', body = '', headers = {}, method = 'POST' }: Sent, by: Key, service = 'monitoring'): Record<string, string> {
  const date = wireDate(Date.now());
  const added = { ...headers, host: new URL(server.api.url).host, 'x-amz-date': date };
  const request = { method, url: path, headers: Object.entries(added) };
  const signedHeaders = Object.keys(added).sort();
  const scope = { date: date.slice(0, 8), region: 'us-east-1', service };
  const payloadHash = payloadHashOf(Buffer.from(body));
  const signature = signatureOf({ request, signedHeaders, payloadHash, scope, date }, by.secret).toString('hex');
  const credential = `Credential=${by.id}/${scope.date}/${scope.region}/${service}/${terminator}`;
  return { ...added, authorization: `${algorithm} ${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}` };
}

async function send(sent: Sent, by?: Key): Promise<string> {
  const { path = '/', body = '', headers = {}, method = 'POST' } = sent;
  const answer = await rawCall(`${server.api.url}${path}`, { method, body, headers: by === undefined ? headers : signed(sent, by) });
  const code = /<Code>(\w+)/.exec(answer.body)?.[1] ?? answer.headers['x-amzn-query-error'] ?? answer.headers['x-amzn-errortype'];
  return answer.status === 200 ? '' : (String(code).split(';')[0] ?? '');
}

async function repeatedSignatures(): Promise<number> {
  const { body } = await rawCall(`${server.api.url}/metrics`, { method: 'GET' });
  return Number(/^fluoroscope_api_repeated_metric_signatures_total (\d+)$/m.exec(body)?.[1]);
}

const writeForm = 'Namespace=A&MetricData.member.1.MetricName=x&MetricData.member.1.Value=1&Action=PutMetricData&Version=2010-08-01';
const listForm = 'Action=ListMetrics&Version=2010-08-01';
const target = (operation: string) => ({ 'x-amz-target': `GraniteServiceVersion20100801.${operation}` });
const cborPath = '/service/GraniteServiceVersion20100801/operation/';
const writeJson = '{"Namespace":"A","MetricData":[{"MetricName":"x","Value":1}]}';

describe('a call without a signature', () => {
  const calls: Record<string, Sent> = {
    'in JSON': { headers: target('ListMetrics'), body: '{}' },
    'in CBOR': { path: `${cborPath}ListMetrics`, body: Buffer.from('a0', 'hex') },
    'in a form': { body: listForm },
    'in a form that is packed': { body: gzipSync(listForm), headers: { 'content-encoding': 'gzip' } },
    'in the address': { path: `/?${listForm}` },
    'in the address of a GET': { path: `/?${listForm}`, method: 'GET' },
    'that writes in a form': { body: writeForm },
    'that writes in the address of a GET': { path: `/?${writeForm}`, method: 'GET' },
  };
  it.each(Object.entries(calls))('is refused %s', async (_where, call) => {
    expect(await send(call)).toBe('MissingAuthenticationToken');
    expect([appended, listed]).toEqual([0, 0]);
  });

  it('for what is not served is told so, as with every service', async () => {
    expect(await send({ body: 'Action=DescribeAlarms&Version=2010-08-01' })).toBe('InvalidAction');
    expect(await send({ body: 'Action=ListTopics&Version=2010-03-31' })).toBe('InvalidAction');
    expect(await send({ headers: target('DescribeAlarms'), body: '{}' })).toBe('InvalidAction');
  });
});

describe('a call that is signed', () => {
  it('does what its signature covers, wherever it says so', async () => {
    expect(await send({ body: listForm }, reader)).toBe('');
    expect(await send({ path: `/?${listForm}` }, reader)).toBe('');
    expect(await send({ path: `/?${listForm}`, method: 'GET' }, reader)).toBe('');
    expect(listed).toBe(3);
    const packed = { body: gzipSync(writeForm), headers: { 'content-encoding': 'gzip' } };
    expect(await send(packed, reader)).toBe('AccessDenied');
    expect(await send(packed, writer)).toBe('');
    expect(appended).toBe(1);
  });

  it('is never judged as one operation and answered as another', async () => {
    const several: Sent[] = [
      { path: `/?${listForm}`, body: writeForm },
      { headers: target('ListMetrics'), body: writeForm },
      { path: `/?${writeForm}`, headers: target('ListMetrics'), body: '{}' },
      { path: `${cborPath}ListMetrics?${writeForm}`, headers: target('PutMetricData'), body: Buffer.from('a0', 'hex') },
      { headers: { 'x-amz-target': 'CloudTrail_20131101.LookupEvents' }, body: writeForm },
      { headers: { 'smithy-protocol': 'rpc-v2-cbor' }, body: writeForm },
      { body: `Action=ListMetrics&${writeForm}` },
      { body: `Action=ListTopics&${writeForm}` },
      { body: `%41ction=PutMetricData&${listForm}&Namespace=A&MetricData.member.1.MetricName=x&MetricData.member.1.Value=1` },
    ];
    for (const call of several) await send(call, reader);
    expect(appended).toBe(0);
    for (const call of several) await send(call);
    expect([appended, listed <= several.length]).toEqual([0, true]);
  });

  it('may come twice with one signature: SDKs that sign no invocation ID make the same of two equal calls', async () => {
    const call = { headers: target('PutMetricData'), body: writeJson };
    const headers = signed(call, writer);
    const before = await repeatedSignatures();
    const answers = [];
    for (let n = 0; n < 2; n++) answers.push((await rawCall(server.api.url, { body: call.body, headers })).status);
    expect([answers, appended, await repeatedSignatures()]).toEqual([[200, 200], 2, before + 1]);
    const retry = { ...headers, 'amz-sdk-invocation-id': 'one' };
    for (let n = 0; n < 2; n++) await rawCall(server.api.url, { body: call.body, headers: retry });
    expect([appended, await repeatedSignatures()]).toEqual([3, before + 3]);
  });

  it('is no repeated signature to read twice, or to retry a write under an ID that is signed', async () => {
    const before = await repeatedSignatures();
    const calls = [
      { sent: { headers: target('ListMetrics'), body: '{}' }, by: reader },
      { sent: { headers: { ...target('PutMetricData'), 'amz-sdk-invocation-id': 'signed' }, body: writeJson }, by: writer },
    ];
    for (const { sent, by } of calls) {
      const headers = signed(sent, by);
      for (let n = 0; n < 2; n++) expect((await rawCall(server.api.url, { body: sent.body, headers })).status).toBe(200);
    }
    expect([listed, appended, await repeatedSignatures()]).toEqual([2, 1, before]);
  });

  it('must be signed for CloudWatch, and be what was signed', async () => {
    const call = { headers: target('PutMetricData'), body: writeJson };
    const headers = signed(call, owner);
    expect((await rawCall(server.api.url, { headers, body: writeJson.replace('1', '2') })).status).toBe(403);
    const forXray = await rawCall(server.api.url, { headers: signed(call, owner, 'xray'), body: writeJson });
    expect([forXray.status, forXray.body]).toEqual([403, expect.stringContaining("scoped to correct service: 'monitoring'")]);
    expect(appended).toBe(0);
  });
});
