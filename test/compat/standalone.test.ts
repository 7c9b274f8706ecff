/**
 * The unmodified X-Ray SDK sends to the whole product, and the official AWS client reads it back: every operation, every
 * modelled error as its own class, and every packet that was recorded of real SDKs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  BatchGetTracesCommand,
  GetSamplingRulesCommand,
  GetSamplingTargetsCommand,
  GetServiceGraphCommand,
  GetTraceGraphCommand,
  GetTraceSummariesCommand,
  InvalidRequestException,
  PutTraceSegmentsCommand,
  type Service,
  type TraceSummary,
  type XRayClient,
} from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { datagramOf, packetsRecordedAtSeconds, type SdkPacket, sdkPackets } from '../fixtures/packets.js';
import { Standalone } from '../fixtures/standalone.js';
import { clientOf } from './api-on-disk.js';

/** More than one page of summaries. */
const requests = 120;
const app = fileURLToPath(new URL('sdk-app.cjs', import.meta.url));
const python = fileURLToPath(new URL('read-back.py', import.meta.url));
const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;
if (!hasBoto3) console.log('compat: python3 with boto3 is not here, so it was not tried');

let standalone: Standalone;
let client: XRayClient;
const range = () => ({ StartTime: new Date(Date.now() - 600_000), EndTime: new Date(Date.now() + 5_000) });

