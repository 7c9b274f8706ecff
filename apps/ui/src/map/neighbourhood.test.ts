import { describe, expect, it } from 'vitest';
import { neighbourhood } from './neighbourhood.js';

const edges = ['a>b', 'b>c', 'c>d', 'x>c', 'd>a'].map((text) => {
  const [caller = '', callee = ''] = text.split('>');
  return { caller: { id: caller }, callee: { id: callee } };
});

describe('the neighbourhood of a node', () => {
  it('holds what it calls and what calls it, as far as asked', () => {
    expect([...neighbourhood(edges, 'b', 1)].sort()).toEqual(['a', 'b', 'c']);
    expect([...neighbourhood(edges, 'b', 2)].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('leaves out the other callers of a callee', () => {
    expect(neighbourhood(edges, 'b', 2).has('x')).toBe(false);
    expect(neighbourhood(edges, 'c', 1).has('x')).toBe(true);
  });

  it('is the node alone where nothing is known of it', () => {
    expect([...neighbourhood(edges, 'nobody', 2)]).toEqual(['nobody']);
  });
});
