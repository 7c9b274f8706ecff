import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { abbreviation, pathOf } from './fields.js';
import {
  apiQuery,
  type Filter,
  filterParameters,
  isDecidedHere,
  isFiltering,
  matches,
  noFilter,
  readFilter,
  verdict,
  withClause,
  withoutLast,
} from './filter.js';
import { rowOf } from './row-fixture.js';

const wants = (field: string, value: string) => ({ field, value, exclude: false });
const payments = { name: 'payments', type: 'AWS::Lambda', accountId: '' };

const clause = fc.record({
  field: fc.constantFrom('service', 'outcome', 'status', 'annotation.a~b:c', 'annotation.-x'),
  value: fc.string({ unit: 'binary' }),
  exclude: fc.boolean(),
});
const milliseconds = fc.option(fc.integer({ min: 0, max: 1e6 }).map((ms) => ms * 1_000));
const filters: fc.Arbitrary<Filter> = fc.record({
  group: fc.option(fc.string({ minLength: 1 })),
  expression: fc.string({ unit: 'grapheme' }),
  text: fc.string({ unit: 'grapheme' }),
  clauses: fc.array(clause, { maxLength: 5 }),
  minMicros: milliseconds,
  maxMicros: milliseconds,
  inProgress: fc.boolean(),
});

describe('a filter', () => {
  it('takes the service that a link from the map names, and writes it as its own from then on', () => {
    const linked = readFilter((key) => (key === 'service' ? 'payments|AWS::Lambda|' : null));
    expect(apiQuery(linked).get('service')).toBe('payments|AWS::Lambda|');
    expect(filterParameters(linked)).toMatchObject({ service: null, where: expect.stringContaining('payments') });
  });

  it('is the same after a trip through the address, whatever its values hold', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const written = filterParameters(filter);
        expect(readFilter((key) => written[key] ?? null)).toEqual(filter);
      }),
    );
  });

  it('reads nonsense as no filter', () => {
    const nonsense: Record<string, string> = { where: '::~-~unknown:x~service', min: 'soon', max: '-1', progress: 'yes' };
    expect(readFilter((key) => nonsense[key] ?? null)).toEqual(noFilter);
  });

  it('wants any value of a field, and something of every field', () => {
    const row = rowOf(1, { outcome: 'fault', services: [rowOf(1).entry, payments], annotations: { tier: 'gold', paid: true } });
    const faulty = withClause(withClause(noFilter, wants('outcome', 'error')), wants('outcome', 'fault'));
    expect(matches(faulty, row)).toBe(true);
    expect(matches(withClause(faulty, wants('service', 'payments|AWS::Lambda')), row)).toBe(true);
    expect(matches(withClause(faulty, wants('annotation.paid', 'true')), row)).toBe(true);
    expect(matches(withClause(faulty, wants('annotation.tier', 'silver')), row)).toBe(false);
    expect(matches(withClause(faulty, { ...wants('annotation.tier', 'gold'), exclude: true }), row)).toBe(false);
    expect(matches(withClause(faulty, wants('annotation.constructor', 'x')), row)).toBe(false);
  });

  it('compares durations with the response time, which a request in progress has not', () => {
    const slow = { ...noFilter, minMicros: 100_000 };
    expect(matches(slow, rowOf(1, { responseMicros: 100_000 }))).toBe(true);
    expect(matches(slow, rowOf(1, { responseMicros: 99_999 }))).toBe(false);
    expect(matches(slow, rowOf(1, { responseMicros: null, inProgress: true }))).toBe(false);
  });

  it('finds text in trace ID, URL, method and entry', () => {
    const row = rowOf(0xabc, { method: 'POST' });
    for (const text of ['ABC', 'shop/ITEMS', 'post', 'shop']) expect(matches({ ...noFilter, text }, row)).toBe(true);
    expect(matches({ ...noFilter, text: 'cart' }, row)).toBe(false);
  });

  it('asks the server for all of it, what has no parameter as an expression', () => {
    const filter = withClause({ ...noFilter, text: 'x', minMicros: 1_500, inProgress: true }, wants('outcome', 'fault'));
    expect(apiQuery(withClause(filter, wants('service', 'a'))).toString()).toBe('outcome=fault&service=a&min=1.5&progress=1&q=x');
    const more = withClause({ ...filter, expression: 'user = "a" OR ok' }, wants('status', '500'));
    expect(apiQuery(more).get('filter')).toBe('(user = "a" OR ok) AND http.status = 500');
    expect(isDecidedHere(more)).toBe(false);
  });

  it('is in a group and meets what is written', () => {
    const filter = { ...noFilter, group: 'slow', expression: 'ok' };
    expect(Object.fromEntries(apiQuery(filter))).toEqual({ group: 'slow', filter: 'ok' });
    // No live row tells who is in a group.
    expect(verdict(filter, rowOf(1))).toBeNull();
    expect(verdict(filter, rowOf(1, { outcome: 'fault' }))).toBe(false);
  });

  it('asks for what was written when that and the chips are too long together', () => {
    const long = withClause({ ...noFilter, expression: `user = "${'a'.repeat(1_960)}"` }, wants('annotation.tier', 'g'.repeat(40)));
    expect(apiQuery(long).get('filter')).toBe(long.expression);
    expect(isDecidedHere(long)).toBe(true);
  });

  it('knows of a live row what it meets, what it does not, and what the row does not tell', () => {
    const row = rowOf(1, { status: 500, outcome: 'fault' });
    const written = (expression: string) => ({ ...noFilter, expression });
    expect(verdict(written('fault AND http.status = 500'), row)).toBe(true);
    expect(verdict(written('ok'), row)).toBe(false);
    expect(verdict(written('user = "a"'), row)).toBeNull();
    expect(verdict(withClause(written('user = "a"'), wants('status', '200')), row)).toBe(false);
    expect(verdict(written('nonsense ('), row)).toBe(false);
  });

  it('can be taken back step by step until it is none', () => {
    const clauses = [wants('status', '1'), wants('status', '2')];
    let filter: Filter = { group: 'slow', expression: 'ok', text: 'a', minMicros: 1, maxMicros: null, inProgress: true, clauses };
    for (let steps = 7; steps > 0; steps--) {
      expect(isFiltering(filter)).toBe(true);
      filter = withoutLast(filter);
    }
    expect(filter).toEqual(noFilter);
  });
});

describe('a field', () => {
  it('shows of a URL what tells requests apart', () => {
    expect(pathOf('https://shop.example/items?id=1')).toBe('/items?id=1');
    expect(pathOf('javascript:alert(1)')).toBe('javascript:alert(1)');
  });

  it('shortens names to a few letters, in any script', () => {
    expect(abbreviation({ name: 'checkout-api', type: '', accountId: '' })).toBe('ca');
    expect(abbreviation({ name: 'orders', type: '', accountId: '' })).toBe('ord');
    expect(abbreviation({ name: '‮…', type: '', accountId: '' })).toBe('·');
  });
});
