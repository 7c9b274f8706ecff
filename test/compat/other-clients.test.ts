/**
 * Clients that nobody here wrote, besides the X-Ray and AWS SDKs for Node and Python: Express and PostgreSQL as the X-Ray SDK captures
 * them, OpenTelemetry's sampler and propagator for X-Ray, and the X-Ray SDKs for Go and Java. All of it with `FLUOROSCOPE_AUTH=sigv4`:
 * the X-Ray port takes what is not signed, and the API what the AWS SDKs for Go and Java sign. What is not on the machine, or
 * what its registries do not give, is named, and not tried.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BatchGetTracesCommand,
  CreateSamplingRuleCommand,
  GetServiceGraphCommand,
  UpdateSamplingRuleCommand,
  XRayClient,
} from '@aws-sdk/client-xray';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';

const clients = fileURLToPath(new URL('clients', import.meta.url));
/** Compilers that have nothing of the SDK yet. */
const buildMs = 400_000;
/** OpenTelemetry's sampler asks for its targets every ten seconds. */
const reactionMs = 60_000;
const soon = { timeout: 30_000, interval: 250 };
const owner = { id: 'OWNER', secret: 'the-secret-of-the-owner', policy: 'full' };
const writer = { id: 'WRITER', secret: 'the-secret-of-the-writer', policy: 'write-only' };

