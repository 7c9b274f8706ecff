import type { SamplingRule } from '@fluoroscope/contract/sampling';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultSamplingRule,
  matchedRule,
  matchesRule,
  matchesWildcard,
  samplingRuleOf,
  samplingRuleProblems,
  samplingRuleUpdateOf,
  samplingUpdateProblems,
} from './sampling-rules.js';

const rule = (members: Partial<SamplingRule>): SamplingRule => ({ ...defaultSamplingRule, name: 'rule', priority: 1, ...members });

describe('a wildcard', () => {
  it.each([
    ['*', '', true],
    ['*', '/orders', true],
    ['', '', true],
    ['', 'a', false],
    ['/orders/*', '/ORDERS/7', true],
    ['/orders/*', '/order', false],
    ['?', 'a', true],
    ['?', '', false],
    ['a?c', 'abc', true],
    ['*.example.com', 'shop.example.com', true],
    ['*a*b', 'xxaxxabxb', true],
    ['*a*b', 'xxaxxabxbc', false],
    ['a**c', 'ac', true],
    ['[a-z]+', 'abc', false],
    ['a.c', 'abc', false],
  ])('%j against %j is %j', (pattern, text, expected) => {
    expect(matchesWildcard(pattern, text)).toBe(expected);
  });

  it('agrees with the regular expression that means the same', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'B', '*', '?', '.'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n'), maxLength: 8 });
    fc.assert(
      fc.property(letters, text, (pattern, given) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '[^]*').replaceAll('?', '[^]');
        expect(matchesWildcard(pattern, given)).toBe(new RegExp(`^${source}$`, 'i').test(given));
      }),
    );
  });

  it('is no trap, whatever the pattern', () => {
    const startedAt = performance.now();
    expect(matchesWildcard('*a'.repeat(64), `${'a'.repeat(50_000)}b`)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('a rule', () => {
  it('meets a request when all its patterns do, and what is not known meets them', () => {
    const checkout = rule({ host: 'shop.*', httpMethod: 'POST', urlPath: '/cart/*', serviceName: 'front', serviceType: 'AWS::ECS::*' });
    const request = { host: 'shop.test', httpMethod: 'post', urlPath: '/cart/7', serviceName: 'front', serviceType: 'AWS::ECS::Container' };
    expect(matchesRule(checkout, request)).toBe(true);
    expect(matchesRule(checkout, {})).toBe(true);
    for (const name of Object.keys(request)) expect(matchesRule(checkout, { ...request, [name]: '!' }), name).toBe(false);
    expect(matchesRule(checkout, { ...request, resourceArn: '!' })).toBe(true);
  });

  it('asks for each of its attributes to be there', () => {
    const gold = rule({ attributes: { tier: 'gold*', ring: '?' } });
    expect(matchesRule(gold, { attributes: { tier: 'Golden', ring: '1', more: 'x' } })).toBe(true);
    expect(matchesRule(gold, { attributes: { tier: 'golden' } })).toBe(false);
    expect(matchesRule(gold, {})).toBe(false);
    expect(matchesRule(rule({ attributes: { toString: '*' } }), { attributes: {} })).toBe(false);
  });

  it('of the lowest priority decides, of two alike the first by name, and Default decides the rest', () => {
    const rules = [
      defaultSamplingRule,
      rule({ name: 'b', priority: 5, urlPath: '/a*' }),
      rule({ name: 'a', priority: 5, urlPath: '/a*' }),
      rule({ name: 'z', priority: 1, urlPath: '/admin' }),
    ];
    const nameOf = (urlPath: string) => matchedRule(rules, { urlPath })?.name;
    expect([nameOf('/admin'), nameOf('/about'), nameOf('/')]).toEqual(['z', 'a', 'Default']);
    expect(matchedRule([], {})).toBeNull();
  });
});

describe('what is read from the log', () => {
  it('is a rule with its own members only', () => {
    const one = rule({ attributes: { a: 'b' }, boost: { maxRate: 0.5, cooldownMinutes: 10 } });
    expect(samplingRuleOf({ ...one, more: 1 })).toEqual(one);
    expect(samplingRuleUpdateOf({ name: 'x', fixedRate: 0.5, more: 1 })).toEqual({ fixedRate: 0.5 });
  });

  it.each([
    { name: '' },
    { name: 'a'.repeat(33) },
    { priority: 0 },
    { priority: 1.5 },
    { priority: 10_001 },
    { fixedRate: -0.1 },
    { fixedRate: 1.1 },
    { fixedRate: null },
    { reservoirSize: -1 },
    { reservoirSize: 2 ** 31 },
    { urlPath: 'a'.repeat(129) },
    { attributes: { a: '' } },
    { attributes: { a: 1 } },
    { attributes: Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`k${n}`, 'v'])) },
    { boost: { maxRate: 2, cooldownMinutes: 1 } },
    { boost: {} },
  ])('is no rule and no update with %j', (members) => {
    expect(samplingRuleOf({ ...rule({}), ...members })).toBeNull();
    if (!('name' in members)) expect(samplingRuleUpdateOf(members)).toBeNull();
  });

  it('is none for anything else', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(samplingRuleOf(value)).toBeNull();
      }),
    );
  });
});

describe('what is wrong with a rule', () => {
  it('is said of each member', () => {
    expect(samplingRuleProblems({ ...rule({}) })).toEqual({});
    const wrong = { ...rule({ priority: 10_000, fixedRate: 1.5, urlPath: 'x'.repeat(129), attributes: { '': 'a' } }), name: '' };
    expect(Object.keys(samplingRuleProblems(wrong)).sort()).toEqual(['attributes', 'fixedRate', 'name', 'priority', 'urlPath']);
    expect(samplingRuleProblems({ ...rule({}), reservoirSize: Number.NaN }).reservoirSize).toContain('whole number');
    expect(Object.keys(samplingRuleProblems({}))).toContain('host');
  });

  it('is said of an update for what it gives', () => {
    expect(samplingUpdateProblems({ fixedRate: 0.5 })).toEqual({});
    expect(Object.keys(samplingUpdateProblems({ fixedRate: -1, name: '' }))).toEqual(['fixedRate']);
  });
});
