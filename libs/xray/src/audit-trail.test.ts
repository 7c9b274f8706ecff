import type { Actor, ControlChange } from '@fluoroscope/contract/control';
import { describe, expect, it } from 'vitest';
import { AuditTrail } from './audit-trail.js';
import { ControlState } from './control-state.js';

const who: Actor = { actor: 'Ada', keyId: 'READER', address: '10.0.0.7', client: 'aws-cli/2', requestId: 'r-1' };
const insights = { enabled: false, notifications: false };
const make: ControlChange = { kind: 'create group', name: 'slow', groupId: 'A'.repeat(52), expression: 'fault', insights, tags: [] };

function record(change: ControlChange, id = 'a', actor: Actor = who): string {
  return JSON.stringify({ id, at: 1_700_000_000_000, ...actor, ...change });
}

function after(...changes: ControlChange[]): ControlState {
  const state = new ControlState();
  for (const [position, change] of changes.entries()) state.apply(record(change, `id-${position}`), position);
  return state;
}

describe('the audit trail', () => {
  it('says who changed what, when, from where, and what it was before and after', () => {
    const state = after(make, { kind: 'update group', name: 'slow', update: { expression: 'error' } });
    const [event] = state.audit.newest();
    expect(event).toEqual({
      ...who,
      id: 'id-1',
      position: 1,
      at: 1_700_000_000_000,
      action: 'UpdateGroup',
      resource: { type: 'AWS::XRay::Group', name: 'slow' },
      refused: null,
      before: { name: 'slow', expression: 'fault', insights, tags: [] },
      after: { name: 'slow', expression: 'error', insights, tags: [] },
    });
  });

  it('has nothing before what is made, and nothing after what is deleted', () => {
    const events = [...after(make, { kind: 'delete group', name: 'slow' }).audit.newest()];
    expect(events.map(({ action, before, after }) => [action, before === null, after === null])).toEqual([
      ['DeleteGroup', false, true],
      ['CreateGroup', true, false],
    ]);
  });

  it('names the places of a change by their nodes', () => {
    const place = { node: 'cart|AWS::ECS', x: 1, y: 2, pinned: true };
    const state = after({ kind: 'places', changes: [place] }, { kind: 'places', changes: [{ ...place, x: 5 }] });
    const [event] = state.audit.newest();
    expect([event?.action, event?.resource.name]).toEqual(['PutPlaces', place.node]);
    expect([event?.before, event?.after]).toEqual([1, 5].map((x) => ({ [place.node]: { x, y: 2, pinned: true } })));
  });

  it('keeps what was refused, with the reason', () => {
    const [event] = after({ kind: 'delete group', name: 'gone' }).audit.newest();
    expect([event?.refused, event?.before, event?.after]).toEqual([expect.stringContaining('gone'), null, null]);
  });

  it('passes over what it does not know, and understands records of before people had keys', () => {
    const state = new ControlState();
    state.apply('{"kind":"of a later version","id":"a","at":1,"actor":"x"}', 0);
    state.apply(record({ kind: 'delete group', name: 'gone' }, 'old', { actor: 'anonymous@127.0.0.1' }), 1);
    expect([...state.audit.newest()]).toMatchObject([{ id: 'old', actor: 'anonymous@127.0.0.1', keyId: null, address: null }]);
  });

  it('goes on from a snapshot', () => {
    const state = after(make, { kind: 'delete group', name: 'slow' });
    const resumed = new ControlState();
    expect(resumed.restore(JSON.parse(JSON.stringify(state.snapshot())))).toBe(true);
    for (const one of [state, resumed]) one.apply(record(make, 'later'), 2);
    expect([...resumed.audit.newest()]).toEqual([...state.audit.newest()]);
    expect(resumed.audit.kept()).toEqual(state.audit.kept());
    expect(new AuditTrail().restore({ forgotten: 0, events: [{ id: 7 }] })).toBe(false);
  });

  it('forgets the oldest beyond its bounds, in number and in bytes, and counts them', () => {
    const applied = { record: { ...make, ...who, id: 'a', at: 1 }, refused: null, before: {}, after: {} };
    const few = new AuditTrail({ events: 2, bytes: 1e6 });
    const small = new AuditTrail({ events: 100, bytes: 700 });
    for (const trail of [few, small]) for (let position = 0; position < 5; position++) trail.add(applied, position);
    expect([...few.newest()].map(({ position }) => position)).toEqual([4, 3]);
    expect(few.kept()).toMatchObject({ events: 2, forgotten: 3 });
    expect(small.kept().forgotten).toBeGreaterThan(0);
    expect([...small.newest(4)].map(({ position }) => position)[0]).toBe(3);
  });
});