beforeAll(async () => {
  standalone = await Standalone.start();
  client = clientOf(standalone.httpUrl);
  const sdk = spawn(process.execPath, [app, String(requests)], {
    env: { ...process.env, AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${standalone.xrayPort}` },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  expect((await once(sdk, 'exit'))[0]).toBe(0);
  await standalone.settled();
});
afterAll(async () => {
  client?.destroy();
  await standalone?.remove();
});

async function summaries(): Promise<{ found: TraceSummary[]; pages: number }> {
  const found: TraceSummary[] = [];
  /** A token belongs to one range. */
  const fixed = range();
  let pages = 0;
  for (let token: string | undefined, first = true; first || token !== undefined; first = false, pages++) {
    const page = await client.send(new GetTraceSummariesCommand({ ...fixed, ...(token === undefined ? {} : { NextToken: token }) }));
    found.push(...(page.TraceSummaries ?? []));
    token = page.NextToken;
  }
  return { found, pages };
}
function edgesOf(services: readonly Service[] | undefined): string[] {
  const byId = new Map(services?.map((service) => [service.ReferenceId, service]));
  return (services ?? []).flatMap(({ Name, Type, Edges = [] }) =>
    Edges.map((edge) => `${Name} (${Type}) > ${byId.get(edge.ReferenceId)?.Name} ${edge.SummaryStatistics?.TotalCount}`),
  );
}

describe('an app with the unmodified aws-xray-sdk-core', () => {
  test('has its service graph, with the http capture between its two servers as an edge', async () => {
    const { Services } = await client.send(new GetServiceGraphCommand(range()));
    expect(edgesOf(Services).sort()).toEqual([
      `back (undefined) > orders-table ${requests}`,
      `front (client) > front ${requests}`,
      `front (undefined) > back ${requests}`,
    ]);
    const front = Services?.find(({ Name, Type }) => Name === 'front' && Type !== 'client');
    expect(front?.SummaryStatistics?.OkCount).toBe(requests);
    expect(front?.ResponseTimeHistogram?.length).toBeGreaterThan(0);
    expect(Services?.find(({ Name }) => Name === 'orders-table')?.Type).toBe('AWS::DynamoDB::Table');
  });

  test('has a summary for every trace, its whole traces, and their graph', async () => {
    const { found, pages } = await summaries();
    expect(pages).toBeGreaterThan(1);
    expect(found).toHaveLength(requests);
    expect(found[0]).toMatchObject({ HasFault: false, HasError: false, Http: { HttpStatus: 200, HttpMethod: 'GET' } });
    expect(found[0]?.Annotations?.tier?.[0]?.AnnotationValue).toEqual({ StringValue: 'gold' });
    const TraceIds = found.map(({ Id }) => Id ?? '');
    const { Traces, UnprocessedTraceIds } = await client.send(new BatchGetTracesCommand({ TraceIds: TraceIds.slice(0, 5) }));
    expect(UnprocessedTraceIds).toEqual([]);
    for (const { Segments } of Traces ?? []) {
      const names = Segments?.map(({ Document }) => JSON.parse(Document ?? '').name).sort();
      expect(names).toEqual(['DynamoDB', 'back', 'front']);
    }
    const { Services } = await client.send(new GetTraceGraphCommand({ TraceIds: TraceIds.slice(0, 1) }));
    expect(edgesOf(Services).sort()).toEqual([
      'back (undefined) > orders-table 1',
      'front (client) > front 1',
      'front (undefined) > back 1',
    ]);
  });

  test('gets the default sampling rule, and targets for what it reports', async () => {
    const { SamplingRuleRecords } = await client.send(new GetSamplingRulesCommand({}));
    expect(SamplingRuleRecords?.map(({ SamplingRule }) => SamplingRule?.RuleName)).toEqual(['Default']);
    const report = { ClientID: '0123456789abcdef01234567', RuleName: 'Default', Timestamp: new Date(), RequestCount: 10, SampledCount: 1 };
    const { SamplingTargetDocuments, UnprocessedStatistics } = await client.send(
      new GetSamplingTargetsCommand({ SamplingStatisticsDocuments: [report, { ...report, RuleName: 'nobody' }] }),
    );
    expect(SamplingTargetDocuments?.map(({ RuleName }) => RuleName)).toEqual(['Default']);
    expect(UnprocessedStatistics?.map(({ RuleName }) => RuleName)).toEqual(['nobody']);
  });

  test('meets errors as their own classes', async () => {
    const backwards = { StartTime: new Date(), EndTime: new Date(0) };
    await expect(client.send(new GetServiceGraphCommand(backwards))).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(client.send(new GetTraceSummariesCommand(backwards))).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(client.send(new BatchGetTracesCommand({ TraceIds: [] }))).rejects.toBeInstanceOf(InvalidRequestException);
    const { UnprocessedTraceSegments } = await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: ['{"id":"no"}'] }));
    expect(UnprocessedTraceSegments?.[0]).toMatchObject({ Id: 'no', ErrorCode: 'InvalidId' });
  });
});

describe('every recorded packet of real SDKs', () => {
  test('is stored, and read back as it was sent', async () => {
    const packets = sdkPackets().map(shifted);
    const before = (await standalone.settled()).get('fluoroscope_daemon_appended_total') ?? 0;
    await standalone.sendDatagrams(packets.map(datagramOf));
    await expect.poll(async () => (await standalone.metrics()).get('fluoroscope_daemon_appended_total')).toBe(before + packets.length);
    await standalone.settled();
    const latest = new Map(packets.map(({ document }) => [`${document.trace_id} ${document.id}`, document]));
    const traceIds = [...new Set(packets.map(({ document }) => String(document.trace_id)))];
    const stored = (await standalone.storedDocuments()).map((text): Record<string, unknown> => JSON.parse(text));
    for (const [key, document] of latest) expect(stored.find(({ trace_id, id }) => `${trace_id} ${id}` === key)).toEqual(document);
    for (let at = 0; at < traceIds.length; at += 5) {
      const TraceIds = traceIds.slice(at, at + 5);
      const { Traces } = await client.send(new BatchGetTracesCommand({ TraceIds }));
      expect(Traces?.map(({ Id }) => Id).sort()).toEqual(TraceIds.sort());
    }
  });
});

test.skipIf(!hasBoto3)('boto3 reads the same', async () => {
  const env = { ...process.env, AWS_ENDPOINT_URL_XRAY: standalone.httpUrl, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  const read = spawnSync('python3', [python], { env: { ...env, AWS_DEFAULT_REGION: 'us-east-1' }, encoding: 'utf8' });
  expect(read.stderr).toBe('');
  const answer: { services: string[]; traces: number; error: string; throughFront: number; filterError: string } = JSON.parse(read.stdout);
  expect(answer.services).toEqual(expect.arrayContaining(['front', 'back', 'orders-table']));
  expect(answer.traces).toBeGreaterThanOrEqual(requests);
  expect(answer.error).toBe('InvalidRequestException');
  expect(answer.throughFront).toBeGreaterThanOrEqual(requests);
  expect(answer.throughFront).toBeLessThanOrEqual(answer.traces);
  expect(answer.filterError).toContain('at character 9: expected ), a service name or id, found the end');
});

/** As if it had been recorded just now: every time, at any depth. */
function shifted(packet: SdkPacket): SdkPacket {
  const bySeconds = Math.floor(Date.now() / 1000) - packetsRecordedAtSeconds - 30;
  const text = JSON.stringify(packet.document, (name, value: unknown) =>
    (name === 'start_time' || name === 'end_time') && typeof value === 'number' ? value + bySeconds : value,
  );
  return { ...packet, document: JSON.parse(text) };
}
