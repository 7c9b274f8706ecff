import type { TraceRow } from '@fluoroscope/contract/traces';
import { describe, expect, it } from 'vitest';
import { rowOf } from '../traces/row-fixture.js';
import { differencesOf } from './differences.js';

const rows = (count: number, fields: (n: number) => Partial<TraceRow>) => Array.from({ length: count }, (_, n) => rowOf(n, fields(n)));
/** Each of five in turn. */
const region = (n: number) => `region-${n % 5}`;

describe('what differs', () => {
  it('is the value that most of those that failed have, and few of the others', () => {
    const failed = rows(100, (n) => ({ annotations: { version: n % 10 === 0 ? '1.7' : '1.8', region: region(n) } }));
    const others = rows(300, (n) => ({ annotations: { version: n % 10 === 0 ? '1.8' : '1.7', region: region(n) } }));
    const { found, ...sizes } = differencesOf(failed, others);
    expect(sizes).toEqual({ failed: 100, others: 300 });
    expect(found).toEqual([{ field: 'annotation.version', label: 'version', value: '1.8', failed: 90, others: 30, lead: 0.8 }]);
  });

  it('is nothing where chance alone may have done it', () => {
    const failed = rows(5, (n) => ({ annotations: { tier: n < 3 ? 'gold' : 'silver' } }));
    const others = rows(40, (n) => ({ annotations: { tier: n % 2 === 0 ? 'gold' : 'silver' } }));
    expect(differencesOf(failed, others).found).toEqual([]);
    expect(differencesOf([], others).found).toEqual([]);
  });

  it('is told once where several values say the same', () => {
    const failed = rows(50, () => ({ url: 'http://shop/pay', method: 'POST' }));
    const others = rows(50, () => ({ url: 'http://shop/items?id=7' }));
    expect(differencesOf(failed, others).found.map(({ field, value }) => [field, value])).toEqual([['method', 'POST']]);
  });
});
