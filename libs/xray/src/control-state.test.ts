import { type ControlRecord, maxPlaceChanges, maxPlaces, type PlaceChange } from '@fluoroscope/contract/control';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeChangesOf } from './control-record.js';
import { ControlState } from './control-state.js';

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
