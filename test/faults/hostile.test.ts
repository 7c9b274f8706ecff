/** Datagrams that no SDK sends, against the whole product: each is counted, none does harm, and the sums hold. */
import { maxNodesPerSlice, otherName, sliceSeconds } from '@fluoroscope/contract/graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentsOfManyDays, hostileDatagrams } from '../fixtures/hostile.js';
import { type Metrics, Standalone } from '../fixtures/standalone.js';
import { expectEquations, expectStoredGraph, fate } from './equations.js';

const daemonFates = ['missing header or segment', 'invalid header'];
const family = '👨‍👩‍👧‍👦'.repeat(12);
const namesInOneSlice = 10_500;

let standalone: Standalone;
let metrics: Metrics;
let sent = 0;

beforeAll(async () => {
  standalone = await Standalone.start();
});
afterAll(() => standalone.remove());

async function sendAll(datagrams: readonly Uint8Array[]): Promise<void> {
  await standalone.sendDatagrams(datagrams);
  sent += datagrams.length;
  await expect.poll(async () => fate(await standalone.metrics(), 'daemon_received'), { timeout: 20_000 }).toBe(sent);
  metrics = await standalone.settled();
  expectEquations(metrics);
  expect((await standalone.health()).body.status).toBe('ok');
}

function datagram(document: Record<string, unknown>): Uint8Array {
  return Buffer.from(`{"format":"json","version":1}\n${JSON.stringify(document)}`);
}

function segment(n: number, name: string, start: number): Record<string, unknown> {
  const trace_id = `1-${Math.floor(start).toString(16)}-${n.toString(16).padStart(24, '0')}`;
  return { trace_id, id: (n + 1).toString(16).padStart(16, '0'), name, start_time: start, end_time: start + 0.01 };
}

describe('hostile datagrams', () => {
  test('meet their fates, each counted by the daemon or by the writer', async () => {
    const hostile = hostileDatagrams(1, Math.floor(Date.now() / 1000));
    await sendAll(hostile.map(({ bytes }) => bytes));
    const byDaemon = hostile.filter(({ fate: its }) => daemonFates.includes(its));
    const accepted = hostile.filter(({ fate: its }) => its === 'accepted');
    expect(fate(metrics, 'daemon_rejected')).toBe(byDaemon.length);
    expect(fate(metrics, 'writer_stored')).toBe(accepted.length);
    expect(fate(metrics, 'writer_rejected')).toBe(hostile.length - byDaemon.length - accepted.length);
    await expectStoredGraph(standalone, metrics);
  });

  test('of 150 days in one batch are kept as far back as days are kept', async () => {
    const before = metrics;
    const days = documentsOfManyDays(2, Math.floor(Date.now() / 1000));
    await sendAll(days.map(({ bytes }) => bytes));
    const kept = days.filter(({ fate: its }) => its === 'accepted').length;
    expect(fate(metrics, 'writer_stored') - fate(before, 'writer_stored')).toBe(kept);
    expect(fate(metrics, 'writer_rejected') - fate(before, 'writer_rejected')).toBe(days.length - kept);
    await expectStoredGraph(standalone, metrics);
  });

  test('of the ADOT exporter are recognised and counted', async () => {
    await sendAll([Buffer.from('{"format":"json","version":1}\nT1SCgIIAQ=='), Buffer.from('{"format":"json","version":1}\nT1UCgIIAQ==')]);
    expect(fate(metrics, 'daemon_otlp')).toBe(2);
  });

  test('with names in any script keep them, letter for letter', async () => {
    const start = Math.floor(Date.now() / 1000) - 30;
    const names = ['מחיר', 'سعر', '价格', 'é'.normalize('NFD'), 'café'];
    await sendAll(names.map((name, n) => datagram(segment(5_000 + n, name, start))));
    const stored = await expectStoredGraph(standalone, metrics);
    const accepted = names.filter((name) => stored.some((document) => document.name === name));
    expect(accepted).toContain('价格');
    await sendAll([datagram({ ...segment(6_000, 'emoji', start), origin: family, user: family, annotations: { family } })]);
    await expectStoredGraph(standalone, metrics);
  });

  test('with more names than a slice may hold are folded into `other`, counted and shown', async () => {
    const start = Math.floor(Date.now() / 1000 / sliceSeconds) * sliceSeconds - 5 * sliceSeconds - 600;
    const documents = Array.from({ length: namesInOneSlice }, (_, n) => segment(10_000 + n, `n${n}`, start + 1));
    await sendAll(documents.map(datagram));
    const { graph, folded } = await standalone.graph().serviceGraph(start, start + sliceSeconds);
    const other = graph.nodes.find(({ key }) => key.name === otherName);
    expect(graph.nodes).toHaveLength(maxNodesPerSlice + 1);
    expect(other?.statistics.ok).toBe(namesInOneSlice - maxNodesPerSlice);
    expect(folded).toBe(namesInOneSlice - maxNodesPerSlice);
    const total = graph.nodes.reduce((sum, { statistics }) => sum + statistics.ok, 0);
    expect(total).toBe(namesInOneSlice);
    const answer = await fetch(`${standalone.httpUrl}/ServiceGraph`, {
      method: 'POST',
      body: JSON.stringify({ StartTime: start, EndTime: start + sliceSeconds }),
    });
    expect(await answer.text()).toContain(`"Name":"${otherName}"`);
    expectEquations(metrics);
  });

  test('leave nothing behind in the process: it ends as it should', async () => {
    expect((await standalone.stop()).code).toBe(0);
  });
});
