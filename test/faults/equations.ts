/** The two sums of the counters that must hold whenever an installation is quiet, and the graph that must be stored. */

import type { SegmentDocument } from '@fluoroscope/contract/documents';
import { readStoredDocument } from '@fluoroscope/xray/document';
import { buildServiceGraph, type GraphStatistics, type ServiceGraph } from '@fluoroscope/xray/service-graph';
import { expect } from 'vitest';
import type { Metrics, Standalone } from '../fixtures/standalone.js';

const daySeconds = 86_400;
const ahead = 1_000;

export function fate(metrics: Metrics, name: string): number {
  const value = metrics.get(`fluoroscope_${name}`) ?? metrics.get(`fluoroscope_${name}_total`);
  if (value === undefined) throw new Error(`${name} is not among the counters`);
  return value;
}

/** Since the daemon's start, of datagrams; over the life of the data, of documents. Nothing is left in between. */
export function expectEquations(metrics: Metrics): void {
  const sum = (...names: string[]) => names.reduce((total, name) => total + fate(metrics, name), 0);
  expect(fate(metrics, 'daemon_received')).toBe(sum('daemon_appended', 'daemon_rejected', 'daemon_spilled_over', 'daemon_in_hand'));
  expect(fate(metrics, 'writer_appended')).toBe(
    sum('writer_stored', 'writer_replaced', 'writer_rejected', 'writer_dead', 'writer_lost', 'writer_lag'),
  );
  expect([fate(metrics, 'daemon_in_hand'), fate(metrics, 'writer_lag')]).toEqual([0, 0]);
}

/**
 * The stored graph is exactly the graph of the documents that are stored, and these are as many as the counters say.
 * Answers with the stored documents.
 */
export async function expectStoredGraph(standalone: Standalone, metrics: Metrics): Promise<SegmentDocument[]> {
  const texts = await standalone.storedDocuments();
  const documents = texts.map((text) => readStoredDocument(text)).filter((document) => document !== null);
  expect(documents).toHaveLength(fate(metrics, 'writer_stored'));
  expectSameGraph(await storedGraph(standalone), buildServiceGraph(documents));
  return documents;
}

export function expectSameGraph(actual: ServiceGraph, expected: ServiceGraph): void {
  expect(differenceOf(actual, expected)).toEqual(noDifference);
}

export const noDifference = { tooMany: [], missing: [] };

/** Only what differs: a graph has hundreds of numbers. */
export function differenceOf(actual: ServiceGraph, expected: ServiceGraph): { tooMany: string[]; missing: string[] } {
  const stored = new Set(graphLines(actual));
  const right = new Set(graphLines(expected));
  return { tooMany: [...stored].filter((line) => !right.has(line)), missing: [...right].filter((line) => !stored.has(line)) };
}

export async function storedGraph(standalone: Standalone): Promise<ServiceGraph> {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const { graph } = await standalone.graph().serviceGraph(nowSeconds - 31 * daySeconds, nowSeconds + ahead);
  return graph;
}

/** One line a node and edge, so that a difference is read at a glance. */
function graphLines(graph: ServiceGraph): string[] {
  const nodes = graph.nodes.map(
    ({ key, root, inferred, startMicros, endMicros, ...rest }) =>
      `node ${Object.values(key).join(' | ')} ${[root, inferred, startMicros, endMicros]} ${numbers(rest.statistics)} ${rest.durationHistogram}`,
  );
  const edges = graph.edges.map(
    ({ caller, callee, startMicros, endMicros, statistics }) =>
      `edge ${Object.values(caller).join(' | ')} -> ${Object.values(callee).join(' | ')} ${[startMicros, endMicros]} ${numbers(statistics)}`,
  );
  return [...nodes, ...edges].sort();
}

function numbers({ ok, error, throttle, fault, inProgress, totalMicros, histogram }: GraphStatistics): string {
  return `ok ${ok} error ${error} throttle ${throttle} fault ${fault} in progress ${inProgress} total ${totalMicros} histogram ${histogram}`;
}
