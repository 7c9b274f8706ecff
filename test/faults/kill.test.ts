/**
 * kill -9 under load, again and again: the writer, the embedded ClickHouse, and the whole tree. What was acknowledged is
 * there afterwards, everything is counted once, and the stored graph is exactly that of the stored documents.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { afterEach, describe, expect, test } from 'vitest';
import { Chance } from '../fixtures/chance.js';
import { deliver, inBatches } from '../fixtures/deliver.js';
import { Standalone } from '../fixtures/standalone.js';
import { generateTraffic, type Traffic } from '../fixtures/traffic.js';
import { expectEquations, expectSameGraph, expectStoredGraph, fate, storedGraph } from './equations.js';

const randomSeed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e6));
const seeds = [1, randomSeed];
console.log(`kill: random seed ${randomSeed}`);

/** Traffic lies this far back, so that its slices are closed and nothing waits for their end. */
const quietSeconds = 20;
const kills = 3;
const putShare = 0.4;
const documentsPerPut = 30;
/** Between two sends and between two kills, so that kills meet every phase of a batch. */
const mostPauseMs = 30;
const mostBetweenKillsMs = 700;
/** How long to wait for what must come. */
const patientMs = 60_000;

let standalone: Standalone | null = null;
afterEach(async () => {
  await standalone?.remove();
  standalone = null;
});

describe.each(seeds)('seed %i', (seed) => {
  test('kill -9 of the writer, and then of the whole tree while it is quiet, loses nothing and counts nothing twice', async () => {
    standalone = await Standalone.start();
    const traffic = trafficOf(seed);
    const load = new Load(standalone, seed);
    await Promise.all([load.send(traffic.texts), killRepeatedly(standalone, 'writer', seed)]);
    await expectAllAppended(standalone, load);
    await standalone.killTree();
    standalone = await startAgain(standalone);
    await expectTruth(standalone, traffic, load);
  });

  test('kill -9 of ClickHouse loses nothing and counts nothing twice', async () => {
    standalone = await Standalone.start();
    const traffic = trafficOf(seed + 1);
    const load = new Load(standalone, seed);
    await Promise.all([load.send(traffic.texts), killRepeatedly(standalone, 'engine', seed)]);
    await expectAllAppended(standalone, load);
    await expectTruth(standalone, traffic, load);
  });

  test('kill -9 of the whole tree keeps what was acknowledged, and what it keeps is exact', async () => {
    const { texts } = trafficOf(seed + 2);
    const parts = inBatches(texts, seed, Math.ceil(texts.length / 2));
    const acknowledged = new Set<string>();
    standalone = await Standalone.start();
    for (const part of parts) {
      const load = new Load(standalone, seed, acknowledged);
      const sending = load.send(part);
      await sleep(new Chance(seed).between(100, mostBetweenKillsMs));
      await standalone.killTree();
      await sending;
      standalone = await startAgain(standalone);
    }
    const metrics = await standalone.settled();
    expectEquations(metrics);
    const documents = await expectStoredGraph(standalone, metrics);
    expectAcknowledged(acknowledged, documents);
    expect((await standalone.stop()).code).toBe(0);
  });
});

/** Sends as apps do: datagrams, and in between PutTraceSegments until it is acknowledged. */
class Load {
  datagrams = 0;
  private readonly chance: Chance;

  constructor(
    private readonly to: Standalone,
    seed: number,
    readonly acknowledged = new Set<string>(),
  ) {
    this.chance = new Chance(seed);
  }

  async send(texts: readonly string[]): Promise<void> {
    const delivered = deliver(texts, this.chance.between(1, 1e6), { duplicates: 0.05, reorder: 0.2 });
    for (const batch of inBatches(delivered, this.chance.between(1, 1e6), documentsPerPut)) {
      if (this.to.isGone()) return;
      if (this.acknowledged.size === 0 || this.chance.hit(putShare)) await this.put(batch);
      else await this.sendDatagrams(batch);
      await sleep(this.chance.between(0, mostPauseMs));
    }
  }

  private async put(batch: readonly string[]): Promise<void> {
    const answer = await this.to.put(batch).catch(() => null); // the tree was killed before it answered
    if (answer === null) return;
    expect(answer).toEqual({ status: 200, unprocessed: [] });
    for (const text of batch) this.acknowledged.add(text);
  }

  private async sendDatagrams(batch: readonly string[]): Promise<void> {
    this.datagrams += batch.length;
    await this.to.sendDocuments(batch);
  }
}

function trafficOf(seed: number): Traffic {
  const nowSeconds = Math.floor(Date.now() / 1000) - quietSeconds;
  return generateTraffic(seed, {
    nowSeconds,
    traces: 150,
    announcedShare: 0.1,
    unfinishedShare: 0.02,
    orphanShare: 0.02,
    linkedShare: 0.1,
  });
}

async function killRepeatedly(victim: Standalone, which: 'writer' | 'engine', seed: number): Promise<void> {
  const chance = new Chance(seed);
  for (let kill = 0; kill < kills; kill++) {
    await sleep(chance.between(50, mostBetweenKillsMs));
    await victim.kill(which);
  }
}

function startAgain({ folder }: Standalone): Promise<Standalone> {
  return Standalone.start({ folder });
}

/** Every datagram is in the log; the writer may still be behind. */
async function expectAllAppended(installation: Standalone, { datagrams }: Load): Promise<void> {
  await expect.poll(async () => fate(await installation.metrics(), 'daemon_appended'), { timeout: patientMs }).toBe(datagrams);
}

async function expectTruth(installation: Standalone, traffic: Traffic, load: Load): Promise<void> {
  const metrics = await installation.settled();
  expectEquations(metrics);
  const documents = await expectStoredGraph(installation, metrics);
  expectAcknowledged(load.acknowledged, documents);
  expectSameGraph(await storedGraph(installation), traffic.graph);
  expect((await installation.health()).body.status).toBe('ok');
}

/** A document that was acknowledged is stored, in this version or a later one. */
function expectAcknowledged(acknowledged: ReadonlySet<string>, stored: readonly SegmentDocument[]): void {
  expect(acknowledged.size).toBeGreaterThan(0);
  const identities = new Set(stored.map(({ trace_id, id }) => `${trace_id} ${id}`));
  const missing = [...acknowledged].filter((text) => {
    const { trace_id, id } = JSON.parse(text) as SegmentDocument;
    return !identities.has(`${trace_id} ${id}`);
  });
  expect(missing).toEqual([]);
}
