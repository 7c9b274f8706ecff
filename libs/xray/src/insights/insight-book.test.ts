import { type InsightEvent, insightRetentionSeconds, maxInsightEvents, maxInsights } from '@fluoroscope/contract/insights';
import { describe, expect, it } from 'vitest';
import { ControlState } from '../control-state.js';
import { InsightBook } from './insight-book.js';

const at = 1_700_000_000;
const node = (name: string) => ({ name, type: '', accountId: '' });
const counts = { ok: 1, fault: 2, total: 3 };

function event(members: Partial<InsightEvent> & { service?: string } = {}): InsightEvent {
  const { service = 'pay', ...rest } = members;
  return {
    what: 'opened',
    insightId: 'a',
    group: 'Default',
    atSeconds: at,
    startSeconds: at - 60,
    endSeconds: null,
    rootCause: node(service),
    services: [{ node: node(service), expected: { requests: 1_000, faults: 1 } }],
    faultShare: 0.5,
    figures: { atSeconds: at, clients: counts, rootCause: counts },
    ...rest,
  };
}

const closed = (seconds: number, insightId = 'a') =>
  event({ what: 'closed', insightId, atSeconds: at + seconds, endSeconds: at + seconds });

describe('the insights of an installation', () => {
  it('hold the first of two that are opened for one service, whichever process says it', () => {
    const book = new InsightBook();
    expect(book.apply(event())).toMatchObject({ before: null, after: { id: 'a' } });
    expect(book.apply(event({ insightId: 'b', atSeconds: at + 10 }))).toMatchObject({ refused: { code: 'insight_known' } });
    expect(book.apply(event({ insightId: 'c', group: 'slow' }))).toMatchObject({ after: { id: 'c' } });
    expect(book.apply(event({ insightId: 'd', service: 'mail' }))).toMatchObject({ after: { id: 'd' } });
    expect(book.open('Default').map(({ id }) => id)).toEqual(['a', 'd']);
  });

  it('take an event once, in order, and none after the end', () => {
    const book = new InsightBook();
    book.apply(event());
    const spread = event({ what: 'spread', atSeconds: at + 60, services: [...event().services, ...event({ service: 'cart' }).services] });
    const refused = { refused: { code: 'insight_known' } };
    expect(book.apply({ ...spread, insightId: 'unknown' })).toMatchObject(refused);
    expect(book.apply(spread)).toMatchObject({ after: { events: [{}, { what: 'spread' }] } });
    expect(book.apply({ ...spread, atSeconds: at + 70 })).toMatchObject(refused);
    expect(book.apply({ ...spread, atSeconds: at + 50 })).toMatchObject(refused);
    expect(book.apply(event({ what: 'worsened', atSeconds: at + 80, faultShare: 0.5 }))).toMatchObject(refused);
    expect(book.apply(event({ what: 'worsened', atSeconds: at + 80, faultShare: 1 }))).toMatchObject({ after: {} });
    expect(book.apply(event({ what: 'began earlier', atSeconds: at + 85 }))).toMatchObject(refused);
    const earlier = event({ what: 'began earlier', atSeconds: at + 85, startSeconds: at - 120 });
    expect(book.apply(earlier)).toMatchObject({ after: {} });
    expect(book.apply(closed(90))).toMatchObject({ after: {} });
    expect(book.apply(closed(100))).toMatchObject(refused);
    expect(book.open('Default')).toEqual([]);
    expect(book.apply(event({ insightId: 'again', atSeconds: at + 200 }))).toMatchObject({ before: null });
  });

  it('note nothing but the end of one that has had many events', () => {
    const book = new InsightBook();
    book.apply(event({ faultShare: 0.001 }));
    for (let n = 1; n < 100; n++) book.apply(event({ what: 'worsened', atSeconds: at + n, faultShare: n / 100 }));
    expect(book.get('a')?.events).toHaveLength(maxInsightEvents - 1);
    book.apply(closed(1_000));
    expect(book.get('a')?.events.at(-1)?.what).toBe('closed');
  });

  it('forget what has been over for a month, and the oldest ones when they are too many', () => {
    const book = new InsightBook();
    for (const id of ['a', 'b']) {
      book.apply(event({ insightId: id }));
      book.apply(closed(id === 'a' ? 10 : 100, id));
    }
    book.apply(event({ insightId: 'c', atSeconds: at + insightRetentionSeconds + 50 }));
    expect(book.all().map(({ id }) => id)).toEqual(['b', 'c']);
    for (let n = 0; n < maxInsights; n++) {
      book.apply(event({ insightId: `${n}`, service: `${n}`, atSeconds: at + 2_000 + n }));
      book.apply(closed(3_000 + n, `${n}`));
    }
    expect(book.all()).toHaveLength(maxInsights);
    expect(book.get('b')).toBeNull();
    expect(book.get('c')).not.toBeNull();
  });

  it('are the same after a snapshot, and what is no snapshot changes nothing', () => {
    const state = new ControlState();
    const record = (change: object) => JSON.stringify({ id: 'x', at: 1, actor: 'insights', kind: 'insight', ...change });
    expect(state.apply(record({ event: event() }), 0)).toMatchObject({ refused: null, after: { insight: { id: 'a' } } });
    for (const damaged of [
      {},
      { event: { ...event(), services: [] } },
      { event: { ...event(), rootCause: 1 } },
      { event: { ...event(), what: 'else' } },
    ])
      expect(state.apply(record(damaged), 1).record).toBeNull();
    const restored = new ControlState();
    expect(restored.restore(JSON.parse(JSON.stringify(state.snapshot())))).toBe(true);
    expect(restored.insights.all()).toEqual(state.insights.all());
    expect(new InsightBook().restore([{ id: 'a', group: 'Default', events: [] }])).toBe(false);
  });
});
