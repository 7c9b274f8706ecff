import { describe, expect, it } from 'vitest';
import { branchesOf, isBranch, shapeOf } from './json-branches.js';

describe('a value as a tree', () => {
  it('has the keys of an object and the places of a list as branches, in their order', () => {
    expect(branchesOf({ b: 1, a: { c: null } })).toEqual([
      ['b', 1],
      ['a', { c: null }],
    ]);
    expect(branchesOf(['x', [2]])).toEqual([
      ['0', 'x'],
      ['1', [2]],
    ]);
  });

  it('has no branches where there is nothing to open', () => {
    expect([null, undefined, 1, 'text', {}, []].map((value) => [isBranch(value), branchesOf(value)])).toEqual(
      Array.from({ length: 6 }, () => [false, []]),
    );
  });

  it('says what is inside of a closed one', () => {
    expect([{ a: 1 }, { a: 1, b: 2 }, [1], [1, 2, 3]].map(shapeOf)).toEqual(['1 key', '2 keys', '1 item', '3 items']);
  });
});
