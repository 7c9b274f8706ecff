import type { SamplingRule } from '@fluoroscope/contract/sampling';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askRules, cautionsOf, forecastOf } from './sampling-advice.js';
import { defaultSamplingRule, matchedRule, matchesRule } from './sampling-rules.js';

const rule = (name: string, priority: number, members: Partial<SamplingRule> = {}): SamplingRule => ({
  ...defaultSamplingRule,
  name,
  priority,
  ...members,
});
const pattern = fc.string({ unit: fc.constantFrom('a', 'B', '*', '?'), maxLength: 4 });
const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 });

describe('asking rules', () => {
  it('says why each rule before the one that decides does not meet the request', () => {
    const rules = [
      rule('later', 9),
      rule('health', 1, { urlPath: '/health', attributes: { tier: 'gold' } }),
      rule('orders', 2, { urlPath: '/ORDERS/*' }),
      defaultSamplingRule,
    ];
    const asked = askRules(rules, { urlPath: '/orders/7', httpMethod: 'GET' });
    expect(asked.map(({ rule: { name }, misses }) => [name, misses])).toEqual([
      [
        'health',
        [
          { member: 'urlPath', pattern: '/health', value: '/orders/7' },
          { member: 'attributes', key: 'tier', pattern: 'gold', value: null },
        ],
      ],
      ['orders', []],
    ]);
  });

  it('finds the rule that a sampler would', () => {
    const rules = fc.array(fc.record({ urlPath: pattern, priority: fc.nat(3) }), { maxLength: 6 });
    fc.assert(
      fc.property(rules, text, (members, urlPath) => {
        const all = members.map(({ priority, ...rest }, at) => rule(`rule ${at}`, priority, rest));
        const last = askRules(all, { urlPath }).at(-1);
        expect(last?.misses.length === 0 ? last.rule : null).toEqual(matchedRule(all, { urlPath }));
      }),
    );
  });
});

describe('a forecast', () => {
  it.each([
    [{ reservoirSize: 1, fixedRate: 0.05 }, 0, { reservoir: 0, fixed: 0, sampled: 0 }],
    [{ reservoirSize: 5, fixedRate: 0.5 }, 2, { reservoir: 2, fixed: 0, sampled: 2 }],
    [{ reservoirSize: 5, fixedRate: 0.5 }, 25, { reservoir: 5, fixed: 10, sampled: 15 }],
    [{ reservoirSize: 0, fixedRate: 0 }, 25, { reservoir: 0, fixed: 0, sampled: 0 }],
  ])('of %j at %d a second', (members, rate, expected) => {
    expect(forecastOf(members, rate)).toEqual(expected);
  });
});

describe('a caution', () => {
  const kinds = (one: SamplingRule, ...others: SamplingRule[]) => cautionsOf(one, [one, ...others]).map(({ kind }) => kind);

  it('is given for a rule that is never asked', () => {
    const wide = rule('wide', 1, { urlPath: '/api/*' });
    expect(cautionsOf(rule('narrow', 2, { urlPath: '/api/orders/*' }), [wide])).toEqual([{ kind: 'shadowed', by: 'wide' }]);
    expect(kinds(rule('elsewhere', 2, { urlPath: '/ap*' }), wide)).toEqual([]);
    expect(kinds(rule('earlier', 0, { urlPath: '/api/x' }), wide)).toEqual([]);
    expect(kinds(rule('narrow', 2), rule('marked', 1, { attributes: { tier: '*' } }))).toEqual([]);
  });

  it('is given for what samples nothing, for two of one priority, and for what SDKs pass over', () => {
    expect(kinds(rule('off', 1, { fixedRate: 0, reservoirSize: 0 }), rule('other', 1, { urlPath: '/a' }))).toEqual([
      'tied',
      'samples nothing',
    ]);
    expect(kinds(rule('untyped', 1, { serviceType: '' }))).toEqual(['no service type']);
    expect(kinds(rule('marked', 1, { attributes: { a: 'b' } }))).toEqual(['not for X-Ray SDKs']);
    expect(kinds(rule('one', 1, { resourceArn: 'arn:*' }))).toEqual(['not for X-Ray SDKs']);
    expect(kinds(defaultSamplingRule)).toEqual([]);
  });

  it('never calls a rule shadowed that some request would reach', () => {
    fc.assert(
      fc.property(pattern, pattern, text, (wide, narrow, urlPath) => {
        const [first, second] = [rule('first', 1, { urlPath: wide }), rule('second', 2, { urlPath: narrow })];
        const isShadowed = kinds(second, first).includes('shadowed');
        fc.pre(isShadowed && matchesRule(second, { urlPath }));
        expect(matchesRule(first, { urlPath })).toBe(true);
      }),
    );
  });
});
