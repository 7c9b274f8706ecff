import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { describeFilter } from './complete.js';

/** The caret is the bar. */
function at(marked: string) {
  const caret = marked.indexOf('|');
  const text = marked.replace('|', '');
  const { completion } = describeFilter(text, caret);
  const { from, to, words, value } = completion;
  return { replaces: text.slice(from, to), words: words.map((word) => word.text), value };
}

test.each([
  ['|', '', ['ok', 'fault', 'service', 'annotation', '!', '(']],
  ['fau|', 'fau', ['fault']],
  ['ok and FA|', 'FA', ['fault']],
  ['ok |', '', ['=', 'AND', 'OR', 'partial']],
  ['responsetime |', '', ['>', '>=', '<', 'AND']],
  ['http.url co|', 'co', ['CONTAINS']],
  ['http.s|', 'http.s', ['http.status']],
  ['service("a") |', '', ['{', 'AND']],
  ['service("a") { ro|', 'ro', ['root']],
  ['service(|', '', ['id', ')']],
  ['service(id(|', '', ['name', 'type', 'account.id']],
  ['rootcause.f|', 'rootcause.f', ['rootcause.fault.service', 'rootcause.fault.entity']],
  ['rootcause.fault.exception { me|', 'me', ['message']],
  ['(ok |', '', [')', 'AND']],
  ['fau| AND ok', 'fau', ['fault']],
])('%s offers words in the place of %j', (marked, replaces, words) => {
  const found = at(marked);
  expect(found.replaces).toBe(replaces);
  expect(found.words).toEqual(expect.arrayContaining(words));
});

test.each([
  ['service(|', { of: 'service name', type: 'string' }],
  ['service("ch|', { of: 'service name', type: 'string' }],
  ['edge("a", "|', { of: 'service name', type: 'string' }],
  ['service(id(type: "AWS::|', { of: 'service type', type: 'string' }],
  ['annotation.|', { of: 'annotation key', type: 'string' }],
  ['ok AND annotation.ga|', { of: 'annotation key', type: 'string' }],
  ['annotation[|', { of: 'annotation key', type: 'string' }],
  ['annotation.color = |', { of: 'annotation', type: 'any', annotation: 'color' }],
  ['annotation[a.b] CONTAINS "r|', { of: 'annotation', type: 'any', annotation: 'a.b' }],
  ['http.method = |', { of: 'http.method', type: 'string' }],
  ['http.status >= 4|', { of: 'http.status', type: 'number' }],
  ['ok = t|', { of: 'ok', type: 'boolean' }],
  ['group.name = "|', { of: 'group name', type: 'string' }],
  ['json = |', { of: 'root causes', type: 'any' }],
  ['ok |', null],
])('%s asks for a value', (marked, value) => {
  expect(at(marked).value).toEqual(value);
});

it('offers nothing behind a mistake', () => {
  expect(at('nonsense AND |')).toEqual({ replaces: '', words: [], value: null });
  expect(at('service("a") { annotation.|')).toMatchObject({ words: [], value: null });
});

it('says what each part is', () => {
  const text = 'service("a") { fault = TRUE } OR annotation[k.x] >= 5 oops';
  const { spans, problem } = describeFilter(text, text.length);
  expect(spans.map(({ kind, from, to }) => `${kind} ${text.slice(from, to)}`)).toEqual([
    'keyword service',
    'mark (',
    'string "a"',
    'mark )',
    'mark {',
    'keyword fault',
    'operator =',
    'boolean TRUE',
    'mark }',
    'operator OR',
    'keyword annotation',
    'mark [',
    'key k.x',
    'mark ]',
    'operator >=',
    'number 5',
    'error oops',
  ]);
  expect(problem).toMatchObject({ from: 54, to: 58 });
});

it('answers for every text and caret', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.integer({ min: -5, max: 50 }), (text, caret) => {
      const { from, to } = describeFilter(text, caret).completion;
      expect(0 <= from && from <= to && to <= text.length).toBe(true);
    }),
  );
});
