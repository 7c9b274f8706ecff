import { describe, expect, it } from 'vitest';
import { pageIndex, pageStart, pageToken } from './page-token.js';

describe('a page token', () => {
  const query = { StartTime: 1, EndTime: 2 };

  it('goes on where its page ended', () => {
    expect(pageStart(query, pageToken(query, 'next.here'))).toBe('next.here');
    expect(pageStart(query, undefined)).toBeUndefined();
    expect(pageIndex(query, pageToken(query, '7'))).toBe(7);
    expect(pageIndex(query, undefined)).toBe(0);
  });

  it('of another query, or made up, is refused', () => {
    const tokens = [pageToken({ ...query, EndTime: 3 }, 'x'), '', 'x', 'bnVsbA', Buffer.from('[1,2]').toString('base64url'), '\u0000'];
    for (const token of tokens) expect(() => pageStart(query, token)).toThrow('NextToken is not valid');
    for (const at of ['-1', '1.5', 'x']) expect(() => pageIndex(query, pageToken(query, at))).toThrow('NextToken is not valid');
  });
});
