/**
 * kill -9 of ClickHouse at its worst moment: a part is written, and its rename into place is about to happen. ClickHouse's own
 * deduplication loses rows there; the log and the facts' identities do not. With strace the moment is met exactly, once for
 * each table of a batch; without it, kills at random times during inserts stand in.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { deliver, inBatches } from '../fixtures/deliver.js';
import { Standalone } from '../fixtures/standalone.js';
import { generateTraffic, type Traffic } from '../fixtures/traffic.js';
import { expectEquations, expectSameGraph, expectStoredGraph, fate, storedGraph } from './equations.js';

const randomSeed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`dedup window: random seed ${randomSeed}`);

const isExact = canTrace();
const how = isExact ? 'as it renames a written part (strace)' : 'at random times during inserts (strace is missing)';
/** Which rename of a thread: touched, then entities and relations, then documents, then a slice. */
const renames = [1, 2, 3, 4, 5];
const renameCalls = 'rename,renameat,renameat2';
const killedLimitMs = 60_000;
const randomKills = 6;

let standalone: Standalone | null = null;
afterEach(async () => {
  await standalone?.remove();
  standalone = null;
});

test.each([1, randomSeed])(`ClickHouse killed ${how}: nothing that was acknowledged is missing or doubled (seed %i)`, async (seed) => {
  standalone = await Standalone.start();
  const nowSeconds = Math.floor(Date.now() / 1000) - 20;
  const traffic = generateTraffic(seed, { nowSeconds, traces: 120, announcedShare: 0.1, orphanShare: 0.02 });
  const parts = splitEvenly(deliver(traffic.texts, seed, { duplicates: 0.1, reorder: 0.2 }), isExact ? renames.length : randomKills);
  for (const [at, part] of parts.entries()) {
    if (isExact) await killAtRename(standalone, renames[at] ?? 1, part);
    else await killAtRandom(standalone, at, part);
  }
  await expectTruth(standalone, traffic);
});

/** ClickHouse dies on entering the n-th rename of one of its threads, before the rename has happened. */
async function killAtRename(installation: Standalone, n: number, texts: readonly string[]): Promise<void> {
  await untilEngineRuns(installation);
  const victim = installation.pids().engine;
  const inject = `inject=${renameCalls}:error=EIO:signal=KILL:when=${n}`;
  const tracer = spawn('strace', ['-f', '-p', String(victim), '-e', `trace=${renameCalls}`, '-e', inject]);
  const said = outputOf(tracer);
  await expect.poll(said, { timeout: killedLimitMs }).toContain('attached');
  const gone = once(tracer, 'exit');
  for (const batch of inBatches(texts, texts.length, 25)) {
    expect(await installation.put(batch)).toEqual({ status: 200, unprocessed: [] });
    await sleep(20);
  }
  await Promise.race([gone, sleep(killedLimitMs)]);
  expect(said()).toContain('killed by SIGKILL');
  expect(said()).toContain('tmp_');
  expect(installation.pids().engine).not.toBe(victim);
}

async function killAtRandom(installation: Standalone, at: number, texts: readonly string[]): Promise<void> {
  await untilEngineRuns(installation);
  for (const batch of inBatches(texts, texts.length, 25)) expect(await installation.put(batch)).toEqual({ status: 200, unprocessed: [] });
  await sleep(new Chance(at + texts.length).between(900, 1_300)); // a batch is inserted when it is a second old
  await installation.kill('engine');
}

async function untilEngineRuns(installation: Standalone): Promise<void> {
  await expect.poll(() => installation.pids().engine, { timeout: killedLimitMs }).not.toBeNull();
  await expect.poll(async () => (await installation.health()).body.parts.clickhouse, { timeout: killedLimitMs }).toBe('ok');
}

async function expectTruth(installation: Standalone, traffic: Traffic): Promise<void> {
  const metrics = await installation.settled();
  expectEquations(metrics);
  expect(fate(metrics, 'writer_stored')).toBe(new Set(traffic.documents.map(({ trace_id, id }) => `${trace_id} ${id}`)).size);
  await expectStoredGraph(installation, metrics);
  expectSameGraph(await storedGraph(installation), traffic.graph);
}

function outputOf(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  return () => text;
}

function splitEvenly<Item>(items: readonly Item[], parts: number): Item[][] {
  const size = Math.ceil(items.length / parts);
  return Array.from({ length: parts }, (_, at) => items.slice(at * size, (at + 1) * size));
}

/** There is a strace, and it may look at our processes. */
function canTrace(): boolean {
  return spawnSync('strace', ['-e', 'trace=none', '--', process.execPath, '--version']).status === 0;
}
