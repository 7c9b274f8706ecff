import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Comparison, type Expression, maxConditions, maxNesting, type NodeSelector, operators } from './expression.js';
import { parseFilter, readFilter } from './parse.js';
import { printFilter } from './print.js';

describe('the documented examples', () => {
  /** As X-Ray's documentation and its users write them, and how they are understood. */
  test.each([
    ['responsetime > 5', 'responsetime > 5'],
    ['duration >= 5 AND duration <= 8', 'duration >= 5 AND duration <= 8'],
    ['ok !partial duration <3', 'ok AND !partial AND duration < 3'],
    ['http.status != 200', 'http.status != 200'],
    ['!ok', '!ok'],
    ['ok = false', 'ok = false'],
    ['http.url CONTAINS "/api/game/"', 'http.url CONTAINS "/api/game/"'],
    [
      'http.url BEGINSWITH "http://a/" AND http.url CONTAINS "/v2/" AND !service("a")',
      'http.url BEGINSWITH "http://a/" AND http.url CONTAINS "/v2/" AND !service("a")',
    ],
    ['http.url AND responseTime > 2', 'http.url AND responsetime > 2'],
    ['user CONTAINS ""', 'user CONTAINS ""'],
    ['service("api") { fault }', 'service("api") { fault }'],
    ['service() { fault }', 'service() { fault }'],
    [
      'service("api") { fault = true OR responsetime > 2.5 } AND annotation.account = "12345"',
      'service("api") { fault = true OR responsetime > 2.5 } AND annotation.account = "12345"',
    ],
    ['edge("a", "b") { error }', 'edge("a", "b") { error }'],
    ['service(id(name: "f", type: "AWS::Lambda::Function")) { error }', 'service(id(name: "f", type: "AWS::Lambda::Function")) { error }'],
    ['service(id(type: "AWS::Lambda::Function")) { error }', 'service(id(type: "AWS::Lambda::Function")) { error }'],
    ['service(id(account.id: "123456789012"))', 'service(id(account.id: "123456789012"))'],
    [
      '(service(id(name: "frontend"  ))) AND (Annotation[aws.local.environment] = "k8s:default")',
      'service("frontend") AND annotation[aws.local.environment] = "k8s:default"',
    ],
    ['annotation.age', 'annotation.age'],
    ['!annotation.age', '!annotation.age'],
    ['annotation.age > 29', 'annotation.age > 29'],
    ['annotation.gameid = "817DL6VO"', 'annotation.gameid = "817DL6VO"'],
    ['annotation[aws.local.operation]="GET /api/orders"', 'annotation[aws.local.operation] = "GET /api/orders"'],
    ['group.name = "slow" AND user = "alice"', 'group.name = "slow" AND user = "alice"'],
    ['service("data-plane") {root = true and fault = true}', 'service("data-plane") { root = true AND fault = true }'],
    ['rootcause.fault.service { index > 5 }', 'rootcause.fault.service { index > 5 }'],
    ['rootcause.fault.entity { last and name = "deserialize" }', 'rootcause.fault.entity { last AND name = "deserialize" }'],
    [
      'rootcause.responsetime.entity { remote and coverage > 0.7 and name = "traces" }',
      'rootcause.responsetime.entity { remote AND coverage > 0.7 AND name = "traces" }',
    ],
    ['rootcause.responsetime.entity { name = traces }', 'rootcause.responsetime.entity { name = "traces" }'],
    [
      'rootcause.fault.exception { last and message = "Access Denied" }',
      'rootcause.fault.exception { last AND message = "Access Denied" }',
    ],
    ['rootcause.fault.service{ last and type = "AWS::DynamoDB" }', 'rootcause.fault.service { last AND type = "AWS::DynamoDB" }'],
    [
      'rootcause.json = #[{ "Services": [ { "Name": "a]", "EntityPath": [{}] } ] }]',
      'rootcause.json = #[{"Services":[{"Name":"a]","EntityPath":[{}]}]}]',
    ],
    ['json = #[{}]', 'rootcause.json = #[{}]'],
  ])('%s', (text, understood) => {
    const expression = parsed(text);
    expect(printFilter(expression)).toBe(understood);
    expect(parsed(understood)).toEqual(expression);
  });
});

