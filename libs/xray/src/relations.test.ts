import { expect, test } from 'vitest';
import { type Entity, type EntityKind, entityKinds } from './entities.js';
import { noFacets } from './entity-facets.js';
import { relateTrace } from './relations.js';

const { segment, call, step } = entityKinds;
const node = (name: string, type = '') => ({ name, type, accountId: '' });
function entity(kind: EntityKind, id: string, parentId: string, members: Partial<Entity> = {}): Entity {
  const base = {
    owner: null,
    callId: id,
    startMicros: 0,
    responseMicros: 0,
    durationMicros: 0,
    outcome: 0,
    inProgress: false,
    inferred: false,
    label: id,
    facets: noFacets,
  } as const;
  return { kind, id, parentId, node: kind === step ? null : node(id, kind === call ? 'remote' : ''), ...base, ...members };
}

test('a segment that names an embedded call as parent is its callee', () => {
  const relations = relateTrace([entity(segment, 'a', ''), entity(call, 'x', 'a', { owner: node('a') }), entity(segment, 'b', 'x')]);
  expect(relations).toEqual([{ kind: 'callee', callId: 'x', childId: 'b', node: node('b') }]);
});

test('a segment that names what lies inside an aws call is called by the aws call', () => {
  const relations = relateTrace([
    entity(segment, 'a', ''),
    entity(call, 'x', 'a', { owner: node('a'), node: node('q', 'AWS::SQS::Queue') }),
    entity(step, 'y', 'x', { owner: node('a'), callId: 'x' }),
    entity(segment, 'b', 'y'),
  ]);
  expect(relations).toEqual([{ kind: 'callee', callId: 'x', childId: 'b', node: node('b') }]);
});

test('a segment whose parent is a segment gets that one as owner', () => {
  expect(relateTrace([entity(segment, 'a', ''), entity(segment, 'b', 'a')])).toEqual([{ kind: 'owner', id: 'b', node: node('a') }]);
});

test('the owner of a streamed subsegment is found through any number of streamed and embedded parents, in any order', () => {
  const entities = [
    entity(call, 'z', 'y'),
    entity(step, 'y', 'x'),
    entity(step, 'x', 'w'),
    entity(step, 'w', 'a', { owner: node('a') }),
    entity(segment, 'a', ''),
  ];
  const expected = ['x', 'y', 'z'].map((id) => ({ kind: 'owner', id, node: node('a') }));
  const sorted = (list: readonly Entity[]) => relateTrace(list).sort((l, r) => JSON.stringify(l).localeCompare(JSON.stringify(r)));
  expect(sorted(entities)).toEqual(expected);
  expect(sorted(entities.toReversed())).toEqual(expected);
});

test('a streamed call under an aws call is a step inside it', () => {
  const entities = [
    entity(segment, 'a', ''),
    entity(call, 'x', 'a', { node: node('q', 'AWS::SQS::Queue') }),
    entity(step, 'y', 'x'),
    entity(call, 'z', 'y'),
    entity(segment, 'b', 'z'),
  ];
  expect(relateTrace(entities)).toEqual([
    { kind: 'owner', id: 'x', node: node('a') },
    { kind: 'callee', callId: 'x', childId: 'b', node: node('b') },
  ]);
});

test('cycles and orphans relate to nothing', () => {
  expect(relateTrace([entity(call, 'x', 'y'), entity(step, 'y', 'x'), entity(step, 'z', 'z'), entity(segment, 's', 's')])).toEqual([]);
  expect(relateTrace([entity(call, 'x', 'lost'), entity(segment, 'b', 'lost too')])).toEqual([]);
});

test('of two entities with one ID the later one counts', () => {
  const relations = relateTrace([entity(segment, 'a', ''), entity(segment, 'b', 'a'), entity(segment, 'a', '', { node: node('new') })]);
  expect(relations).toEqual([{ kind: 'owner', id: 'b', node: node('new') }]);
});

test('a chain of 50,000 streamed subsegments is related in one pass', () => {
  const chain = Array.from({ length: 50_000 }, (_, i) => entity(step, `s${i}`, i === 49_999 ? 'a' : `s${i + 1}`));
  expect(relateTrace([...chain, entity(segment, 'a', '')])).toHaveLength(50_000);
});
