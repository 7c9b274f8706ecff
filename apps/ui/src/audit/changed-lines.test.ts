import { describe, expect, it } from 'vitest';
import { changedLines } from './changed-lines.js';

describe('the lines of a change', () => {
  it('are the members that are not the same, with how many are', () => {
    expect(changedLines({ a: 1, b: { c: 'x', d: [] } }, { a: 1, b: { c: 'y', d: [] } })).toEqual({
      lines: [{ path: 'b.c', before: '"x"', after: '"y"' }],
      unchanged: 2,
    });
  });

  it('are all of them where there was nothing before, or is nothing after', () => {
    expect(changedLines(null, { a: null, b: [1] }).lines).toEqual([
      { path: 'a', before: null, after: 'null' },
      { path: 'b.0', before: null, after: '1' },
    ]);
    expect(changedLines({ a: {} }, null).lines).toEqual([{ path: 'a', before: '{}', after: null }]);
    expect(changedLines(null, null)).toEqual({ lines: [], unchanged: 0 });
  });
});