let standalone: Standalone;
let client: XRayClient;
let environment: NodeJS.ProcessEnv;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fluoroscope-clients-'));
  const keysFile = join(folder, 'keys.json');
  await writeFile(keysFile, JSON.stringify({ keys: [owner, writer] }), { mode: 0o600 });
  standalone = await Standalone.start({ env: { FLUOROSCOPE_AUTH: 'sigv4', FLUOROSCOPE_KEYS_FILE: keysFile } });
  const credentials = { accessKeyId: owner.id, secretAccessKey: owner.secret };
  client = new XRayClient({ endpoint: standalone.httpUrl, region: 'eu-west-1', maxAttempts: 1, credentials });
  environment = {
    ...process.env,
    AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${standalone.xrayPort}`,
    AWS_ENDPOINT_URL_XRAY: standalone.httpUrl,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: writer.id,
    AWS_SECRET_ACCESS_KEY: writer.secret,
  };
});
afterAll(async () => {
  client?.destroy();
  await standalone?.remove();
  await rm(folder, { recursive: true, force: true });
});

test('an Express app that asks PostgreSQL is a service, and its database a node that it calls', async () => {
  await finish(spawn(process.execPath, [join(clients, 'express-app.cjs')], { env: environment, stdio: 'inherit' }));
  await expect.poll(callsOf('express-shop'), soon).toEqual({
    service: { ok: 2, error: 1, fault: 0, total: 3 },
    calls: ['orders@127.0.0.1 (Database::SQL) 3'],
  });
});

test('OpenTelemetry samples by our rules, and its trace goes on in an app with the X-Ray SDK', async () => {
  const patterns = { ResourceARN: '*', ServiceType: '*', Host: '*', HTTPMethod: '*', URLPath: '*', ServiceName: 'otel' };
  const SamplingRule = { RuleName: 'otel', Priority: 5, Version: 1, FixedRate: 0, ReservoirSize: 0, ...patterns };
  await client.send(new CreateSamplingRuleCommand({ SamplingRule }));
  const app = spawn(process.execPath, [join(clients, 'otel-app.cjs')], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  let [requests, sampled, span] = [0, 0, ''];
  app.stdout.on('data', (chunk: Buffer) => {
    const words = chunk.toString().trim().split('\n').at(-1)?.split(' ') ?? [];
    [requests, sampled, span] = [Number(words[0]), Number(words[1]), words[2] ?? ''];
  });
  try {
    await expect.poll(() => requests > 5 && sampled === 0, { timeout: reactionMs, interval: 250 }).toBe(true);
    await client.send(new UpdateSamplingRuleCommand({ SamplingRuleUpdate: { RuleName: 'otel', FixedRate: 1 } }));
    await expect.poll(() => requests > 5 && sampled === requests, { timeout: reactionMs, interval: 250 }).toBe(true);
    const [traceId = '', spanId = ''] = span.split('/');
    await expect
      .poll(async () => (await documentsOf(traceId)).map(({ name, parent_id }) => [name, parent_id]), soon)
      .toEqual([['behind', spanId]]);
  } finally {
    app.kill('SIGKILL');
  }
}, 180_000);

test(
  'the X-Ray SDK for Go calls a server of its own, and the AWS SDK for Go signs',
  async (context) => {
    const program = join(folder, 'go-app');
    const isMade = await made('go', ['mod', 'download'], 'go');
    if (!isMade) return context.skip('the Go toolchain is not here, or its modules are not to be had');
    await finish(spawn('go', ['build', '-o', program, '.'], { cwd: join(folder, 'go'), stdio: ['ignore', 'ignore', 'inherit'] }));
    await finish(spawn(program, { env: environment, stdio: 'ignore' }));
    await expect.poll(callsOf('go-front'), soon).toEqual({
      service: { ok: 3, error: 0, fault: 0, total: 3 },
      calls: ['go-back (unknown) 3'],
    });
    await expect.poll(callsOf('go-back'), soon).toMatchObject({ service: { ok: 2, error: 1, fault: 0, total: 3 } });
    await expect.poll(callsOf('go-signed'), soon).toMatchObject({ service: { ok: 1, total: 1 } });
  },
  buildMs,
);

test(
  'the X-Ray SDK for Java calls a table of DynamoDB, its exception is kept, and the AWS SDK for Java signs',
  async (context) => {
    const list = join(folder, 'classpath');
    const isMade = await made('mvn', ['-q', '-B', 'dependency:build-classpath', `-Dmdep.outputFile=${list}`], 'java');
    if (!isMade) return context.skip('Maven is not here, or the SDK is not to be had');
    const classpath = await readFile(list, 'utf8');
    await finish(spawn('java', ['-cp', classpath, join(clients, 'java/App.java')], { env: environment, stdio: 'ignore' }));
    await expect.poll(callsOf('java-front'), soon).toEqual({
      service: { ok: 2, error: 0, fault: 1, total: 3 },
      calls: ['java-orders (AWS::DynamoDB::Table) 3'],
    });
    await expect.poll(callsOf('java-signed'), soon).toMatchObject({ service: { ok: 1, total: 1 } });
  },
  buildMs,
);

/** Has a tool of another language fetch the SDK, in a copy of its folder; false when the tool or the SDK is not to be had. */
async function made(command: string, words: string[], of: string): Promise<boolean> {
  const cwd = join(folder, of);
  await cp(join(clients, of), cwd, { recursive: true });
  const tool = spawn(command, words, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await Promise.race([once(tool, 'exit').then(([status]) => status as number), once(tool, 'error').then(() => -1)]);
  if (code !== 0) console.log(`compat: ${command} ended with ${code}, so the X-Ray SDK of that language was not tried`);
  return code === 0;
}

async function finish(app: ChildProcess): Promise<void> {
  expect((await once(app, 'exit'))[0]).toBe(0);
}

/** What the graph says of a service, and of the calls that it makes. */
function callsOf(name: string): () => Promise<{ service: object | null; calls: string[] }> {
  return async () => {
    const range = { StartTime: new Date(Date.now() - 600_000), EndTime: new Date(Date.now() + 5_000) };
    const { Services = [] } = await client.send(new GetServiceGraphCommand(range));
    const service = Services.find(({ Name, Type }) => Name === name && Type !== 'client');
    const calls = (service?.Edges ?? []).map(({ ReferenceId, SummaryStatistics }) => {
      const called = Services.find((other) => other.ReferenceId === ReferenceId);
      return `${called?.Name} (${called?.Type ?? 'unknown'}) ${SummaryStatistics?.TotalCount}`;
    });
    const counts = service?.SummaryStatistics;
    if (counts === undefined) return { service: null, calls };
    const { OkCount: ok, ErrorStatistics, FaultStatistics, TotalCount: total } = counts;
    return { service: { ok, error: ErrorStatistics?.TotalCount, fault: FaultStatistics?.TotalCount, total }, calls };
  };
}

async function documentsOf(traceId: string): Promise<SegmentDocument[]> {
  const { Traces } = await client.send(new BatchGetTracesCommand({ TraceIds: [traceId] }));
  return (Traces?.[0]?.Segments ?? []).map(({ Document }) => JSON.parse(Document ?? '{}') as SegmentDocument);
}
