/**
 * The keys that requests are signed with, from a JSON file: `{"keys": [{"id", "secret", "policy", "name"?,
 * "requestsPerSecond"?}]}`. A file that cannot be used leaves the keys as they were; the reason is one line, and holds nothing
 * of a secret. Bounded: the file's size, and the number of keys.
 */
import { readFile, stat } from 'node:fs/promises';
import { type Policy, policies } from '@fluoroscope/contract/session';

export interface AccessKey {
  id: string;
  secret: string;
  policy: Policy;
  /** For people: who or what has the key. */
  name: string | null;
  requestsPerSecond: number | null;
}

const maxFileBytes = 1024 * 1024;
const maxKeys = 1_000;
/** Of a file mode: what others, and the group beyond reading, must not do with it. */
const forbiddenMode = 0o027;
const idPattern = /^[\w-]{4,128}$/;
/** AWS's have 40 characters. */
const secretLengths = { min: 16, max: 256 };
const maxNameLength = 128;
const maxRequestsPerSecond = 100_000;
const members = new Set(['id', 'secret', 'policy', 'name', 'requestsPerSecond']);

export class KeyRing {
  readonly #path: string;
  readonly #own: readonly AccessKey[];
  #keys = new Map<string, AccessKey>();

  private constructor(path: string, own: readonly AccessKey[]) {
    this.#path = path;
    this.#own = own;
  }

  /** `own` are keys that are in no file. Rejects with one line for the user. */
  static async open(path: string, own: readonly AccessKey[] = []): Promise<KeyRing> {
    const ring = new KeyRing(path, own);
    await ring.reload();
    return ring;
  }

  /** All of the file, or nothing: rejects with one line for the user. Resolves with the number of keys. */
  async reload(): Promise<number> {
    const keys = keysOf(await readKeysFile(this.#path));
    if (typeof keys === 'string') throw new Error(`FLUOROSCOPE_KEYS_FILE=${this.#path} ${keys}`);
    this.#keys = new Map([...keys, ...this.#own].map((key) => [key.id, key]));
    return keys.length;
  }

  get(id: string): AccessKey | undefined {
    return this.#keys.get(id);
  }
}

async function readKeysFile(path: string): Promise<string> {
  const problem = (what: string) => new Error(`FLUOROSCOPE_KEYS_FILE=${path} ${what}`);
  try {
    const { mode, size } = await stat(path);
    if ((mode & forbiddenMode) !== 0) throw problem('can be read or changed by others: chmod 600 it');
    if (size > maxFileBytes) throw problem('is larger than 1 MB');
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === undefined) throw error;
    throw problem(code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`);
  }
}

/** What is wrong with it, as the end of a sentence. */
export function keysOf(text: string): AccessKey[] | string {
  const list = listOf(text);
  if (list === null) return 'is not JSON of the form {"keys": [{"id", "secret", "policy"}]}';
  if (list.length === 0 || list.length > maxKeys) return `has ${list.length} keys: give 1 to ${maxKeys}`;
  const keys: AccessKey[] = [];
  for (const [at, entry] of list.entries()) {
    const key = keyOf(entry);
    if (typeof key === 'string') return `has a key, number ${at + 1}, ${key}`;
    if (keys.some(({ id }) => id === key.id)) return `has the key ${key.id} twice`;
    keys.push(key);
  }
  return keys;
}

function listOf(text: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : null;
    return Array.isArray(keys) ? keys : null;
  } catch {
    return null;
  }
}

function keyOf(entry: unknown): AccessKey | string {
  if (typeof entry !== 'object' || entry === null) return 'that is not an object';
  const unknown = Object.keys(entry).find((name) => !members.has(name));
  if (unknown !== undefined) return `with an unknown member ${JSON.stringify(unknown.slice(0, 40))}`;
  const { id, secret, policy, name = null, requestsPerSecond = null } = entry as Record<string, unknown>;
  if (typeof id !== 'string' || !idPattern.test(id)) return 'whose id is not 4 to 128 letters, digits, - or _';
  if (typeof secret !== 'string' || secret.length < secretLengths.min || secret.length > secretLengths.max)
    return `whose secret does not have ${secretLengths.min} to ${secretLengths.max} characters`;
  const known = policies.find((one) => one === policy);
  if (known === undefined) return `whose policy is not one of ${policies.join(', ')}`;
  if (!isName(name)) return `whose name is not a text of at most ${maxNameLength} characters`;
  if (!isRate(requestsPerSecond)) return `whose requestsPerSecond is not a number from 1 to ${maxRequestsPerSecond}`;
  return { id, secret, policy: known, name, requestsPerSecond };
}

function isName(name: unknown): name is string | null {
  return name === null || (typeof name === 'string' && name !== '' && name.length <= maxNameLength);
}

function isRate(rate: unknown): rate is number | null {
  return rate === null || (typeof rate === 'number' && rate >= 1 && rate <= maxRequestsPerSecond);
}
