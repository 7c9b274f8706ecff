import type { SegmentDocument, SubsegmentDocument } from '@fluoroscope/contract/documents';
import { expect, test } from 'vitest';
import { bucketOf } from './histogram.js';
import { buildServiceGraph, type ServiceGraph } from './service-graph.js';

const start = 1_800_000_000;
let lastId = 0;
const nextId = () => (++lastId).toString(16).padStart(16, '0');
const traceId = (n: number) => `1-6b49d200-${n.toString(16).padStart(24, '0')}`;

function segment(name: string, seconds: number, members: Partial<SegmentDocument> = {}): SegmentDocument {
  return { id: nextId(), trace_id: traceId(1), name, start_time: start, end_time: start + seconds, ...members };
}
function call(name: string, seconds: number, members: Partial<SubsegmentDocument> = {}): SubsegmentDocument {
  return { id: nextId(), name, start_time: start, end_time: start + seconds, namespace: 'remote', ...members };
}
function streamed(subsegment: SubsegmentDocument, parentId: string): SegmentDocument {
  return { ...subsegment, type: 'subsegment', trace_id: traceId(1), parent_id: parentId } as SegmentDocument;
}
const keyText = ({ name, type }: { name: string; type: string }) => (type === '' ? name : `${name} (${type})`);
const nodesOf = (graph: ServiceGraph) =>
  graph.nodes.map(({ key, root, inferred }) => `${keyText(key)}${root ? ' root' : ''}${inferred ? ' inferred' : ''}`);
const edgesOf = (graph: ServiceGraph) =>
  graph.edges.map(
    ({ caller, callee, statistics: s }) => `${keyText(caller)} -> ${keyText(callee)}: ${s.ok}/${s.error}/${s.throttle}/${s.fault}`,
  );
const histogramOf = (...seconds: number[]) =>
  seconds
    .map((s) => bucketOf(s * 1e6))
    .sort((a, b) => a - b)
    .flatMap((bucket) => [bucket, 1]);

test("the developer guide's worked example: one service, a table and a topic", () => {
  const table = (seconds: number) => call('DynamoDB', seconds, { namespace: 'aws', aws: { operation: 'UpdateItem', table_name: 'users' } });
  const topic = (seconds: number) => call('SNS', seconds, { namespace: 'aws', aws: { operation: 'Publish', topic_arn: 'arn:aws:sns:t' } });
  const request = (seconds: number, members: Partial<SegmentDocument>) =>
    segment('sample', seconds, { origin: 'AWS::EC2::Instance', trace_id: traceId(++lastId), ...members });
  const graph = buildServiceGraph([
    request(0.005, { error: true }),
    request(0.015, {}),
    request(0.157, { subsegments: [table(0.076), topic(0.049)] }),
    request(0.096, { subsegments: [table(0.044), topic(0.076)] }),
  ]);
  expect(nodesOf(graph)).toEqual(['SNS (AWS::SNS) inferred', 'sample (AWS::EC2::Instance) root', 'users (AWS::DynamoDB::Table) inferred']);
  expect(edgesOf(graph)).toEqual([
    'sample (AWS::EC2::Instance) -> SNS (AWS::SNS): 2/0/0/0',
    'sample (AWS::EC2::Instance) -> users (AWS::DynamoDB::Table): 2/0/0/0',
    'sample (client) -> sample (AWS::EC2::Instance): 3/1/0/0',
  ]);
  expect(graph.edges.map((edge) => edge.statistics.totalMicros)).toEqual([125_000, 120_000, 273_000]);
  expect(graph.edges[2]?.statistics.histogram).toEqual(histogramOf(0.005, 0.015, 0.157, 0.096));
  expect(graph.nodes[1]?.statistics).toEqual(graph.edges[2]?.statistics);
  expect(graph.nodes[2]).toMatchObject({
    startMicros: start * 1e6,
    endMicros: start * 1e6 + 76_000,
    statistics: { ok: 2, totalMicros: 120_000 },
  });
});

test('a call has an inferred node until the callee arrives, and the callee only ever after', () => {
  const out = call('orders.local', 0.2);
  const api = segment('api', 0.3, { subsegments: [out] });
  expect(nodesOf(buildServiceGraph([api]))).toEqual(['api root', 'orders.local (remote) inferred']);
  const orders = segment('orders', 0.1, { parent_id: out.id, fault: true });
  const graph = buildServiceGraph([orders, api]);
  expect(nodesOf(graph)).toEqual(['api root', 'orders']);
  expect(edgesOf(graph)).toEqual(['api -> orders: 1/0/0/0', 'api (client) -> api: 1/0/0/0']);
  expect(graph.nodes[1]?.statistics).toMatchObject({ fault: 1, totalMicros: 100_000 });
});

test('two callees of one call make one edge when they are one node, and two when they are not', () => {
  const out = call('lb', 0.2);
  const api = segment('api', 0.3, { subsegments: [out] });
  const retries = ['orders', 'orders', 'spare'].map((name) => segment(name, 0.1, { parent_id: out.id }));
  expect(edgesOf(buildServiceGraph([api, ...retries]))).toEqual([
    'api -> orders: 1/0/0/0',
    'api -> spare: 1/0/0/0',
    'api (client) -> api: 1/0/0/0',
  ]);
});

