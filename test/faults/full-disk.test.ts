/**
 * The log on a disk that is full: datagrams are spilled over and counted, PutTraceSegments says ThrottledException, the
 * process lives, and takes data again once there is room. Needs a small file system of its own, so root that may mount.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PutTraceSegmentsCommand, ThrottledException, XRayClient } from '@aws-sdk/client-xray';
import { expect, test } from 'vitest';
import { Standalone, temporaryFolder } from '../fixtures/standalone.js';
import { expectEquations, expectStoredGraph, fate } from './equations.js';

const diskBytes = 4 * 1024 * 1024;
const documents = 200;

const folder = await temporaryFolder();
const logFolder = join(folder, 'log');
mkdirSync(logFolder);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', logFolder], { encoding: 'utf8' });
const problem = mounted.status === 0 ? null : (mounted.stderr ?? String(mounted.error)).trim();
if (problem !== null) console.log(`full disk: no small file system can be mounted here (${problem})`);

test.skipIf(problem !== null)('a full disk is said, counted and survived', async () => {
  const standalone = await Standalone.start({ folder });
  try {
    await standalone.sendDocuments(texts(0));
    expectEquations(await standalone.settled());

    const ballast = join(logFolder, 'ballast');
    fill(ballast);
    await expect(put(standalone, texts(1_000).slice(0, 50))).rejects.toBeInstanceOf(ThrottledException);
    await standalone.sendDocuments(texts(2_000));
    await expect.poll(async () => fate(await standalone.metrics(), 'daemon_spilled_over'), { timeout: 10_000 }).toBe(documents);
    expect((await standalone.health()).status).toBe(200);

    rmSync(ballast);
    await expect.poll(() => put(standalone, texts(1_000).slice(0, 50)).then(() => 'taken', String), { timeout: 10_000 }).toBe('taken');
    await standalone.sendDocuments(texts(3_000));
    const metrics = await standalone.settled();
    expectEquations(metrics);
    expect(fate(metrics, 'daemon_appended')).toBe(2 * documents);
    expect(fate(metrics, 'writer_stored')).toBe(2 * documents + 50);
    await expectStoredGraph(standalone, metrics);
    expect((await standalone.stop()).code).toBe(0);
  } finally {
    await standalone.killTree();
    spawnSync('umount', ['-l', logFolder]);
    await standalone.remove();
  }
});

test.runIf(problem !== null)('the folder is removed where nothing could be mounted', async () => {
  await rm(folder, { recursive: true });
});

/** Takes all room that is left. */
function fill(path: string): void {
  const { bavail, bsize } = statfsSync(logFolder);
  writeFileSync(path, Buffer.alloc(bavail * bsize));
}

async function put({ httpUrl }: Standalone, TraceSegmentDocuments: string[]): Promise<void> {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = new XRayClient({ endpoint: httpUrl, region: 'us-east-1', maxAttempts: 1, credentials });
  await client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments })).finally(() => client.destroy());
}

/** Distinct segments of 2 KB. */
function texts(first: number): string[] {
  const start_time = Math.floor(Date.now() / 1000) - 30;
  return Array.from({ length: documents }, (_, n) => {
    const id = (first + n + 1).toString(16).padStart(16, '0');
    const trace_id = `1-${start_time.toString(16)}-${id.padStart(24, '0')}`;
    const metadata = { default: { text: 'x'.repeat(2_000) } };
    return JSON.stringify({ trace_id, id, name: 'disk', start_time, end_time: start_time + 1, metadata });
  });
}
