import type { NodeKey } from '@fluoroscope/contract/graph';
import type { Expectation, Insight } from '@fluoroscope/contract/insights';
import { describe, expect, it } from 'vitest';
import { nodeId } from '../node-key.js';
import { type Course, judgedSlices } from './anomalies.js';
import { type InsightDraft, judge, lastEventOf, type Situation } from './incidents.js';

const last = 1_000;
const day = 8_640;
const node = (name: string): NodeKey => ({ name, type: '', accountId: '' });
const [front, cart, pay, bank, other] = ['front', 'cart', 'pay', 'bank', 'stranger'].map(node) as [
  NodeKey,
  NodeKey,
  NodeKey,
  NodeKey,
  NodeKey,
];
const usual: Expectation = { requests: 10_000, faults: 50 };
const none = { ok: 0, fault: 0, total: 0 };

/** `faults` of 100 requests a slice from slice `since` up to `until`, and none before and behind. */
function course(faults: number, { since = last - 11, until = last, requests = 100 } = {}): Course {
  return Array.from({ length: judgedSlices }, (_, at) => {
    const slice = last - judgedSlices + 1 + at;
    return [slice, requests, slice >= since && slice <= until ? faults : 0] as const;
  });
}

type Courses = [node: NodeKey, course: Course][];

function situation(
  nodes: Courses,
  edges: [caller: NodeKey, callee: NodeKey, course: Course][] = [],
  more: Partial<Situation> = {},
): Situation {
  let ids = 0;
  return {
    group: 'Default',
    first: last - judgedSlices + 1,
    last,
    nodes: nodes.map(([one, its]) => ({ node: one, course: its })),
    edges: edges.map(([caller, callee, its]) => ({ caller, callee, course: its })),
    expected: new Map([front, cart, pay, bank, other].map((one) => [nodeId(one), usual])),
    open: [],
    newId: () => `id ${++ids}`,
    ...more,
  };
}

function insightOf(...drafts: InsightDraft[]): Insight {
  const figures = { atSeconds: 0, clients: none, rootCause: none };
  return { id: drafts[0]?.insightId ?? '', group: 'Default', events: drafts.map((draft) => ({ ...draft, figures })) };
}

/** One that began so many slices ago. */
function opened(service: NodeKey, { ago = 60, others = [] as NodeKey[], faultShare = 0.5 } = {}): Insight {
  const at = (last + 1 - ago) * 10;
  const services = [service, ...others].map((one) => ({ node: one, expected: usual }));
  return insightOf({
    what: 'opened',
    insightId: 'known',
    group: 'Default',
    atSeconds: at + 60,
    startSeconds: at,
    endSeconds: null,
    rootCause: service,
    services,
    faultShare,
  });
}

const names = ({ services }: InsightDraft) => services.map(({ node: { name } }) => name);
const only = (drafts: InsightDraft[]) => {
  expect(drafts).toHaveLength(1);
  return drafts[0] as InsightDraft;
};

describe('the root cause', () => {
  it('is the service furthest down whose faults explain those of its callers', () => {
    const draft = only(
      judge(
        situation(
          [
            [front, course(30)],
            [cart, course(32)],
            [pay, course(33)],
          ],
          [
            [front, cart, course(29)],
            [cart, pay, course(31)],
          ],
        ),
      ),
    );
    expect([draft.what, draft.rootCause, names(draft), draft.endSeconds]).toEqual(['opened', pay, ['pay', 'cart', 'front'], null]);
    expect(draft.startSeconds).toBe((last - 11) * 10);
    expect(draft.faultShare).toBeCloseTo(0.33);
  });

  it('stays where the faults of its callees explain less than half of its own', () => {
    const nodes: Courses = [
      [cart, course(40)],
      [pay, course(20)],
    ];
    const drafts = judge(situation(nodes, [[cart, pay, course(15)]]));
    expect(drafts.map((draft) => [draft.rootCause, names(draft)])).toEqual([
      [cart, ['cart']],
      [pay, ['pay']],
    ]);
  });

  it('is a callee with too few requests to be an anomaly by itself, when it explains its caller', () => {
    const draft = only(
      judge(
        situation(
          [
            [cart, course(40)],
            [bank, course(2, { requests: 2, since: last - 1 })],
          ],
          [[cart, bank, course(40)]],
        ),
      ),
    );
    expect(names(draft)).toEqual(['bank', 'cart']);
  });

  it('is found where services call each other in a circle', () => {
    const nodes: Courses = [
      [cart, course(40)],
      [pay, course(40)],
    ];
    const drafts = judge(
      situation(nodes, [
        [cart, pay, course(40)],
        [pay, cart, course(40)],
      ]),
    );
    expect(drafts.length).toBeGreaterThan(0);
  });
});

