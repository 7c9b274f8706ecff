import { maxGroupFilters, maxGroups } from '@fluoroscope/contract/groups';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupBook } from './group-book.js';
import { defaultGroup, filterAt } from './groups.js';

const insights = { enabled: false, notifications: false };
const create = (name: string, expression = 'fault') => ({
  kind: 'create group' as const,
  name,
  groupId: `ID${name}`,
  expression,
  insights,
  tags: [],
});
const update = (name: string, expression: string) => ({ kind: 'update group' as const, name, update: { expression } });
const remove = (name: string) => ({ kind: 'delete group' as const, name });
const nameOf = ({ name }: { name: string }) => name;

describe('the book of groups', () => {
  it('begins with the group Default, which holds every trace', () => {
    expect(new GroupBook().records()).toEqual([defaultGroup]);
  });

  it('keeps what is made, changed and deleted', () => {
    const book = new GroupBook();
    for (const name of ['slow', 'a']) book.apply(create(name), 100);
    expect(book.records().map(nameOf)).toEqual(['Default', 'a', 'slow']);
    const enabled = { enabled: true, notifications: true };
    expect(book.apply({ kind: 'update group', name: 'slow', update: { insights: enabled } }, 200)).toEqual({
      before: { name: 'slow', id: 'IDslow', filters: [{ version: 1, expression: 'fault', sinceMs: 100 }], insights, tags: [] },
      after: { name: 'slow', id: 'IDslow', filters: [{ version: 1, expression: 'fault', sinceMs: 100 }], insights: enabled, tags: [] },
    });
    expect(book.apply(remove('slow'), 300)).toMatchObject({ before: { name: 'slow' }, after: null });
    expect(book.record('slow')).toBeNull();
  });

  it('refuses what the order of the log does not leave room for, and changes nothing', () => {
    const book = new GroupBook();
    for (let n = 0; n < maxGroups; n++) book.apply(create(`group-${n}`), n);
    const before = book.snapshot();
    const refusals = [
      [create('group-0'), 'group_exists'],
      [create('Default'), 'group_exists'],
      [create('one-more'), 'group_limit'],
      [update('nobody', ''), 'group_unknown'],
      [remove('nobody'), 'group_unknown'],
      [remove('Default'), 'default_group'],
      [update('Default', 'fault'), 'default_group'],
    ] as const;
    for (const [change, code] of refusals) expect(book.apply(change, 9_999)).toMatchObject({ refused: { code } });
    expect(book.snapshot()).toEqual(before);
    book.apply(remove('group-0'), 10_000);
    expect(book.apply(create('one-more'), 10_001)).toMatchObject({ after: { name: 'one-more' } });
  });

  it('keeps every version of a filter, and which was in force when', () => {
    const book = new GroupBook();
    book.apply(create('g', 'fault'), 100);
    for (const [expression, atMs] of [
      ['error', 200],
      ['error', 300],
      ['ok', 150],
    ] as const)
      book.apply(update('g', expression), atMs);
    const record = book.record('g') ?? defaultGroup;
    expect(record.filters).toEqual([
      { version: 1, expression: 'fault', sinceMs: 100 },
      { version: 2, expression: 'error', sinceMs: 200 },
      { version: 3, expression: 'ok', sinceMs: 201 },
    ]);
    const versionAt = (atMs: number) => filterAt(record, atMs)?.version ?? null;
    expect([99, 100, 199, 200, 201, 9_999].map(versionAt)).toEqual([null, 1, 1, 2, 3, 3]);
  });

  it('lets the oldest versions go, and answers with the oldest that is left for the time before', () => {
    const book = new GroupBook();
    book.apply(create('g', 'v1'), 1);
    for (let version = 2; version <= maxGroupFilters + 5; version++) book.apply(update('g', `v${version}`), version);
    const record = book.record('g') ?? defaultGroup;
    expect(record.filters).toHaveLength(maxGroupFilters);
    expect([filterAt(record, 0)?.expression, filterAt(record, 9_999)?.version]).toEqual(['v6', maxGroupFilters + 5]);
  });

  it('takes tags', () => {
    const book = new GroupBook();
    const resource = { kind: 'group' as const, name: 'Default' };
    const tag = (key: string, value: string) => book.retag('Default', { kind: 'tag resource', resource, tags: [{ key, value }] });
    tag('a', '1');
    tag('b', '2');
    expect(tag('a', '3')).toMatchObject({
      after: {
        tags: [
          { key: 'a', value: '3' },
          { key: 'b', value: '2' },
        ],
      },
    });
    expect(book.retag('nobody', { kind: 'untag resource', resource, keys: ['a'] })).toMatchObject({
      refused: { code: 'resource_unknown' },
    });
  });

  it('goes on from a snapshot as if it had read everything', () => {
    const name = fc.constantFrom('a', 'b', 'Default', '__proto__');
    const change = fc.oneof(
      name.map((one) => create(one)),
      fc.tuple(name, fc.constantFrom('ok', 'fault', '')).map(([one, expression]) => update(one, expression)),
      name.map(remove),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.array(change, { maxLength: 8 }), (before, after) => {
        const [whole, resumed] = [new GroupBook(), new GroupBook()];
        for (const [at, one] of before.entries()) whole.apply(one, at);
        expect(resumed.restore(JSON.parse(JSON.stringify(whole.snapshot())))).toBe(true);
        for (const [at, one] of after.entries()) expect(resumed.apply(one, at)).toEqual(whole.apply(one, at));
        expect(resumed.snapshot()).toEqual(whole.snapshot());
      }),
    );
  });

  it.each([null, {}, [{}], [{ ...defaultGroup, filters: [] }], [{ ...defaultGroup, insights: { enabled: false, notifications: true } }]])(
    'is not restored from %j',
    (snapshot) => {
      expect(new GroupBook().restore(snapshot)).toBe(false);
    },
  );
});
