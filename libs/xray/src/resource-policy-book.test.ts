import { maxResourcePolicies } from '@fluoroscope/contract/account-settings';
import { describe, expect, it } from 'vitest';
import { ResourcePolicyBook } from './resource-policy-book.js';

const put = (name: string, revision: string | null = null) => ({ kind: 'put resource policy' as const, name, document: '{}', revision });
const remove = (name: string, revision: string | null = null) => ({ kind: 'delete resource policy' as const, name, revision });

describe('the book of resource policies', () => {
  it('gives every change a revision that was never there before', () => {
    const book = new ResourcePolicyBook();
    expect(book.apply(put('b'), 5)).toEqual({ before: null, after: { name: 'b', document: '{}', revision: '1', updatedAtMs: 5 } });
    expect(book.apply(put('b', '1'), 6)).toMatchObject({ before: { revision: '1' }, after: { revision: '2' } });
    expect(book.apply(remove('b', '2'), 7)).toMatchObject({ before: { revision: '2' }, after: null });
    expect(book.apply(put('b', '0'), 8)).toMatchObject({ after: { revision: '3' } });
  });

  it('refuses a revision that is not the present one, and a policy too many', () => {
    const book = new ResourcePolicyBook();
    for (let n = 0; n < maxResourcePolicies; n++) book.apply(put(`p${n}`), n);
    const before = book.snapshot();
    const refusals = [
      [put('p0', '0'), 'policy_revision'],
      [put('p0', '2'), 'policy_revision'],
      [put('new', '7'), 'policy_revision'],
      [remove('p0', '9'), 'policy_revision'],
      [remove('nobody'), 'policy_unknown'],
      [put('new'), 'policy_limit'],
    ] as const;
    for (const [change, code] of refusals) expect(book.apply(change, 99)).toMatchObject({ refused: { code } });
    expect(book.snapshot()).toEqual(before);
  });

  it('goes on from a snapshot, and not from what is none', () => {
    const book = new ResourcePolicyBook();
    book.apply(put('a'), 1);
    book.apply(remove('a'), 2);
    const resumed = new ResourcePolicyBook();
    expect(resumed.restore(JSON.parse(JSON.stringify(book.snapshot())))).toBe(true);
    expect(resumed.apply(put('a'), 3)).toMatchObject({ after: { revision: '2' } });
    for (const snapshot of [null, {}, { revisions: 1, policies: [{}] }]) expect(resumed.restore(snapshot)).toBe(false);
    expect(resumed.policies()).toHaveLength(1);
  });
});
