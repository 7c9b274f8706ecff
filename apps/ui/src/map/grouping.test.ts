import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grouped, groupId, groupings, groupNames, isGroupId } from './grouping.js';

function node(name: string, { type = '', accountId = '', isClient = false } = {}): Grouped {
  return { id: `${name}|${type}|${accountId}${isClient ? '|client' : ''}`, key: { name, type, accountId }, isClient };
}

function sizes(nodes: readonly Grouped[], by: 'prefix' | 'type' | 'account'): Record<string, number> {
  const names = [...groupNames(nodes, by).values()];
  return Object.fromEntries([...new Set(names)].sort().map((name) => [name, names.filter((other) => other === name).length]));
}

describe('groups of a large map', () => {
  it('hold the services with the same first word, three at least', () => {
    const nodes = ['shop-cart', 'shop-pay', 'shop-list', 'crm-web', 'crm-api', 'solo', 'mail.in', 'mail.out', 'mail.spam'].map((name) =>
      node(name),
    );
    expect(sizes(nodes, 'prefix')).toEqual({ mail: 3, shop: 3 });
  });

  it('take a word more where the first one is shared by most', () => {
    const nodes = ['cart', 'pay', 'mail'].flatMap((team) => [1, 2, 3, 4].map((number) => node(`acme-${team}-${number}`)));
    expect(sizes(nodes, 'prefix')).toEqual({ 'acme-cart': 4, 'acme-mail': 4, 'acme-pay': 4 });
  });

  it('hold one type or one account, and the clients together', () => {
    const lambdas = [1, 2, 3].map((number) => node(`f${number}`, { type: 'AWS::Lambda', accountId: '1' }));
    const clients = [1, 2, 3].map((number) => node(`f${number}`, { type: 'client', isClient: true }));
    expect(sizes([...lambdas, ...clients], 'type')).toEqual({ Clients: 3, Lambda: 3 });
    expect(sizes([...lambdas, ...clients], 'account')).toEqual({ 1: 3, Clients: 3 });
  });

  it('never depend on the order of the nodes, and never hold a node twice', () => {
    const names = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '/'), maxLength: 9 }), { maxLength: 40 });
    fc.assert(
      fc.property(names, fc.constantFrom(...groupings), (all, by) => {
        const nodes = all.map((name) => node(name));
        const groups = groupNames(nodes, by);
        const turned = groupNames([...nodes].reverse(), by);
        expect(new Map([...turned].sort())).toEqual(new Map([...groups].sort()));
        expect([...groups.keys()].every((id) => nodes.some((one) => one.id === id))).toBe(true);
      }),
    );
  });

  it('have an id that no node has', () => {
    expect(isGroupId(groupId('prefix', 'shop'))).toBe(true);
    expect(isGroupId('shop')).toBe(false);
  });
});
