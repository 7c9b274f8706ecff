import { describe, expect, it } from 'vitest';
import { namesEntities, parseEntitySelector } from './entity-selector.js';

const selectionOf = (text: string) => {
  const parsed = parseEntitySelector(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.selection;
};

describe('an entity selector', () => {
  it('names nodes or edges', () => {
    expect(selectionOf('service("a")')).toEqual({ kind: 'node', selectors: [{ name: 'a' }] });
    expect(selectionOf('service() OR SERVICE(id(name: "b", type: "t", account.id: "1"))')).toEqual({
      kind: 'node',
      selectors: [{}, { name: 'b', type: 't', accountId: '1' }],
    });
    expect(selectionOf('edge("a", id(type: "t")) or edge(id(type: "client"), "a")')).toEqual({
      kind: 'edge',
      selectors: [
        { caller: { name: 'a' }, callee: { type: 't' } },
        { caller: { type: 'client' }, callee: { name: 'a' } },
      ],
    });
  });

  it.each([
    'fault',
    'service("a") { fault }',
    'edge("a", "b") AND service("a")',
    'service("a") OR edge("a", "b")',
    '!service("a")',
    'annotation.a',
    'service(',
    'id(name: "a")',
  ])('is not %s', (text) => {
    expect(parseEntitySelector(text)).toEqual({ problem: expect.any(String) });
  });

  it('says which entities it means, or not', () => {
    expect(['service("a")', 'edge("a", id(type: "t"))'].map((text) => namesEntities(selectionOf(text)))).toEqual([true, true]);
    expect(['service()', 'service("a") OR service()'].map((text) => namesEntities(selectionOf(text)))).toEqual([false, false]);
  });
});
