/**
 * A log that the disk tore or damaged before the writer had read it: what is left is stored and in the graph, what is
 * gone is counted.
 */
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { inBatches } from '../fixtures/deliver.js';
import { Standalone } from '../fixtures/standalone.js';
import { generateTraffic } from '../fixtures/traffic.js';
import { expectEquations, expectStoredGraph, fate } from './equations.js';

const randomSeed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e6));
console.log(`log: random seed ${randomSeed}`);

let standalone: Standalone | null = null;
afterEach(async () => {
  await standalone?.remove();
  standalone = null;
});

describe.each([1, randomSeed])('seed %i', (seed) => {
  test('a torn end is cut off, and damage in the middle is skipped and counted', async () => {
    const chance = new Chance(seed);
    standalone = await Standalone.start();
    const { folder } = standalone;
    const stored = await putAll(standalone, seed);
    await standalone.settled();
    const path = lastFile(folder);
    const read = statSync(path).size;
    standalone.pause('writer');
    const unread = await putAll(standalone, seed + 1);
    await standalone.killTree();

    expect(lastFile(folder)).toBe(path);
    const bytes = readFileSync(path);
    // Both lie in what is unread, however much of the file that is, and more than a batch apart.
    const at = (share: number) => read + Math.floor(share * (bytes.length - read));
    const end = chance.between(at(0.8), bytes.length - 1);
    const place = chance.between(at(0.1), at(0.5));
    bytes[place] = (bytes[place] ?? 0) ^ 0x55;
    writeFileSync(path, bytes);
    truncateSync(path, end);

    standalone = await Standalone.start({ folder });
    const metrics = await standalone.settled();
    expectEquations(metrics);
    await expectStoredGraph(standalone, metrics);
    expect(fate(metrics, 'writer_lost')).toBeGreaterThan(0);
    expect(fate(metrics, 'writer_appended')).toBeLessThan(stored + unread);
    expect(fate(metrics, 'writer_appended')).toBeGreaterThan(stored);
    expect(statSync(path).size).toBeLessThanOrEqual(end);

    await putAll(standalone, seed + 2);
    const after = await standalone.settled();
    expectEquations(after);
    await expectStoredGraph(standalone, after);
    expect(fate(after, 'writer_lost')).toBe(fate(metrics, 'writer_lost'));
  });
});

/** How many were acknowledged. */
async function putAll(to: Standalone, seed: number): Promise<number> {
  const { texts } = generateTraffic(seed, { nowSeconds: Math.floor(Date.now() / 1000) - 20, traces: 40 });
  for (const batch of inBatches(texts, seed, 20)) expect(await to.put(batch)).toEqual({ status: 200, unprocessed: [] });
  return texts.length;
}

function lastFile(folder: string): string {
  const names = readdirSync(join(folder, 'log')).filter((name) => name.endsWith('.log'));
  return join(folder, 'log', names.sort().at(-1) ?? '');
}
