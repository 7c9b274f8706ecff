import { describe, expect, it } from 'vitest';
import { PassingState } from './passing-state.js';

const traceIds = [`1-${'a'.repeat(8)}-${'b'.repeat(24)}`];
const start = { id: '1', at: 5, actor: 'a', kind: 'start trace retrieval', token: 't', traceIds, from: 1, to: 2 };
const report = {
  rule: 'r trace retrieval"',
  clientId: 'c',
  atSeconds: 0,
  requests: 3,
  sampled: 1,
  borrowed: 0,
  reservoirSize: 1,
  fixedRate: 0,
};
const reported = { id: '2', at: 6, actor: 'a', reports: [report], boosts: [] };

describe('the fold of what is soon of no use', () => {
  it('tells reports from retrievals, whatever a rule is called, and goes on from a snapshot with both', () => {
    const state = new PassingState();
    expect(state.apply(JSON.stringify(start)).retrieval).toMatchObject({ after: { token: 't', traceIds } });
    expect(state.apply(JSON.stringify(reported))).toMatchObject({ reported: { reports: [report] }, retrieval: null });
    const resumed = new PassingState();
    expect(resumed.restore(JSON.parse(JSON.stringify(state.snapshot())))).toBe(true);
    expect([resumed.retrievals.retrieval('t', 6)?.traceIds, resumed.sampling.windows()]).toEqual([traceIds, state.sampling.windows()]);
    const cancel = { id: '3', at: 7, actor: 'a', kind: 'cancel trace retrieval', token: 't' };
    expect(resumed.apply(JSON.stringify(cancel)).retrieval).toMatchObject({ after: { isCancelled: true } });
  });

  it('counts what is neither, and goes on from a snapshot that knew no retrievals', () => {
    const state = new PassingState();
    for (const members of [{ token: 1 }, { traceIds: ['x'] }, { from: '1' }, { kind: 'forget trace retrieval' }])
      expect(state.apply(JSON.stringify({ ...start, ...members }))).toEqual({ reported: null, retrieval: null });
    expect(state.sampling.unknown).toBe(4);
    const { retrievals: _, ...older } = state.snapshot() as Record<string, unknown>;
    expect(new PassingState().restore(older)).toBe(true);
    expect(new PassingState().restore({ ...older, retrievals: 'damaged' })).toBe(false);
    expect(new PassingState().restore(null)).toBe(false);
  });
});
