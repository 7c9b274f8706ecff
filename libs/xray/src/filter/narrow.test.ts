import { expect, test } from 'vitest';
import { type EntityTraits, traitsOf } from './narrow.js';
import { parseFilter } from './parse.js';

const anything: EntityTraits = { isSegment: false, outcomes: [0, 1, 2, 3], minMicros: 0, maxMicros: Number.MAX_SAFE_INTEGER };

test.each<[string, Partial<EntityTraits>[]]>([
  ['fault', [{ isSegment: true, outcomes: [3] }]],
  ['!ok', [{ isSegment: true, outcomes: [1, 2, 3] }]],
  ['error = false throttle != true', [{ isSegment: true, outcomes: [0, 3] }]],
  ['responsetime > 2 AND responsetime <= 3', [{ isSegment: true, minMicros: 1_999_999, maxMicros: 3_000_001 }]],
  ['ok AND (fault OR annotation.a)', [{ isSegment: true, outcomes: [0] }]],
  ['service("a")', [{ name: 'a' }]],
  ['service(id(name: "a", type: "")) { fault AND responsetime >= 1 }', [{ name: 'a', type: '', outcomes: [3], minMicros: 999_999 }]],
  [
    'service("a") { fault } AND ok',
    [
      { isSegment: true, outcomes: [0] },
      { name: 'a', outcomes: [3] },
    ],
  ],
  ['service(id(name: "a", type: "client"))', [{ isSegment: true, name: 'a' }]],
  ['edge("a", id(account.id: "1")) { fault }', [{ isSegment: true, name: 'a' }, { accountId: '1' }]],
  // Nothing that storage could tell.
  ['service()', []],
  ['!service("a")', []],
  ['fault OR service("a")', []],
  ['annotation.a AND ok = 5 AND responsetime != 1 AND !(responsetime > 1)', []],
])('%s asks for entities with these traits', (text, traits) => {
  const parsed = parseFilter(text);
  if ('problem' in parsed) throw new Error(parsed.problem.message);
  expect(traitsOf(parsed.expression)).toEqual(traits.map((own) => ({ ...anything, ...own })));
});
