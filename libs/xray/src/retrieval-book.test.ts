import { maxRetrievals, retrievalLifeMs } from '@fluoroscope/contract/trace-retrievals';
import { describe, expect, it } from 'vitest';
import { RetrievalBook } from './retrieval-book.js';

const traceIds = [`1-${'a'.repeat(8)}-${'b'.repeat(24)}`];
const start = (token: string) => ({ kind: 'start trace retrieval' as const, token, traceIds, from: 1, to: 2 });
const cancel = (token: string) => ({ kind: 'cancel trace retrieval' as const, token });

describe('the book of retrievals', () => {
  it('keeps a retrieval for an hour, cancelled or not', () => {
    const book = new RetrievalBook();
    expect(book.apply(start('a'), 10)).toMatchObject({ before: null, after: { token: 'a', traceIds, isCancelled: false } });
    expect(book.apply(cancel('a'), 20)).toMatchObject({ before: { traceIds }, after: { traceIds: [], isCancelled: true } });
    expect(book.retrieval('a', 10 + retrievalLifeMs - 1)).toMatchObject({ isCancelled: true });
    expect(book.retrieval('a', 10 + retrievalLifeMs)).toBeNull();
    expect(book.apply(cancel('a'), 10 + retrievalLifeMs)).toMatchObject({ refused: { code: 'resource_unknown' } });
    expect(book.apply(cancel('nobody'), 20)).toMatchObject({ refused: { code: 'resource_unknown' } });
  });

  it('forgets those whose time is over, and the oldest when there are too many, which it counts', () => {
    const book = new RetrievalBook();
    book.apply(start('over'), 0);
    for (let n = 0; n <= maxRetrievals; n++) book.apply(start(`t${n}`), retrievalLifeMs + n);
    expect(book.snapshot()).toHaveLength(maxRetrievals);
    expect([book.forgotten, book.retrieval('t0', retrievalLifeMs), book.retrieval('t1', retrievalLifeMs)?.token]).toEqual([1, null, 't1']);
  });

  it('goes on from a snapshot, and not from what is none', () => {
    const [book, resumed] = [new RetrievalBook(), new RetrievalBook()];
    book.apply(start('a'), 10);
    expect(resumed.restore(JSON.parse(JSON.stringify(book.snapshot())))).toBe(true);
    expect(resumed.snapshot()).toEqual(book.snapshot());
    for (const snapshot of [null, {}, [{}], [{ ...book.snapshot()[0], traceIds: ['x'] }]]) expect(resumed.restore(snapshot)).toBe(false);
  });
});
