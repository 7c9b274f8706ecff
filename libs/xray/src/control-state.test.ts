import {
  type ControlChange,
  type ControlRecord,
  type Edited,
  maxPlaceChanges,
  maxPlaces,
  type PlaceChange,
} from '@fluoroscope/contract/control';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeChangesOf } from './control-record.js';
import { ControlState } from './control-state.js';
import { defaultSamplingRule } from './sampling-rules.js';

const edited = (name: keyof Edited): Edited => ({ [name]: expect.anything() });

function record(changes: PlaceChange[]): string {
  return JSON.stringify({ id: 'a', at: 1, actor: 'somebody', kind: 'places', changes } satisfies ControlRecord);
}

const change: fc.Arbitrary<PlaceChange> = fc.oneof(
  fc.record({
    node: fc.constantFrom('a', 'b|t', 'c'),
    x: fc.integer({ min: -999, max: 999 }),
    y: fc.double({ min: -9, max: 9, noNaN: true }),
    pinned: fc.boolean(),
  }),
  fc.record({ node: fc.constantFrom('a', 'b|t', 'c'), removed: fc.constant(true as const) }),
);
const changes = fc.array(change, { minLength: 1, maxLength: 5 });

describe('the fold of the control log', () => {
  it('keeps the last change of each node, in the order of the log', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 10 }), (records) => {
        const state = new ControlState();
        for (const [position, one] of records.entries()) state.apply(record(one), position);
        const last = new Map(JSON.parse(JSON.stringify(records.flat())).map((one: PlaceChange) => [one.node, one]));
        const kept = [...last.values()].filter((one) => !('removed' in (one as PlaceChange)));
        expect(new Set(state.places().places)).toEqual(new Set(kept));
        expect(state.places().version).toBe(records.length);
      }),
    );
  });

  it('goes on from a snapshot as if it had read everything', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 6 }), fc.array(changes, { maxLength: 6 }), (before, after) => {
        const whole = new ControlState();
        for (const [position, one] of before.entries()) whole.apply(record(one), position);
        const resumed = new ControlState();
        expect(resumed.restore(JSON.parse(JSON.stringify(whole.snapshot())))).toBe(true);
        for (const [at, one] of after.entries()) {
          whole.apply(record(one), before.length + at);
          resumed.apply(record(one), before.length + at);
        }
        expect(resumed.places()).toEqual(whole.places());
      }),
    );
  });

  it('refuses a record that would make one place too many, whole, and takes it once there is room', () => {
    const state = new ControlState();
    const place = (n: number): PlaceChange => ({ node: `n${n}`, x: n, y: 0, pinned: true });
    for (let n = 0; n < maxPlaces; n += maxPlaceChanges)
      state.apply(record(Array.from({ length: maxPlaceChanges }, (_, at) => place(n + at))), n / maxPlaceChanges);
    const { refused } = state.apply(record([{ node: 'n0', x: 9, y: 9, pinned: false }, place(maxPlaces)]), 10);
    expect([refused?.code, state.refused, state.places().version]).toEqual(['too_many_places', 1, 10]);
    expect(state.places().places.find(({ node }) => node === 'n0')?.x).toBe(0);
    expect(state.apply(record([{ node: 'n0', removed: true }, place(maxPlaces)]), 11).refused).toBeNull();
    expect(state.places().places).toHaveLength(maxPlaces);
  });

  it('keeps every kind of change, says what was before and after it, and goes on from a snapshot with all of them', () => {
    const insights = { enabled: true, notifications: false };
    const resource = { kind: 'group', name: 'g' } as const;
    const policy = { name: 'p', document: '{}', revision: null };
    const edits: [ControlChange, Edited, Edited][] = [
      [{ kind: 'create sampling rule', rule: { ...defaultSamplingRule, name: 'r' }, tags: [] }, {}, edited('samplingRule')],
      [{ kind: 'update sampling rule', name: 'r', update: { fixedRate: 1 } }, edited('samplingRule'), edited('samplingRule')],
      [{ kind: 'delete sampling rule', name: 'r' }, edited('samplingRule'), {}],
      [{ kind: 'create group', name: 'g', groupId: 'I', expression: 'ok', insights, tags: [] }, {}, edited('group')],
      [{ kind: 'update group', name: 'g', update: { expression: 'fault', insights } }, edited('group'), edited('group')],
      [{ kind: 'tag resource', resource, tags: [{ key: 'k', value: 'v' }] }, edited('group'), edited('group')],
      [
        { kind: 'untag resource', resource: { kind: 'sampling rule', name: 'Default' }, keys: ['k'] },
        edited('samplingRule'),
        edited('samplingRule'),
      ],
      [
        { kind: 'put encryption config', encryption: { type: 'KMS', keyId: 'k' } },
        { encryption: { type: 'NONE', keyId: null } },
        edited('encryption'),
      ],
      [{ kind: 'update indexing rule', name: 'Default', percentage: 5 }, edited('indexingRule'), edited('indexingRule')],
      [
        { kind: 'update trace segment destination', destination: 'CloudWatchLogs' },
        { destination: 'XRay' },
        { destination: 'CloudWatchLogs' },
      ],
      [{ kind: 'put resource policy', ...policy }, {}, edited('resourcePolicy')],
      [
        { kind: 'places', changes: [{ node: 'n', x: 1, y: 2, pinned: true }] },
        { places: [] },
        { places: [{ node: 'n', x: 1, y: 2, pinned: true }] },
      ],
    ];
    const state = new ControlState();
    for (const [at, [change, before, after]] of edits.entries())
      expect(state.apply(JSON.stringify({ id: 'a', at, actor: 'somebody', ...change }), at)).toMatchObject({
        refused: null,
        before,
        after,
      });
    expect(state.unknown).toBe(0);
    const resumed = new ControlState();
    expect(resumed.restore(JSON.parse(JSON.stringify(state.snapshot())))).toBe(true);
    expect(resumed.snapshot()).toEqual(state.snapshot());
    expect([resumed.groups.record('g')?.tags, resumed.settings.current.destination]).toEqual([
      [{ key: 'k', value: 'v' }],
      'CloudWatchLogs',
    ]);
    expect(
      state.apply(JSON.stringify({ id: 'a', at: 9, actor: 'b', kind: 'delete resource policy', name: 'p', revision: null }), 20),
    ).toMatchObject({
      before: { resourcePolicy: { name: 'p', revision: '1' } },
      after: {},
    });
  });

  it.each(['samplingRules', 'groups', 'settings', 'resourcePolicies'])('does not go on from a snapshot whose %s are damaged', (book) => {
    const state = new ControlState();
    state.apply(record([{ node: 'n', x: 1, y: 2, pinned: true }]), 0);
    expect(state.restore({ places: [], version: 9, [book]: 'damaged' })).toBe(false);
    expect(state.places().version).toBe(1);
  });

  it('passes over what it does not know, whatever it is', () => {
    const state = new ControlState();
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.constant('{"kind":"rules","id":"a","at":1,"actor":"b"}')), (text) => {
        expect(state.apply(text, 0).record).toBeNull();
      }),
    );
    expect(state.places()).toEqual({ places: [], version: 0 });
    expect(state.unknown).toBeGreaterThan(0);
  });

  it.each([null, [], {}, 'a', [null], [{}], [{ node: '', x: 0, y: 0, pinned: true }], [{ node: 'a', x: '0', y: 0, pinned: true }]])(
    'takes %j for no changes',
    (value) => {
      expect(placeChangesOf(value)).toEqual(expect.any(String));
    },
  );

  it('takes no number that JSON cannot hold, and nothing beside what it knows', () => {
    for (const x of [Number.NaN, Number.POSITIVE_INFINITY, 1e300])
      expect(placeChangesOf([{ node: 'a', x, y: 0, pinned: true }])).toEqual(expect.any(String));
    expect(placeChangesOf([{ node: 'a', x: 1, y: 2, pinned: true, more: 'x' }])).toEqual([{ node: 'a', x: 1, y: 2, pinned: true }]);
  });
});
