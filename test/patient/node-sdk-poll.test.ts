/**
 * The X-Ray SDK for Node reads the rules every five minutes, and nothing makes it hurry: it takes the time of their last change
 * for one in 1970. So the test waits as long; `verify` runs it beside the others.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CreateSamplingRuleCommand } from '@aws-sdk/client-xray';
import { expect, test } from 'vitest';
import { clientOf } from '../compat/api-on-disk.js';
import { Standalone } from '../fixtures/standalone.js';

const app = fileURLToPath(new URL('../compat/sampling-app.cjs', import.meta.url));
/** Few, so that those who run beside it keep the machine. */
const millisecondsPerRequest = '200';
const soonMs = 60_000;
/** The SDK's five minutes, and what a busy machine adds. */
const pollMs = 420_000;

test('a running app with the X-Ray SDK for Node meets a rule that is new, without a restart', async () => {
  const standalone = await Standalone.start();
  const client = clientOf(standalone.httpUrl);
  const env = { ...process.env, AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${standalone.xrayPort}` };
  const child = spawn(process.execPath, [app, 'patient', millisecondsPerRequest], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let requests = 0;
  let sampled = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    [requests = 0, sampled = 0] = chunk.toString().trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  });
  try {
    await expect.poll(() => requests > 2 && sampled < requests, { timeout: soonMs, interval: 250 }).toBe(true);
    const patterns = { ResourceARN: '*', ServiceType: '*', Host: '*', HTTPMethod: '*', URLPath: '*', ServiceName: 'patient' };
    const SamplingRule = { RuleName: 'all', Priority: 1, Version: 1, FixedRate: 1, ReservoirSize: 0, ...patterns };
    await client.send(new CreateSamplingRuleCommand({ SamplingRule }));
    await expect.poll(() => requests > 2 && sampled === requests, { timeout: pollMs, interval: 1_000 }).toBe(true);
  } finally {
    child.kill('SIGKILL');
    client.destroy();
    await standalone.remove();
  }
});