describe('incidents', () => {
  it('that have nothing to do with each other are two insights', () => {
    const drafts = judge(
      situation([
        [pay, course(30)],
        [other, course(50)],
      ]),
    );
    expect(drafts.map((draft) => [draft.insightId, names(draft)])).toEqual([
      ['id 1', ['stranger']],
      ['id 2', ['pay']],
    ]);
  });

  it('of a whole graph are one insight, with those services that have the most faults', () => {
    const many = Array.from({ length: 2_000 }, (_, n) => node(`service ${n}`));
    const nodes: Courses = many.map((one, n) => [one, course(n === 7 ? 60 : 40)]);
    const calls = many.map((one, n) => [one, bank, course(n === 7 ? 60 : 40)] as [NodeKey, NodeKey, Course]);
    const expected = new Map([bank, ...many].map((one) => [nodeId(one), usual]));
    const draft = only(judge(situation([...nodes, [bank, course(90)]], calls, { expected })));
    expect([draft.rootCause, names(draft).length, names(draft)[1]]).toEqual([bank, 10, 'service 7']);
  });

  it('are not opened for what nothing is expected of', () => {
    expect(judge(situation([[pay, course(30)]], [], { expected: new Map() }))).toEqual([]);
  });

  it('are opened once, however often they are looked at', () => {
    const known = opened(pay, { ago: 12, faultShare: 0.3 });
    expect(judge(situation([[pay, course(30)]], [], { open: [known] }))).toEqual([]);
  });

  it.each([
    ['one slice, however bad', course(100, { since: last - 3, until: last - 3 })],
    ['two slices', course(100, { since: last - 3, until: last - 2 })],
    ['a rise that does not matter', course(2)],
    ['something that is over for long', course(100, { since: last - 59, until: last - 40 })],
  ])('are not %s', (_what, its) => {
    expect(judge(situation([[pay, its]]))).toEqual([]);
  });
});

describe('an open insight', () => {
  const failing = course(50);

  it('spreads to services that come to share its root cause', () => {
    const draft = only(
      judge(
        situation(
          [
            [pay, failing],
            [cart, failing],
          ],
          [[cart, pay, failing]],
          { open: [opened(pay)] },
        ),
      ),
    );
    expect([draft.what, draft.insightId, names(draft), draft.endSeconds]).toEqual(['spread', 'known', ['pay', 'cart'], null]);
  });

  it('gets another root cause when one is found further down', () => {
    const draft = only(
      judge(
        situation(
          [
            [pay, failing],
            [cart, failing],
          ],
          [[cart, pay, failing]],
          { open: [opened(cart)] },
        ),
      ),
    );
    expect([draft.what, draft.rootCause, names(draft)]).toEqual(['root cause', pay, ['pay', 'cart']]);
  });

  it('tells that it has become twice as bad, and nothing within a minute', () => {
    const now = situation([[pay, failing]], [], { open: [opened(pay, { faultShare: 0.2 })] });
    expect(only(judge(now)).what).toBe('worsened');
    expect(judge({ ...now, open: [opened(pay, { faultShare: 0.2, ago: 11 })] })).toEqual([]);
  });

  it('tells that it began earlier, when what is stored later shows it', () => {
    const long = course(50, { since: last - 25 });
    const draft = only(judge(situation([[pay, long]], [], { open: [opened(pay, { ago: 15 })] })));
    expect([draft.what, draft.startSeconds]).toEqual(['began earlier', (last - 25) * 10]);
    expect(judge(situation([[pay, long]], [], { open: [opened(pay, { ago: 26 })] }))).toEqual([]);
  });

  it('is closed when all its services have been as expected for five minutes, and ends where its faults did', () => {
    const open = [opened(pay, { others: [cart] })];
    const over = course(50, { since: last - 55, until: last - 35 });
    expect(
      judge(
        situation(
          [
            [pay, over],
            [cart, failing],
          ],
          [],
          { open },
        ),
      )[0]?.what,
    ).not.toBe('closed');
    const draft = only(
      judge(
        situation(
          [
            [pay, over],
            [cart, over],
          ],
          [],
          { open },
        ),
      ),
    );
    expect([draft.what, draft.endSeconds]).toEqual(['closed', (last - 35 + 1) * 10]);
  });

  it('stays open while its services get too few requests to tell', () => {
    const open = [opened(pay)];
    const thin = course(1, { requests: 1, since: last - 59, until: last - 40 }).filter(([slice]) => slice % 10 === 0);
    expect(judge(situation([[pay, thin]], [], { open }))).toEqual([]);
  });

  it('is closed when nothing is left of its services, at the beginning of what was looked at', () => {
    const draft = only(judge(situation([], [], { open: [opened(pay, { ago: 200 })] })));
    expect([draft.what, draft.endSeconds]).toEqual(['closed', (last - judgedSlices + 1) * 10]);
  });

  it('becomes normal after a day', () => {
    const open = [opened(pay, { ago: day })];
    const draft = only(judge(situation([[pay, failing]], [], { open })));
    expect([draft.what, draft.endSeconds]).toEqual(['became normal', (last + 1) * 10]);
    expect(lastEventOf(insightOf(draft)).endSeconds).not.toBeNull();
  });
});
