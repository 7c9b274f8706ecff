import type { SegmentDocument, SubsegmentDocument } from '@fluoroscope/contract/documents';
import { maxRowAnnotations, maxRowServices } from '@fluoroscope/contract/traces';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listedAtMicros, traceRow } from './trace-row.js';

const traceId = '1-6b49d200-6312e05eb59a7b9055d4081a';
const start = 1_800_000_000;
const idOf = (n: number) => n.toString(16).padStart(16, '0');
const key = (name: string, type = '') => ({ name, type, accountId: '' });
const segment = (n: number, members: Partial<SegmentDocument> = {}): SegmentDocument => ({
  id: idOf(n),
  trace_id: traceId,
  name: `service-${n}`,
  start_time: start + n,
  end_time: start + n + 1,
  ...members,
});
const call = (n: number, members: Partial<SubsegmentDocument> = {}): SubsegmentDocument => ({
  id: idOf(n),
  name: `host-${n}`,
  namespace: 'remote',
  start_time: start + n,
  end_time: start + n + 0.5,
  ...members,
});

test('shows a plain request', () => {
  const http = { request: { url: 'http://shop/orders?x=1', method: 'GET' }, response: { status: 200 } };
  expect(traceRow([segment(1, { http, annotations: { customer: 'c1' } })])).toEqual({
    traceId,
    startMicros: (start + 1) * 1e6,
    responseMicros: 1e6,
    durationMicros: 1e6,
    inProgress: false,
    outcome: 'ok',
    worst: 'ok',
    entry: key('service-1'),
    method: 'GET',
    url: 'http://shop/orders?x=1',
    status: 200,
    services: [key('service-1')],
    moreServices: 0,
    annotations: { customer: 'c1' },
    documents: 1,
  });
});

test('has the outcome of its root, and the worst of any segment', () => {
  const callee = segment(3, { parent_id: idOf(2), fault: true });
  const row = traceRow([segment(1, { throttle: true, subsegments: [call(2)] }), callee]);
  expect([row.outcome, row.worst, row.entry.name]).toEqual(['throttle', 'fault', 'service-1']);
});

test('lasts from the first start to the last end, and responds when its root has ended', () => {
  const row = traceRow([segment(5), segment(6, { parent_id: idOf(5), end_time: start + 20 })]);
  expect([row.startMicros, row.responseMicros, row.durationMicros]).toEqual([(start + 5) * 1e6, 1e6, 15e6]);
});

test('has no response time while its root is in progress, and is in progress while any document is', () => {
  const open = { end_time: undefined, in_progress: true } as unknown as Partial<SegmentDocument>;
  expect(traceRow([segment(1, open)])).toMatchObject({ responseMicros: null, inProgress: true, outcome: 'ok', durationMicros: 0 });
  expect(traceRow([segment(1), segment(2, { ...open, parent_id: idOf(1) })])).toMatchObject({ responseMicros: 1e6, inProgress: true });
  expect(traceRow([segment(1, open), segment(1)])).toMatchObject({ responseMicros: 1e6, inProgress: false, documents: 1 });
});

test('names its services in order of their first start, the entry first, an inferred one only where nobody answered', () => {
  const root = segment(4, { subsegments: [call(5), call(6, { name: 'elsewhere' })] });
  const { services } = traceRow([segment(3, { parent_id: idOf(5) }), root]);
  expect(services).toEqual([key('service-4'), key('service-3'), key('elsewhere', 'remote')]);
});

test('is bounded in services and annotations', () => {
  const many = Array.from({ length: 40 }, (_, n) => segment(n + 1, { annotations: { [`key_${n}`]: n, same: n } }));
  const row = traceRow(many);
  expect([row.services.length, row.moreServices]).toEqual([maxRowServices, 40 - maxRowServices]);
  expect(Object.keys(row.annotations)).toHaveLength(maxRowAnnotations);
  expect(row.annotations).toMatchObject({ key_0: 0, same: 0 });
});

test('is there without a root, and without any segment', () => {
  const orphan = segment(3, { parent_id: idOf(99) });
  expect(traceRow([segment(4, { parent_id: idOf(3) }), orphan])).toMatchObject({ entry: key('service-3'), startMicros: (start + 3) * 1e6 });
  const streamed = { ...segment(7, { parent_id: idOf(98) }), type: 'subsegment' as const };
  expect(traceRow([streamed])).toMatchObject({ startMicros: (start + 7) * 1e6, services: [], entry: key('') });
});

test('does not take what is of the wrong kind', () => {
  const http = { request: { method: 7, url: {} }, response: { status: '200' } } as unknown as SegmentDocument['http'] & object;
  expect(traceRow([segment(1, { http })])).toMatchObject({ method: null, url: null, status: null });
});

test('is listed at its earliest segment without a parent, else at its earliest segment, else nowhere', () => {
  expect(listedAtMicros([segment(2, { parent_id: idOf(3) }), segment(4), segment(3)])).toBe((start + 3) * 1e6);
  expect(listedAtMicros([segment(5, { parent_id: idOf(3) }), segment(4, { parent_id: idOf(3) })])).toBe((start + 4) * 1e6);
  expect(listedAtMicros([{ ...segment(5, { parent_id: idOf(3) }), type: 'subsegment' }])).toBeNull();
});

/** Documents of one trace, each in one version, with any parents: cycles, orphans and streamed subsegments among them. */
const documents = fc.uniqueArray(
  fc.record({
    n: fc.nat(12),
    parent: fc.option(fc.nat(14)),
    streamed: fc.boolean(),
    start: fc.nat(5),
    took: fc.option(fc.nat(5)),
    status: fc.constantFrom(200, 404, 429, 500),
    calls: fc.uniqueArray(fc.integer({ min: 20, max: 24 }), { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 10, selector: ({ n }) => n },
);

test('is the same in any order and with any copies', () => {
  fc.assert(
    fc.property(documents, fc.infiniteStream(fc.nat()), (plans, chance) => {
      const made = plans.map(documentOf);
      const copies = made.filter(() => (chance.next().value ?? 0) % 2 === 0);
      const ranked = [...made, ...copies].map((document) => ({ document, rank: chance.next().value ?? 0 }));
      const shuffled = ranked.sort((left, right) => left.rank - right.rank).map(({ document }) => document);
      expect(traceRow(shuffled)).toEqual(traceRow(made));
      expect(listedAtMicros(shuffled)).toBe(listedAtMicros(made));
    }),
  );
});

type Plan = { n: number; parent: number | null; streamed: boolean; start: number; took: number | null; status: number; calls: number[] };

function documentOf({ n, parent, streamed, start: at, took, status, calls }: Plan): SegmentDocument {
  const ended = took === null ? { in_progress: true } : { end_time: start + at + took };
  return {
    id: idOf(n),
    trace_id: traceId,
    name: `service-${n % 4}`,
    start_time: start + at,
    ...ended,
    ...(parent === null && !streamed ? {} : { parent_id: idOf(parent ?? 13) }),
    ...(streamed ? { type: 'subsegment' as const } : {}),
    http: { response: { status } },
    annotations: { n },
    subsegments: calls.map((id) => call(id)),
  };
}