describe('the language', () => {
  it('joins by AND before OR, and side by side as by AND', () => {
    expect(parsed('ok OR fault error AND throttle')).toEqual(parsed('ok OR (fault AND error AND throttle)'));
    expect(parsed('!ok OR fault')).toEqual(parsed('(!ok) OR fault'));
    expect(parsed('(ok)(fault)')).toEqual(parsed('ok fault'));
  });

  it('reads keywords and operators in any case, and keys and strings as they are', () => {
    expect(parsed('HTTP.URL contains "A" aNd Not ANNOTATION.Key')).toEqual(parsed('http.url CONTAINS "A" AND !annotation.Key'));
    expect(parsed('annotation.a')).not.toEqual(parsed('annotation.A'));
  });

  it('keeps the type of a value', () => {
    const values = ['"29"', '29', 'true', 'alice', '-1.5e3', '.5'].map((text) => comparisonOf(parsed(`annotation.age = ${text}`)).value);
    expect(values).toEqual(['29', 29, true, 'alice', -1500, 0.5]);
  });

  it('escapes quotes and backslashes in strings', () => {
    expect(comparisonOf(parsed(String.raw`user = "a\"b\\c\d"`)).value).toBe(String.raw`a"b\c\d`);
  });

  it('takes an empty type for a node without one', () => {
    expect(parsed('service(id(name: "n", type: ""))')).toMatchObject({ selector: { name: 'n', type: '' } });
  });
});

describe('a text that is no filter expression', () => {
  test.each([
    ['', 1, 'expected a condition, found the end'],
    ['   ', 4, 'found the end'],
    ['nonsense', 1, '"nonsense" is not a keyword'],
    ['ok AND', 7, 'found the end'],
    ['ok )', 4, 'expected =, !=, AND, a condition, OR or the end, found ")"'],
    ['(ok', 4, 'or ), found the end'],
    ['responsetime >', 15, 'expected a number, found the end'],
    ['responsetime CONTAINS "a"', 14, 'expected =, !=, <, <=, >, >='],
    ['http.url = ', 12, 'expected a string, found the end'],
    ['http.url = and', 12, 'expected a string, found "and"'],
    ['http.url = "a', 12, 'a string without its closing quote: "a'],
    ['service("a") { annotation.b = 1 }', 16, '"annotation.b" cannot be asked inside service(...) { }'],
    ['service("a" { fault }', 13, 'expected ), found "{"'],
    ['service(name)', 9, 'expected ), a service name or id, found "name"'],
    ['service(id(name: "a", name: "b"))', 23, 'expected type or account.id, found "name"'],
    ['edge("a")', 9, 'expected ,, found ")"'],
    ['root', 1, '"root" cannot be asked of a trace'],
    ['rootcause.fault', 1, '"rootcause.fault" is not a keyword'],
    ['rootcause.fault.entity { fault }', 26, '"fault" cannot be asked inside a root cause\'s entity { }'],
    ['json = #[{}', 8, 'found "#[{}"'],
    ['json = #[{a}]', 8, 'the text after # is not valid JSON'],
    ['json = #[]', 8, 'expected a root cause in #[ ]'],
    ['json = "a"', 8, 'expected root causes as #[{ ... }], found "a"'],
    ['group.name', 11, 'expected = or !=, found the end'],
    ['annotation.', 12, 'expected an annotation key, found the end'],
    ['annotation[]', 12, 'expected an annotation key, found "]"'],
    ['ok & fault', 4, 'found "&"'],
    ['1-5f84c7a1-0123456789abcdef01234567', 1, 'found'],
  ])('%s: says what and where', (text, character, reason) => {
    const problem = problemOf(text);
    expect(problem?.message).toContain(`Invalid filter expression at character ${character}: `);
    expect(problem?.message).toContain(reason);
    expect(problem?.from).toBe(character - 1);
  });

  it('is bounded in length, nesting and conditions', () => {
    expect(problemOf(`${'ok '.repeat(700)}`)?.message).toContain('more than 2000');
    for (const deep of ['('.repeat(1999), '!'.repeat(1999), `${'service(){'.repeat(199)}`]) expect(problemOf(deep)).not.toBeNull();
    expect(problemOf(`${'('.repeat(maxNesting)}ok${')'.repeat(maxNesting)}`)).toBeNull();
    expect(problemOf(`${'('.repeat(maxNesting + 1)}ok${')'.repeat(maxNesting + 1)}`)?.message).toContain(`${maxNesting} levels`);
    expect(problemOf('ok '.repeat(maxConditions))).toBeNull();
    expect(problemOf('ok '.repeat(maxConditions + 1))?.message).toContain(`${maxConditions} conditions`);
    expect(problemOf(`json = #${'['.repeat(900)}${']'.repeat(900)}`)?.message).toContain('levels of JSON');
  });

  it('never throws, whatever it is, and its spans cover what is not space', () => {
    const words = [
      'ok',
      '!',
      '(',
      ')',
      '{',
      '}',
      '"',
      '"a"',
      '=',
      '<',
      'AND',
      'or',
      'service(',
      'edge',
      'annotation[',
      'a.b',
      '#[',
      '5',
      '\\',
      ' ',
      ',',
    ];
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (anything) => {
        const { spans } = readFilter(anything);
        const covered = [...anything].length === anything.length ? uncovered(anything, spans) : '';
        expect(covered.trim()).toBe('');
      }),
    );
  });
});

