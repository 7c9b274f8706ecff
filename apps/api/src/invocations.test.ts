import { describe, expect, it } from 'vitest';
import { Invocations, invocationMemoryMs } from './invocations.js';

describe('a repeated invocation', () => {
  it('gets the answer of the first, even while that is under way', async () => {
    const invocations = new Invocations<number>();
    let calls = 0;
    const call = async () => ++calls;
    const answers = await Promise.all([invocations.once('a', 0, call), invocations.once('a', 1, call), invocations.once('b', 1, call)]);
    expect(answers).toEqual([1, 1, 2]);
    expect(await invocations.once('a', invocationMemoryMs - 1, call)).toBe(1);
    expect(invocations.repeated).toBe(2);
  });

  it('is a new one after 15 minutes, without an ID, and after a failure', async () => {
    const invocations = new Invocations<number>();
    let calls = 0;
    const call = async () => ++calls;
    expect(await invocations.once('a', 0, call)).toBe(1);
    expect(await invocations.once('a', invocationMemoryMs, call)).toBe(2);
    expect(await invocations.once(undefined, 0, call)).toBe(3);
    expect(await invocations.once('x'.repeat(1_000), 0, call)).toBe(4);
    await expect(invocations.once('c', 0, () => Promise.reject(new Error('full')))).rejects.toThrow('full');
    expect(await invocations.once('c', 0, call)).toBe(5);
    expect(invocations.forgotten).toBe(0);
  });

  it('is remembered within a bound, and what is forgotten early is counted', async () => {
    const invocations = new Invocations<string>(3);
    for (const id of ['a', 'b', 'c', 'd', 'e']) await invocations.once(id, 0, async () => id);
    expect(invocations.forgotten).toBe(2);
    expect(await invocations.once('e', 0, async () => 'again')).toBe('e');
    expect(await invocations.once('a', 0, async () => 'again')).toBe('again');
  });
});
