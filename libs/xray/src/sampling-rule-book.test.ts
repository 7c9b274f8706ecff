import { maxSamplingRules, type SamplingRule } from '@fluoroscope/contract/sampling';
import { maxTags } from '@fluoroscope/contract/tags';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SamplingRuleBook } from './sampling-rule-book.js';
import { defaultSamplingRule } from './sampling-rules.js';

const rule = (name: string, members: Partial<SamplingRule> = {}): SamplingRule => ({
  ...defaultSamplingRule,
  name,
  priority: 1,
  ...members,
});
const create = (name: string, members: Partial<SamplingRule> = {}) => ({
  kind: 'create sampling rule' as const,
  rule: rule(name, members),
  tags: [],
});
const update = (name: string, members: Partial<SamplingRule>) => ({ kind: 'update sampling rule' as const, name, update: members });
const remove = (name: string) => ({ kind: 'delete sampling rule' as const, name });

describe('the book of rules', () => {
  it('begins with the Default rule, as old as time', () => {
    const book = new SamplingRuleBook();
    expect(book.records()).toEqual([{ rule: defaultSamplingRule, createdAtMs: 0, modifiedAtMs: 0, tags: [] }]);
    expect(book.changedAtMs).toBe(0);
  });

  it('keeps what is made, changed and deleted, in the order in which rules are asked', () => {
    const book = new SamplingRuleBook();
    book.apply(create('slow', { priority: 20 }), 100);
    book.apply(create('fast', { priority: 10 }), 200);
    expect(book.records().map((one) => one.rule.name)).toEqual(['fast', 'slow', 'Default']);
    expect(book.apply(update('slow', { priority: 5, attributes: { a: 'b' } }), 300)).toEqual({
      before: { rule: rule('slow', { priority: 20 }), createdAtMs: 100, modifiedAtMs: 100, tags: [] },
      after: { rule: rule('slow', { priority: 5, attributes: { a: 'b' } }), createdAtMs: 100, modifiedAtMs: 300, tags: [] },
    });
    expect(book.records().map((one) => one.rule.name)).toEqual(['slow', 'fast', 'Default']);
    expect(book.apply(remove('fast'), 400)).toMatchObject({ before: { rule: { name: 'fast' } }, after: null });
    expect([book.record('fast'), book.changedAtMs]).toEqual([null, 400]);
  });

  it('refuses what the order of the log does not leave room for, and changes nothing', () => {
    const book = new SamplingRuleBook();
    for (let n = 0; n < maxSamplingRules; n++) book.apply(create(`rule ${n}`), n);
    const before = book.snapshot();
    const refusals = [
      [create('rule 0'), 'rule_exists'],
      [create('Default'), 'rule_exists'],
      [create('one more'), 'rule_limit'],
      [update('nobody', {}), 'rule_unknown'],
      [remove('nobody'), 'rule_unknown'],
      [remove('Default'), 'default_rule'],
      [update('Default', { priority: 1 }), 'default_rule'],
      [update('Default', { boost: { maxRate: 1, cooldownMinutes: 1 } }), 'default_rule'],
    ] as const;
    for (const [change, code] of refusals) expect(book.apply(change, 9_999)).toMatchObject({ refused: { code } });
    expect(book.snapshot()).toEqual(before);
    book.apply(remove('rule 0'), 10_000);
    expect(book.apply(create('one more'), 10_001)).toHaveProperty('after.rule');
  });

  it('lets the Default rule be tuned, by a client that names all its members too', () => {
    const book = new SamplingRuleBook();
    expect(book.apply(update('Default', { fixedRate: 1, reservoirSize: 50, host: '*' }), 5)).toMatchObject({
      after: { rule: { fixedRate: 1, reservoirSize: 50, priority: 10_000 }, createdAtMs: 0, modifiedAtMs: 5 },
    });
  });

  it('tells of every change by a later time, whatever the clocks say', () => {
    const book = new SamplingRuleBook();
    book.apply(create('a'), 1_000);
    book.apply(update('a', { fixedRate: 1 }), 500);
    expect([book.changedAtMs, book.record('a')?.modifiedAtMs]).toEqual([1_001, 1_001]);
  });

  it('takes tags, up to their number, which no sampler has to hear of', () => {
    const book = new SamplingRuleBook();
    const resource = { kind: 'sampling rule' as const, name: 'Default' };
    const tags = Array.from({ length: maxTags }, (_, n) => ({ key: `k${n}`, value: '' }));
    expect(book.retag('Default', { kind: 'tag resource', resource, tags })).toMatchObject({ before: { tags: [] }, after: { tags } });
    const more = { kind: 'tag resource' as const, resource, tags: [{ key: 'one more', value: '' }] };
    expect(book.retag('Default', more)).toMatchObject({ refused: { code: 'too_many_tags' } });
    expect(book.retag('nobody', more)).toMatchObject({ refused: { code: 'resource_unknown' } });
    book.retag('Default', { kind: 'untag resource', resource, keys: ['k0', 'unknown'] });
    expect(book.record('Default')?.tags).toEqual(tags.slice(1));
    expect(book.changedAtMs).toBe(0);
  });

  it('goes on from a snapshot as if it had read everything', () => {
    const name = fc.constantFrom('a', 'b', 'Default', '__proto__');
    const change = fc.oneof(
      name.map((one) => create(one)),
      fc.tuple(name, fc.nat(9)).map(([one, size]) => update(one, { reservoirSize: size })),
      name.map(remove),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.array(change, { maxLength: 8 }), (before, after) => {
        const [whole, resumed] = [new SamplingRuleBook(), new SamplingRuleBook()];
        for (const [at, one] of before.entries()) whole.apply(one, at);
        expect(resumed.restore(JSON.parse(JSON.stringify(whole.snapshot())))).toBe(true);
        for (const [at, one] of after.entries()) expect(resumed.apply(one, at)).toEqual(whole.apply(one, at));
        expect(resumed.snapshot()).toEqual(whole.snapshot());
      }),
    );
  });

  it.each([null, {}, { changedAtMs: 1, records: [{}] }, { changedAtMs: '1', records: [] }])('is not restored from %j', (snapshot) => {
    expect(new SamplingRuleBook().restore(snapshot)).toBe(false);
  });
});
