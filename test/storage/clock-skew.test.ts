/** A service whose clock is wrong is hinted at, and nothing that is stored changes by it. */
import { StoredTraceReader } from '@fluoroscope/clickhouse/trace-reader';
import { expect, test } from 'vitest';
import { startApiOnDisk } from '../compat/api-on-disk.js';
import { Installation, testClickHouse } from './installation.js';

const aheadSeconds = 42;

test('a callee that lies outside its call is hinted at with the offset of its clock', async () => {
  const clickhouse = await testClickHouse();
  const installation = await Installation.create(clickhouse);
  const server = await startApiOnDisk({
    log: installation.log,
    graph: installation.graph,
    traces: new StoredTraceReader(installation.client),
  });
  const start = Math.floor(Date.now() / 1000) - 100;
  for (let n = 0; n < 10; n++) await installation.append(skewedTrace(n, start + n));
  await installation.settled();

  const answer = await fetch(`${server.api.url}/clock-skew`);
  const { traces, hints } = (await answer.json()) as {
    traces: number;
    hints: { offsetMicros: number; callee: { name: string }; misfits: number }[];
  };
  expect(traces).toBe(10);
  expect(hints).toHaveLength(1);
  expect(hints[0]).toMatchObject({ callee: { name: 'ahead' }, misfits: 10 });
  expect(Math.abs((hints[0]?.offsetMicros ?? 0) / 1e6 - aheadSeconds)).toBeLessThan(0.1);

  const refused = await fetch(`${server.api.url}/clock-skew?from=yesterday`);
  expect(refused.status).toBe(400);
  const { graph } = await installation.graph.serviceGraph(start - 10, start + 200);
  expect(graph.nodes.find(({ key }) => key.name === 'ahead')?.startMicros).toBe((start + aheadSeconds) * 1e6 + 20_000);

  await server.close();
  await installation.remove();
  await clickhouse.remove();
}, 60_000);

function skewedTrace(n: number, start: number): string[] {
  const hex = (text: string) => text.padStart(16, '0');
  const trace_id = `1-${start.toString(16)}-${String(n).padStart(24, '0')}`;
  const call = { id: hex('ca11'), name: 'ahead.internal', namespace: 'remote', start_time: start, end_time: start + 0.1 };
  const caller = { trace_id, id: hex('a'), name: 'caller', start_time: start, end_time: start + 0.2, subsegments: [call] };
  const calleeStart = start + aheadSeconds + 0.02;
  const callee = { trace_id, id: hex('b'), parent_id: hex('ca11'), name: 'ahead', start_time: calleeStart, end_time: calleeStart + 0.06 };
  return [caller, callee].map((document) => JSON.stringify(document));
}
