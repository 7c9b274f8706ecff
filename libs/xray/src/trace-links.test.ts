import { describe, expect, it } from 'vitest';
import { nodeId } from './node-key.js';
import { linksByNode } from './trace-links.js';

const traceOf = (n: number) => `1-0000000${n}-${'a'.repeat(24)}`;
const segment = (id: string, members: object = {}) => ({
  trace_id: traceOf(1),
  id: id.repeat(16),
  name: 'consumer',
  start_time: 1,
  end_time: 2,
  ...members,
});

describe('the links of a trace', () => {
  it('are those of each node, each cause once, of subsegments too', () => {
    const links = [2, 3, 2].map((n) => ({ trace_id: traceOf(n), id: 'c'.repeat(16) }));
    const receive = { id: 'd'.repeat(16), name: 'receive', start_time: 1, end_time: 2, links: [{ trace_id: traceOf(4) }] };
    const documents = [segment('a', { links, subsegments: [receive] }), segment('b', { name: 'other', parent_id: 'd'.repeat(16) })];
    expect([...linksByNode(documents)]).toEqual([
      [
        nodeId({ name: 'consumer', type: '', accountId: '' }),
        { traceId: traceOf(1), causeTraceIds: expect.arrayContaining([2, 3, 4].map(traceOf)) },
      ],
    ]);
  });

  it('are none where nothing is linked, or only to the trace itself', () => {
    expect(linksByNode([segment('a')]).size).toBe(0);
    expect(linksByNode([segment('a', { links: [{ trace_id: traceOf(1), id: 'e'.repeat(16) }] })]).size).toBe(0);
  });
});
