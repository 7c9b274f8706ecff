import type { InsightDetailAnswer } from '@fluoroscope/contract/insights';
import { expect, it } from 'vitest';
import { miniMapOf, miniWidth, pathOf } from './mini-map.js';

const node = (name: string, type = '') => ({ name, type, accountId: '' });
const expected = { requests: 1_000, faults: 1 };
const call = (caller: ReturnType<typeof node>, callee: string, faults: number) => ({ caller, callee: node(callee), requests: 50, faults });

it('places callers left of what they call, and counts what failed while it lasted', () => {
  const event = { rootCause: node('pay'), services: [{ node: node('pay'), expected }], startSeconds: 600, endSeconds: 720 };
  const answer = {
    insight: { events: [event] },
    to: 900,
    periodSeconds: 60,
    courses: [
      {
        ...event.services[0],
        points: [
          [540, 9, 9],
          [600, 10, 4],
          [660, 10, 5],
          [720, 10, 0],
        ],
      },
    ],
    calls: [call(node('shop', 'client'), 'shop', 9), call(node('shop'), 'pay', 9), call(node('pay'), 'pay', 1)],
  } as unknown as InsightDetailAnswer;
  const { nodes, calls, width } = miniMapOf(answer);
  const inOrder = [...nodes].sort((left, right) => left.x - right.x);
  expect(inOrder.map(({ key, isClient, isRootCause, counts }) => [key.name, isClient, isRootCause, counts])).toEqual([
    ['shop', true, false, null],
    ['shop', false, false, null],
    ['pay', false, true, { requests: 20, faults: 9 }],
  ]);
  expect(width).toBe((inOrder[2]?.x ?? 0) + miniWidth);
  // A service that calls itself has no line.
  expect(calls.map(({ from, to }) => [from.key.name, to.key.name])).toEqual([
    ['shop', 'shop'],
    ['shop', 'pay'],
  ]);
  for (const one of calls) expect(pathOf(one)).toMatch(/^M\d+ \d/);
});
