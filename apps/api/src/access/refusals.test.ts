import { maxRefusalsOfAddresses } from '@fluoroscope/contract/audit';
import { describe, expect, it } from 'vitest';
import { RefusalTally } from './refusals.js';

const denied = { keyId: 'WRITER', code: 'AccessDeniedException', address: '10.0.0.1', action: 'xray:GetGroups' };
const stranger = (n: number) => ({ keyId: null, code: 'InvalidSignatureException', address: `10.0.1.${n}`, action: 'POST /x' });

describe('refused calls', () => {
  it('are one line for each key and reason, with how many, since when, and where the last came from', () => {
    const tally = new RefusalTally();
    tally.note(denied, 1_000);
    tally.note({ ...denied, address: '10.0.0.2' }, 2_000);
    tally.note({ ...denied, code: 'ThrottledException' }, 3_000);
    expect(tally.all().refusals.map(({ code, count, firstMs, lastMs, address }) => [code, count, firstMs, lastMs, address])).toEqual([
      ['ThrottledException', 1, 3_000, 3_000, '10.0.0.1'],
      ['AccessDeniedException', 2, 1_000, 2_000, '10.0.0.2'],
    ]);
  });

  it('are bounded, whatever strangers do, who never push out what is known of a key', () => {
    const tally = new RefusalTally();
    tally.note(denied, 0);
    for (let n = 0; n < 1_000; n++) tally.note({ ...stranger(n), action: 'x'.repeat(9_999) }, n);
    const { refusals, forgotten } = tally.all();
    expect([refusals.length, forgotten]).toEqual([maxRefusalsOfAddresses + 1, 1_000 - maxRefusalsOfAddresses]);
    expect(refusals.at(-1)?.keyId).toBe('WRITER');
    expect(refusals[0]?.action).toHaveLength(80);
  });
});
