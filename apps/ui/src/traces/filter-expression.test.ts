import type { TraceRow } from '@fluoroscope/contract/traces';
import { parseFilter } from '@fluoroscope/xray/filter/parse';
import { rowVerdict } from '@fluoroscope/xray/filter/row-verdict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matches, noFilter, withClause } from './filter.js';
import { wholeExpression } from './filter-expression.js';
import { rowOf } from './row-fixture.js';

const clause = (field: string, value: string, exclude = false) => ({ field, value, exclude });

describe('the expression of a filter', () => {
  it.each([
    [[clause('outcome', 'fault'), clause('outcome', 'error')], 'fault OR error AND !throttle AND !fault'],
    [
      [clause('service', 'a "b"|AWS::ECS::Container|123')],
      'service(id(name: "a \\"b\\"", type: "AWS::ECS::Container", account.id: "123"))',
    ],
    [[clause('entry', 'shop||', true)], '!service(id(name: "shop", type: "")) { root }'],
    [[clause('method', 'GET'), clause('status', '200')], 'http.method = "GET" AND http.status = 200'],
    [[clause('annotation.tier', '5')], 'annotation.tier = "5" OR annotation.tier = 5'],
    [[clause('annotation.a.b', 'true')], 'annotation[a.b] = "true" OR annotation[a.b] = true'],
    [[clause('url', 'http://a/b'), clause('status', 'none')], 'http.url BEGINSWITH "http://a/b"'],
  ])('of %j is %s', (clauses, expected) => {
    const text = wholeExpression({ ...noFilter, clauses });
    expect(text).toBe(expected);
    expect(parseFilter(text)).toHaveProperty('expression');
  });

  it('has what is written, the times and what is in progress too', () => {
    const filter = { ...noFilter, expression: 'ok OR user', minMicros: 1_500_000, maxMicros: 2_000_000, inProgress: true, text: 'lost' };
    expect(wholeExpression(filter)).toBe('(ok OR user) AND responsetime >= 1.5 AND responsetime <= 2 AND partial');
    expect(wholeExpression({ ...noFilter, text: 'only text' })).toBe('');
  });

  it('means what the chips mean, wherever a row tells', () => {
    const rows = fc.record({
      outcome: fc.constantFrom('ok', 'error', 'throttle', 'fault'),
      status: fc.constantFrom(null, 200, 500),
      method: fc.constantFrom(null, 'GET', 'POST'),
      annotations: fc.constantFrom<TraceRow['annotations'][]>({}, { tier: 'gold' }, { tier: 5 }, { tier: true }),
    });
    const clauses = fc.array(
      fc.oneof(
        fc.record({ field: fc.constant('outcome'), value: fc.constantFrom('ok', 'error', 'throttle', 'fault'), exclude: fc.boolean() }),
        fc.record({ field: fc.constant('status'), value: fc.constantFrom('200', '500'), exclude: fc.boolean() }),
        fc.record({ field: fc.constant('method'), value: fc.constantFrom('GET', 'POST'), exclude: fc.boolean() }),
        fc.record({ field: fc.constant('annotation.tier'), value: fc.constantFrom('gold', '5', 'true'), exclude: fc.boolean() }),
      ),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(rows, clauses, (members, wanted) => {
        const row = rowOf(1, members);
        const filter = wanted.reduce(withClause, noFilter);
        const parsed = parseFilter(wholeExpression(filter));
        const verdict = 'expression' in parsed ? rowVerdict(parsed.expression, row) : undefined;
        expect([matches(filter, row), null]).toContain(verdict);
      }),
    );
  });
});
