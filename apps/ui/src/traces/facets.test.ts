import { describe, expect, it } from 'vitest';
import { type Facet, FacetOrder } from './facets.js';
import { rowOf } from './row-fixture.js';

const cart = { name: 'cart', type: 'AWS::EC2::Instance', accountId: '1' };
const rows = [
  rowOf(1, { outcome: 'fault', status: 500, annotations: JSON.parse('{"tier":"gold","__proto__":"x"}') }),
  rowOf(2, { services: [cart, cart], annotations: { tier: 'gold' } }),
  rowOf(3, { annotations: { tier: 'silver', beta: true } }),
];

const valuesOf = (facets: readonly Facet[], field: string) =>
  facets.find((facet) => facet.field === field)?.values.map(({ value, count }) => `${value} ${count}`);

describe('facets', () => {
  it('count rows, not occurrences', () => {
    const facets = new FacetOrder().update(rows, 1);
    expect(valuesOf(facets, 'outcome')).toEqual(['ok 2', 'fault 1']);
    expect(valuesOf(facets, 'service')).toEqual(['shop 2', 'cart|AWS::EC2::Instance|1 1']);
    expect(valuesOf(facets, 'annotation.tier')).toEqual(['gold 2', 'silver 1']);
    expect(valuesOf(facets, 'annotation.__proto__')).toEqual(['x 1']);
  });

  it('stand in a fixed order, annotations after the built-in fields, and leave out what no row has', () => {
    const bare = rows.map((row) => ({ ...row, method: null, url: null }));
    const fields = new FacetOrder().update(bare, 1).map(({ field }) => field);
    expect(fields).toEqual(['outcome', 'service', 'entry', 'status', 'annotation.tier', 'annotation.__proto__', 'annotation.beta']);
  });

  it('keep their order while rows come in: counts change, what is new comes last', () => {
    const order = new FacetOrder();
    order.update(rows, 1);
    const more = [
      ...rows,
      ...[4, 5, 6].map((number) => rowOf(number, { outcome: 'fault', annotations: { beta: true } })),
      rowOf(7, { outcome: 'error' }),
    ];
    const facets = order.update(more, 1);
    expect(valuesOf(facets, 'outcome')).toEqual(['ok 2', 'fault 4', 'error 1']);
    expect(facets.map(({ label }) => label).slice(-3)).toEqual(['tier', '__proto__', 'beta']);
    expect(valuesOf(order.update(rows.slice(1), 1), 'outcome')).toEqual(['ok 2', 'fault 0', 'error 0']);
    expect(valuesOf(order.update(more, 2), 'outcome')).toEqual(['fault 4', 'ok 2', 'error 1']);
  });

  it('stop counting new values where a list of them helps nobody', () => {
    const many = Array.from({ length: 2_500 }, (_, index) => rowOf(index, { url: `http://shop/${index}` }));
    const facet = new FacetOrder().update(many, 1).find(({ field }) => field === 'url');
    expect([facet?.values.length, facet?.isCut]).toEqual([2_000, true]);
  });
});
