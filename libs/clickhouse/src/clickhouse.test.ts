import { ClickHouseError } from '@clickhouse/client';
import { describe, expect, it } from 'vitest';
import { connect, isAway, reachesLimit } from './clickhouse.js';

const refused = (code: string) => new ClickHouseError({ message: 'no', code, type: 'NO' });

describe('trouble with storage', () => {
  it('is that nobody answers, as the client itself says it', async () => {
    const client = connect({ url: 'http://127.0.0.1:9' });
    const error = await client.ping().then(
      (answer) => ('error' in answer ? answer.error : null),
      (reason: unknown) => reason,
    );
    await client.close();
    expect(isAway(error)).toBe(true);
    expect(isAway(new Error('Timeout error.'))).toBe(true);
    expect(isAway(new Error('reading', { cause: Object.assign(new Error('gone'), { code: 'ECONNRESET' }) }))).toBe(true);
  });

  it('is that it cannot answer now, and not what it refuses for good or because of its size', () => {
    expect(['202', '210', '62', '159'].map((code) => isAway(refused(code)))).toEqual([true, true, false, false]);
    expect(['202', '62', '159'].map((code) => reachesLimit(refused(code)))).toEqual([false, false, true]);
  });

  it('is not a mistake of ours', () => {
    for (const mistake of [new TypeError('x is not a function'), new Error('The graph changed'), null, 'text'])
      expect(isAway(mistake)).toBe(false);
  });
});
