import type { NodeKey } from '@fluoroscope/contract/graph';
import type { SamplingWindow } from '@fluoroscope/contract/sampling';
import { expect, test } from 'vitest';
import { estimateGraph, type SampledCount } from './sampling-estimates.js';
import { emptyStatistics, type GraphEdge, type GraphNode } from './service-graph.js';

const extent = { startMicros: 0, endMicros: 0 };
const key = (name: string): NodeKey => ({ name, type: '', accountId: '' });
const requests = (ok: number) => ({ ...emptyStatistics(), ok });
const node = (name: string, ok: number): GraphNode => ({
  key: key(name),
  root: false,
  inferred: false,
  ...extent,
  statistics: requests(ok),
  durationHistogram: [],
});
const edge = (caller: string, callee: string, ok: number): GraphEdge => ({
  caller: key(caller),
  callee: key(callee),
  ...extent,
  statistics: requests(ok),
});
const sampled = (name: string, rule: string, segments: number, slice = 100): SampledCount => ({ slice, rule, node: key(name), segments });
const window = (rule: string, counts: Pick<SamplingWindow, 'requests' | 'sampled' | 'borrowed'>, slice = 100): SamplingWindow => ({
  rule,
  startSeconds: slice * 10,
  ...counts,
});
const said = (basis: Parameters<typeof estimateGraph>[0]) =>
  estimateGraph(basis).nodes.map(({ node: { name }, observed, estimated, share }) => [name, observed, Math.round(estimated), share]);

test('a recorded request stands for as many as its rule matched, in its own ten seconds', () => {
  const graph = { nodes: [node('shop', 30)], edges: [] };
  const windows = [
    window('busy', { requests: 200, sampled: 8, borrowed: 2 }),
    window('busy', { requests: 50, sampled: 10, borrowed: 0 }, 101),
    window('all', { requests: 10, sampled: 10, borrowed: 0 }),
  ];
  const counts = [sampled('shop', 'busy', 10), sampled('shop', 'busy', 10, 101), sampled('shop', 'all', 10)];
  expect(said({ graph, sampled: counts, windows })).toEqual([['shop', 30, 200 + 50 + 10, 1]]);
  expect(estimateGraph({ graph, sampled: counts, windows }).nodes[0]?.rules).toEqual([
    { rule: 'busy', observed: 20, weight: 12.5 },
    { rule: 'all', observed: 10, weight: 1 },
  ]);
});

test('what is called stands for what its callers stand for, through any number of calls, circles and retries', () => {
  const nodes = [node('database', 70), node('back', 40), node('front', 10), node('other', 30)];
  const edges = [
    edge('front', 'back', 10),
    edge('other', 'back', 30),
    edge('back', 'database', 60),
    edge('front', 'database', 20),
    edge('back', 'back', 4),
  ];
  const windows = [window('few', { requests: 100, sampled: 5, borrowed: 0 }), window('most', { requests: 60, sampled: 30, borrowed: 0 })];
  const counts = [sampled('front', 'few', 10), sampled('other', 'most', 30)];
  const back = (10 * 20 + 30 * 2) / 40;
  const database = (60 * back + 20 * 20) / 80;
  expect(said({ graph: { nodes, edges }, sampled: counts, windows })).toEqual([
    ['database', 70, Math.round(70 * database), 1],
    ['back', 40, Math.round(40 * back), 1],
    ['front', 10, 200, 1],
    ['other', 30, 60, 1],
  ]);
});

test('where statistics are missing there is no estimate, and it is said how much it rests on', () => {
  const graph = {
    nodes: [node('known', 100), node('local', 100), node('half', 100), node('behind', 50), node('quiet', 0)],
    edges: [edge('local', 'behind', 50)],
  };
  const windows = [window('rule', { requests: 100, sampled: 10, borrowed: 0 }), window('idle', { requests: 9, sampled: 0, borrowed: 0 })];
  const counts = [
    sampled('known', 'rule', 90),
    sampled('known', 'unreported', 10),
    sampled('half', 'rule', 50),
    sampled('half', 'idle', 50),
  ];
  expect(said({ graph, sampled: counts, windows })).toEqual([['known', 100, 1000, 0.9]]);
});

test('the report of the next ten seconds stands in for one that has not come, and a weight is never below 1', () => {
  const graph = { nodes: [node('shop', 20)], edges: [] };
  const windows = [window('rule', { requests: 40, sampled: 4, borrowed: 0 }, 101), window('odd', { requests: 5, sampled: 5, borrowed: 5 })];
  expect(said({ graph, sampled: [sampled('shop', 'rule', 10), sampled('shop', 'odd', 10)], windows })).toEqual([['shop', 20, 110, 1]]);
});

test('a call stands for what its caller does, one of a client for what was decided where it came in, and a message for nothing', () => {
  const client = { name: 'front', type: 'client', accountId: '' };
  const edges: GraphEdge[] = [
    { ...edge('front', 'front', 10), caller: client },
    edge('front', 'back', 5),
    { ...edge('back', 'mail', 5), type: 'link' },
    edge('nobody', 'back', 5),
  ];
  const graph = { nodes: [node('front', 10), node('back', 10), node('mail', 5)], edges };
  const windows = [window('few', { requests: 100, sampled: 5, borrowed: 0 })];
  const found = estimateGraph({ graph, sampled: [sampled('front', 'few', 10)], windows });
  expect(found.edges.map(({ caller, callee, observed, estimated }) => [caller.type, callee.name, observed, estimated])).toEqual([
    ['client', 'front', 10, 200],
    ['', 'back', 5, 100],
  ]);
});
