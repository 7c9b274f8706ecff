import type { GraphEstimates, NodeEstimate } from '@fluoroscope/contract/sampling';
import { expect, test } from 'vitest';
import { estimatedRate, estimateText } from './estimate.js';

const shop: NodeEstimate = {
  node: { name: 'shop', type: 'AWS::Lambda', accountId: '' },
  observed: 300,
  estimated: 6_000,
  share: 1,
  rules: [{ rule: 'checkout', observed: 300, weight: 20 }],
};
const answer = (node: NodeEstimate): GraphEstimates => ({ from: 0, to: 300, nodes: [node], edges: [] });

test('says what was recorded beside what was estimated, and on which rule that rests', () => {
  const { all, line, basis } = estimateText(answer(shop), 'shop|AWS::Lambda');
  expect([all, line]).toEqual(['≈ 20/s', 'in all, estimated; one of 20 is recorded']);
  expect(basis).toEqual(['300 recorded requests stand for about 6,000.', 'Rule checkout recorded one of 20, as its samplers report.']);
});

test('says that callers decided, and how much of it rests on reports', () => {
  const { basis } = estimateText(answer({ ...shop, share: 0.92, rules: [] }), 'shop|AWS::Lambda');
  expect(basis.slice(1)).toEqual([
    'What is recorded here was decided by its callers: each request stands for as many as theirs.',
    'It rests on 92 % of them; the others are taken to be alike.',
  ]);
});

test('gives no number where nothing is reported, or all was recorded', () => {
  const { all, line } = estimateText(null, 'shop|AWS::Lambda');
  expect([all, line, estimateText(answer(shop), 'shop').line]).toEqual(['', line, line]);
  expect(estimateText(answer({ ...shop, estimated: 300 }), 'shop|AWS::Lambda').line).toBe(
    'Samplers report that all requests were recorded.',
  );
});

test('says of a call what its caller stands for', () => {
  const edges = [{ caller: { ...shop.node, name: 'front' }, callee: shop.node, observed: 30, estimated: 300, share: 1 }];
  const { all, basis } = estimateText({ from: 0, to: 300, nodes: [], edges }, 'front|AWS::Lambda>shop|AWS::Lambda');
  expect([all, basis[1]]).toEqual(['≈ 1.0/s', 'Each call stands for as many as the requests of its caller.']);
});

test('writes what a rate stands for only where that is more', () => {
  expect([estimatedRate(4, 20), estimatedRate(4, 1), estimatedRate(4, null), estimatedRate(0, 20)]).toEqual(['≈ 80/s', null, null, null]);
});
