/**
 * The logs on a disk that is full: datagrams are spilled over and counted, PutTraceSegments says ThrottledException, an edit
 * is refused, the process lives and says why, and takes data again once there is room. Needs small file systems of its own, so
 * root that may mount.
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
const ballast = 'ballast';
/** How long to wait for what must come. */
const patientMs = 60_000;

const folder = await temporaryFolder();
const folders = [join(folder, 'log'), join(folder, 'control')];
const problem = folders.map(mount).find((refusal) => refusal !== null) ?? null;
if (problem !== null) console.log(`full disk: no small file system can be mounted here (${problem})`);

test.skipIf(problem !== null)('a full disk is said, counted and survived', async () => {
  const standalone = await Standalone.start({ folder });
  try {
    await standalone.sendDocuments(texts(0));
    expectEquations(await standalone.settled());

    for (const one of folders) fill(one);
    await expect(put(standalone, texts(1_000).slice(0, 50))).rejects.toBeInstanceOf(ThrottledException);
    await standalone.sendDocuments(texts(2_000));
    await expect.poll(async () => fate(await standalone.metrics(), 'daemon_spilled_over'), { timeout: patientMs }).toBe(documents);
    expect(await editPlaces(standalone)).toBe(503);
    const parts = { log: 'the disk is full', 'control log': 'the disk is full' };
    await expect.poll(() => standalone.health()).toMatchObject({ status: 200, body: { status: 'degraded', parts } });

    for (const one of folders) rmSync(join(one, ballast));
    await expect.poll(() => put(standalone, texts(1_000).slice(0, 50)).then(() => 'taken', String), { timeout: patientMs }).toBe('taken');
    await standalone.sendDocuments(texts(3_000));
    const metrics = await standalone.settled();
    expectEquations(metrics);
    expect(fate(metrics, 'daemon_appended')).toBe(2 * documents);
    expect(fate(metrics, 'writer_stored')).toBe(2 * documents + 50);
    await expectStoredGraph(standalone, metrics);
    expect(fate(metrics, 'log_refused_by_disk')).toBeGreaterThan(0);
    expect(await editPlaces(standalone)).toBe(200);
    await expect.poll(() => standalone.health()).toMatchObject({ body: { status: 'ok' } });
    expect((await standalone.stop()).code).toBe(0);
  } finally {
    await standalone.killTree();
    for (const one of folders) spawnSync('umount', ['-l', one]);
    await standalone.remove();
  }
});

test.runIf(problem !== null)('the folder is removed where nothing could be mounted', async () => {
  await rm(folder, { recursive: true });
});

/** Null, or why not. */
function mount(path: string): string | null {
  mkdirSync(path);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', path], { encoding: 'utf8' });
  return mounted.status === 0 ? null : (mounted.stderr ?? String(mounted.error)).trim();
}

/** Takes all room that is left. */
function fill(path: string): void {
  const { bavail, bsize } = statfsSync(path);
  writeFileSync(join(path, ballast), Buffer.alloc(bavail * bsize));
}

async function editPlaces({ httpUrl }: Standalone): Promise<number> {
  // Longer than what is left of the last block.
  const changes = Array.from({ length: 100 }, (_, n) => ({ node: `node ${n} ${'x'.repeat(100)}`, x: n, y: 0, pinned: true }));
  return (await fetch(`${httpUrl}/api/map/places`, { method: 'PUT', body: JSON.stringify({ changes }) })).status;
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
