import { expect, test } from 'vitest';
import { compareRows, onlyIn, sayDifference } from './compare.js';
import { rowOf } from './row-fixture.js';

const node = (name: string) => ({ name, type: '', accountId: '' });
const quick = rowOf(1, { annotations: { tier: 'a', version: '1', only: true }, services: [node('shop'), node('cache')] });
const slow = rowOf(2, { responseMicros: 480_000, outcome: 'fault', worst: 'fault', status: 503, annotations: { tier: 'a', version: '2' } });

test('says which lines differ, and lists only the annotations that do', () => {
  const { lines, annotations, sameAnnotations } = compareRows(quick, slow);
  expect(lines.filter(({ differs }) => differs).map(({ label }) => label)).toEqual(['Outcome', 'Response time', 'Status', 'Services']);
  expect(annotations.map(({ label, values }) => [label, ...values])).toEqual([
    ['only', 'true', null],
    ['version', '1', '2'],
  ]);
  expect(sameAnnotations).toBe(1);
});

test('names services of one trace alone, unless the other has more than are listed', () => {
  expect(onlyIn(quick, slow)).toEqual(['cache']);
  expect(onlyIn(slow, quick)).toEqual([]);
  expect(onlyIn(quick, rowOf(3, { moreServices: 4 }))).toEqual([]);
});

test('says how much longer one took, and nothing while one goes on', () => {
  expect(sayDifference(quick, slow)).toBe('The second took 360 ms longer, 75 % of its time.');
  expect(sayDifference(slow, quick)).toMatch(/^The first took/);
  expect(sayDifference(quick, quick)).toBe('Both took equally long.');
  expect(sayDifference(quick, rowOf(4, { responseMicros: null, inProgress: true }))).toBeNull();
});
