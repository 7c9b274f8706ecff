import { expect, it } from 'vitest';
import { pathTo } from './fault-path.js';

const node = (name: string, type = '') => ({ name, type, accountId: '' });
const call = (caller: string, callee: string, faults: number) => ({
  caller: caller === 'front!' ? node('front', 'client') : node(caller),
  callee: node(callee),
  requests: 100,
  faults,
});

it('leads from the clients down to the root cause, past the callers that saw the most faults, and ends in a circle', () => {
  const calls = [
    call('front!', 'front', 9),
    call('front', 'cart', 8),
    call('mail', 'pay', 1),
    call('cart', 'pay', 7),
    call('pay', 'cart', 99),
  ];
  const steps = pathTo(node('pay'), calls);
  expect(steps.map((step) => [step.node.name, step.call?.faults])).toEqual([
    ['front', 9],
    ['cart', 8],
    ['pay', 7],
  ]);
  expect(pathTo(node('alone'), calls)).toEqual([{ node: node('alone'), call: null }]);
});
