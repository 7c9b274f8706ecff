/**
 * The stored service graph against the truth: seeded traffic whose graph is known, in any order, with copies, in batches of
 * any size, with restarts in between, through the real log and the real ClickHouse. Nodes, edges and every count are exact.
 */
import type { NodeKey } from '@fluoroscope/contract/graph';
import { GraphWindow } from '@fluoroscope/xray/graph-window';
import type { GraphEdge, GraphStatistics, ServiceGraph } from '@fluoroscope/xray/service-graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliver, inBatches } from '../fixtures/deliver.js';
import { generateTraffic, type Traffic } from '../fixtures/traffic.js';
import { Installation, type TestClickHouse, testClickHouse } from './installation.js';

const randomSeed = Number(process.env.FLUOROSCOPE_SEED ?? Math.floor(Math.random() * 1e6));
const seeds = [1, randomSeed];
console.log(`graph truth: random seed ${randomSeed}`);

/** A stored slice is read back and published after it has been put in place: how long to wait for what must come. */
const patientMs = 60_000;

let clickhouse: TestClickHouse;
beforeAll(async () => {
  clickhouse = await testClickHouse();
});
afterAll(() => clickhouse.remove());

/** Of each test its own: the live view shows minutes, and a test may take one. */
function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

async function expectTruth(installation: Installation, traffic: Traffic, nowSeconds: number): Promise<void> {
  const counters = await installation.settled();
  const distinct = await installation.distinctDocuments();
  expect(counters.stored).toBe(distinct);
  expect(counters.appended).toBe(counters.stored + counters.replaced + counters.rejected + counters.dead + counters.lost + counters.lag);
  const { graph } = await installation.graph.serviceGraph(nowSeconds - 86_400, nowSeconds + 600);
  expect(lines(graph)).toEqual(lines(traffic.graph));
}

/** What a browser that was there from the start shows: live rows, and the stored slices that replaced them. */
function liveTotals(installation: Installation): string[] {
  const window = new GraphWindow();
  window.advance(Date.now());
  window.apply(installation.published);
  return totals({ nodes: [...window.nodes.values()], edges: [...window.edges.values()] });
}

function totals(graph: {
  nodes: { key: NodeKey; statistics: GraphStatistics }[];
  edges: Pick<GraphEdge, 'caller' | 'callee' | 'statistics'>[];
}): string[] {
  const nodes = graph.nodes.map(({ key, statistics: counts }) => `node ${Object.values(key).join(' | ')}${statistics(counts)}`);
  const edges = graph.edges.map(
    ({ caller, callee, statistics: counts }) =>
      `edge ${Object.values(caller).join(' | ')} -> ${Object.values(callee).join(' | ')}${statistics(counts)}`,
  );
  return [...nodes, ...edges].sort();
}

/** One line a node and edge, so that a difference is read at a glance. */
function lines(graph: ServiceGraph): string[] {
  const nodes = graph.nodes.map(
    ({ key, ...rest }) =>
      `node ${Object.values(key).join(' | ')} ${[rest.root, rest.inferred, rest.startMicros, rest.endMicros]}${statistics(rest.statistics)} ${rest.durationHistogram}`,
  );
  const edges = graph.edges.map(
    ({ caller, callee, ...rest }) =>
      `edge ${Object.values(caller).join(' | ')} -> ${Object.values(callee).join(' | ')} ${rest.startMicros} ${rest.endMicros}${statistics(rest.statistics)}`,
  );
  return [...nodes, ...edges];
}

function statistics({ ok, error, throttle, fault, inProgress, totalMicros, histogram }: GraphStatistics): string {
  return ` ok ${ok} error ${error} throttle ${throttle} fault ${fault} in progress ${inProgress} total ${totalMicros} histogram ${histogram}`;
}

describe.each(seeds)('seed %i', (seed) => {
  test('documents in the order of sending give the true graph', async () => {
    const nowSeconds = epochSeconds();
    const traffic = generateTraffic(seed, {
      nowSeconds,
      traces: 300,
      announcedShare: 0.1,
      unfinishedShare: 0.02,
      orphanShare: 0.02,
      linkedShare: 0.2,
    });
    const installation = await Installation.create(clickhouse);
    for (const batch of inBatches(traffic.texts, seed, 100)) await installation.append(batch);
    await expectTruth(installation, traffic, nowSeconds);
    await expect.poll(() => liveTotals(installation), { timeout: patientMs, interval: 200 }).toEqual(totals(traffic.graph));
    await installation.remove();
  });

  test('copies, stragglers and any order, with restarts in between, give the same graph', async () => {
    const nowSeconds = epochSeconds();
    const traffic = generateTraffic(seed, {
      nowSeconds,
      traces: 150,
      announcedShare: 0.2,
      unfinishedShare: 0.02,
      orphanShare: 0.02,
      linkedShare: 0.2,
    });
    const installation = await Installation.create(clickhouse);
    const delivered = deliver(traffic.texts, seed, { duplicates: 0.3, reorder: 1, lateShare: 0.1 });
    for (const [at, batch] of inBatches(delivered, seed, 120).entries()) {
      await installation.append(batch);
      if (at % 3 !== 2) continue;
      await installation.stop();
      await installation.start();
    }
    await expectTruth(installation, traffic, nowSeconds);
    await installation.remove();
  });

  test('documents that arrive hours late upgrade the edges that are stored', async () => {
    const nowSeconds = epochSeconds();
    const then = nowSeconds - 20_000;
    const traffic = generateTraffic(seed, { nowSeconds: then, traces: 100, announcedShare: 0.1, linkedShare: 0.2 });
    const installation = await Installation.create(clickhouse);
    const delivered = deliver(traffic.texts, seed, { reorder: 1 });
    const half = Math.floor(delivered.length / 2);
    await installation.append(delivered.slice(0, half));
    await installation.settled();
    await installation.append(delivered.slice(half));
    await expectTruth(installation, traffic, nowSeconds);
    await installation.remove();
  });
});
