import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyRing, keysOf } from './key-ring.js';

const secret = '0123456789abcdef';
const key = { id: 'WRITER', secret, policy: 'write-only' };
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fluoroscope-keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(keys: unknown, mode = 0o600): Promise<string> {
  const path = join(folder, 'keys.json');
  await writeFile(path, JSON.stringify(keys));
  await chmod(path, mode);
  return path;
}

describe('a file of keys', () => {
  it('gives each key its policy', () => {
    expect(keysOf(JSON.stringify({ keys: [key, { ...key, id: 'B_-4', name: 'shop', requestsPerSecond: 5 }] }))).toEqual([
      { ...key, name: null, requestsPerSecond: null },
      { ...key, id: 'B_-4', name: 'shop', requestsPerSecond: 5 },
    ]);
  });

  it.each([
    ['not JSON', 'nothing', /not JSON of the form/],
    ['a list', [], /not JSON of the form/],
    ['no keys', { keys: [] }, /has 0 keys/],
    ['too many keys', { keys: Array.from({ length: 1_001 }, (_, at) => ({ ...key, id: `key-${at}` })) }, /has 1001 keys/],
    ['a key that is none', { keys: [key, null] }, /number 2, that is not an object/],
    ['an ID with a slash', { keys: [{ ...key, id: 'a/bcd' }] }, /number 1, whose id/],
    ['a short secret', { keys: [{ ...key, secret: 'short' }] }, /whose secret does not have 16/],
    ['an unknown policy', { keys: [{ ...key, policy: 'admin' }] }, /write-only, read-only, full/],
    ['a misspelt member', { keys: [{ ...key, polcy: 'full' }] }, /unknown member "polcy"/],
    ['a name that is none', { keys: [{ ...key, name: 7 }] }, /whose name/],
    ['a rate that is none', { keys: [{ ...key, requestsPerSecond: 0 }] }, /whose requestsPerSecond/],
    ['one key twice', { keys: [key, key] }, /WRITER twice/],
  ])('with %s is refused in half a sentence without the secret', (_, keys, reason) => {
    const problem = keysOf(typeof keys === 'string' ? keys : JSON.stringify(keys));
    expect(problem).toMatch(reason);
    expect(problem).not.toContain(secret);
  });

  it('is read again whole, or not at all', async () => {
    const ring = await KeyRing.open(await file({ keys: [key] }));
    await file({ keys: [{ ...key, id: 'OTHER' }] });
    expect([await ring.reload(), ring.get('WRITER'), ring.get('OTHER')?.policy]).toEqual([1, undefined, 'write-only']);
    await file({ keys: [key, { ...key, id: '?' }] });
    await expect(ring.reload()).rejects.toThrow(/^FLUOROSCOPE_KEYS_FILE=\S+ has a key, number 2/);
    expect([ring.get('WRITER'), ring.get('OTHER')?.policy]).toEqual([undefined, 'write-only']);
    expect(inspect(ring, { depth: 9, showHidden: true })).not.toContain(secret);
  });

  it('must be there, and be nobody else’s to read or change', async () => {
    for (const mode of [0o604, 0o620, 0o602])
      await expect(KeyRing.open(await file({ keys: [key] }, mode))).rejects.toThrow(/others: chmod 600/);
    await expect(KeyRing.open(await file({ keys: [key] }, 0o640))).resolves.toBeDefined();
    await expect(KeyRing.open(join(folder, 'none.json'))).rejects.toThrow(/none\.json does not exist$/);
  });
});