test('a Lambda function is two nodes, joined by an edge with the timing of the function', () => {
  const invoke = call('Lambda', 0.4, { namespace: 'aws', aws: { function_name: 'resize' } });
  const api = segment('api', 0.5, { subsegments: [invoke] });
  const service = segment('resize', 0.3, { parent_id: invoke.id, origin: 'AWS::Lambda' });
  const run = segment('resize', 0.2, { parent_id: service.id, origin: 'AWS::Lambda::Function' });
  const query = streamed(call('DynamoDB', 0.1, { namespace: 'aws', aws: { table_name: 'images' } }), run.id);
  const graph = buildServiceGraph([query, run, service, api]);
  expect(edgesOf(graph)).toEqual([
    'api -> resize (AWS::Lambda): 1/0/0/0',
    'api (client) -> api: 1/0/0/0',
    'resize (AWS::Lambda) -> resize (AWS::Lambda::Function): 1/0/0/0',
    'resize (AWS::Lambda::Function) -> images (AWS::DynamoDB::Table): 1/0/0/0',
  ]);
  expect(graph.edges[2]?.statistics.totalMicros).toBe(200_000);
  expect(edgesOf(buildServiceGraph([service, api, query]))).not.toContain(
    'resize (AWS::Lambda::Function) -> images (AWS::DynamoDB::Table): 1/0/0/0',
  );
});

test('an untraced invocation counts in the node of the function that is traced elsewhere', () => {
  const invocations = [0.1, 0.2].map((seconds) => call('Lambda', seconds, { namespace: 'aws', aws: { function_name: 'resize' } }));
  const api = segment('api', 0.5, { subsegments: invocations });
  const service = segment('resize', 0.05, { parent_id: invocations[0]?.id, origin: 'AWS::Lambda' });
  const resize = buildServiceGraph([api, service]).nodes.find((node) => node.key.type === 'AWS::Lambda');
  expect(resize).toMatchObject({ inferred: false, statistics: { ok: 2, totalMicros: 250_000 } });
});

test('work without a namespace makes an edge only when a segment names it as parent', () => {
  const attempt = call('Attempt #1', 0.1, { namespace: undefined });
  const service = segment('fn', 0.2, { origin: 'AWS::Lambda', subsegments: [attempt, call('Dwell Time', 0.1, { namespace: undefined })] });
  const run = segment('fn', 0.1, { origin: 'AWS::Lambda::Function', parent_id: attempt.id });
  expect(edgesOf(buildServiceGraph([service, run]))).toEqual([
    'fn (AWS::Lambda) -> fn (AWS::Lambda::Function): 1/0/0/0',
    'fn (client) -> fn (AWS::Lambda): 1/0/0/0',
  ]);
});

test('a service may call itself', () => {
  const out = call('localhost', 0.1);
  const documents = [segment('api', 0.2, { subsegments: [out] }), segment('api', 0.1, { parent_id: out.id })];
  expect(edgesOf(buildServiceGraph(documents))).toEqual(['api -> api: 1/0/0/0', 'api (client) -> api: 1/0/0/0']);
});

test('an orphan is a node without a client edge', () => {
  const graph = buildServiceGraph([segment('lost', 0.1, { parent_id: nextId() })]);
  expect([nodesOf(graph), edgesOf(graph)]).toEqual([['lost'], []]);
});

test('what is in progress is counted apart', () => {
  const open = { end_time: undefined, in_progress: true };
  const graph = buildServiceGraph([segment('api', 0, { ...open, subsegments: [call('db', 0, { ...open, sql: {} })] })]);
  expect(graph.nodes.map(({ statistics: s, durationHistogram }) => [s.inProgress, s.ok, s.histogram, durationHistogram])).toEqual([
    [1, 0, [], []],
    [1, 0, [], []],
  ]);
});

test('a complete version replaces one in progress with all that it held, whichever comes first; then the later wins', () => {
  const complete = segment('api', 0.1, { subsegments: [call('db', 0.05)] });
  const open = { ...complete, end_time: undefined, in_progress: true, subsegments: [call('cache', 0.01)] };
  const expected = buildServiceGraph([complete]);
  expect(buildServiceGraph([complete, open])).toEqual(expected);
  expect(buildServiceGraph([open, complete, complete])).toEqual(expected);
  expect(nodesOf(buildServiceGraph([complete, { ...complete, name: 'renamed', subsegments: [] }]))).toEqual(['renamed root']);
});

test('a subsegment that came both embedded and streamed is one; the later document has it', () => {
  const out = call('db', 0.05);
  const api = segment('api', 0.1, { subsegments: [out] });
  const copy = streamed({ ...out, fault: true }, api.id);
  expect(edgesOf(buildServiceGraph([api, copy]))[0]).toBe('api -> db (remote): 0/0/0/1');
  expect(edgesOf(buildServiceGraph([copy, api]))[0]).toBe('api -> db (remote): 1/0/0/0');
});

test('nodes of two accounts are two nodes', () => {
  const documents = ['1', '2'].map((account) => segment('api', 0.1, { aws: { account_id: account.repeat(12) } }));
  expect(buildServiceGraph(documents).nodes).toHaveLength(2);
});

test('everything counts at its own start, so windows add up', () => {
  const late = call('db', 0.1, { start_time: start + 20, end_time: start + 20.1 });
  const documents = [segment('api', 30, { subsegments: [call('db', 0.1), late] })];
  const from = (seconds: number) =>
    buildServiceGraph(documents, { fromMicros: (start + seconds) * 1e6, toMicros: (start + seconds + 10) * 1e6 });
  expect(nodesOf(from(0))).toEqual(['api root', 'db (remote) inferred']);
  expect(nodesOf(from(10))).toEqual([]);
  expect(edgesOf(from(20))).toEqual(['api -> db (remote): 1/0/0/0']);
});

test('IDs of one trace mean nothing in another', () => {
  const out = call('db', 0.1);
  const other = segment('orders', 0.1, { trace_id: traceId(2), parent_id: out.id });
  expect(edgesOf(buildServiceGraph([segment('api', 0.2, { subsegments: [out] }), other]))).toEqual([
    'api -> db (remote): 1/0/0/0',
    'api (client) -> api: 1/0/0/0',
  ]);
});