test('what is printed parses to the same tree', () => {
  fc.assert(
    fc.property(expressions, (expression) => {
      expect(parsed(printFilter(expression))).toEqual(expression);
    }),
  );
});

function parsed(text: string): Expression {
  const result = parseFilter(text);
  if ('problem' in result) throw new Error(result.problem.message);
  return result.expression;
}

function problemOf(text: string) {
  const result = parseFilter(text);
  return 'problem' in result ? result.problem : null;
}

function comparisonOf(expression: Expression): Comparison {
  if (!('comparison' in expression) || expression.comparison === null) throw new Error('no comparison');
  return expression.comparison;
}

function uncovered(text: string, spans: readonly { from: number; to: number }[]): string {
  let rest = text;
  for (const { from, to } of spans) rest = rest.slice(0, from) + ' '.repeat(to - from) + rest.slice(to);
  return rest;
}

const texts = fc.string({ maxLength: 6 });
const comparisons = (allowed: readonly Comparison['operator'][]): fc.Arbitrary<Comparison | null> =>
  fc.option(
    fc.record({
      operator: fc.constantFrom(...allowed),
      value: fc.oneof(
        texts,
        fc.boolean(),
        fc.integer(),
        fc.double({ noNaN: true, min: -1e300, max: 1e300 }).map((value) => value + 0),
      ),
    }),
  );
const selectors: fc.Arbitrary<NodeSelector> = fc
  .record({ name: texts, type: texts, accountId: texts }, { requiredKeys: [] })
  .filter((selector) => Object.keys(selector).length > 0);
const booleans = (...keywords: ('ok' | 'fault' | 'first' | 'last')[]): fc.Arbitrary<Expression> =>
  fc.record({ kind: fc.constant('keyword' as const), keyword: fc.constantFrom(...keywords), comparison: comparisons(['=', '!=']) });

/** Conditions joined and negated, up to three levels deep. */
function trees(leaves: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  return fc.letrec<{ tree: Expression }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      leaves,
      fc.record({ kind: fc.constant('not' as const), operand: tie('tree') }),
      fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), operands: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }) }),
    ),
  })).tree;
}

const nodeConditions = fc.option(
  trees(
    fc.oneof(
      booleans('ok', 'fault'),
      fc.record({
        kind: fc.constant('keyword' as const),
        keyword: fc.constantFrom('responsetime' as const, 'http.status' as const),
        comparison: comparisons(['<', '>=', '=']),
      }),
    ),
  ),
);
const expressions: fc.Arbitrary<Expression> = trees(
  fc.oneof(
    booleans('ok', 'fault'),
    fc.record({
      kind: fc.constant('annotation' as const),
      key: fc.stringMatching(/^[\w.][\w. :-]*$/).map((key) => key.trim()),
      comparison: comparisons(operators),
    }),
    fc.record({
      kind: fc.constant('group' as const),
      member: fc.constantFrom('name' as const, 'arn' as const),
      isEqual: fc.boolean(),
      value: texts,
    }),
    fc.record({ kind: fc.constant('service' as const), selector: fc.oneof(selectors, fc.constant({})), condition: nodeConditions }),
    fc.record({ kind: fc.constant('edge' as const), caller: selectors, callee: selectors, condition: nodeConditions }),
    fc.record({
      kind: fc.constant('rootCause' as const),
      cause: fc.constantFrom('fault' as const, 'error' as const, 'responsetime' as const),
      part: fc.constantFrom('service' as const, 'entity' as const, 'exception' as const),
      condition: fc.option(trees(booleans('first', 'last'))),
    }),
    fc.record({
      kind: fc.constant('rootCauseJson' as const),
      patterns: fc.array(fc.record({ Services: fc.array(fc.record({ Name: texts, Inferred: fc.boolean() }, { requiredKeys: [] })) }), {
        minLength: 1,
        maxLength: 2,
      }),
    }),
  ),
);
