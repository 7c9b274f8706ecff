/**
 * Adds a key to a file of FLUOROSCOPE_KEYS_FILE, which is made when it is missing, and prints it:
 *
 *   node infra/add-key.mjs keys.json NAME write-only|read-only|full
 *
 * The file is replaced in one step, and nobody but its owner can read it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

const policies = ['write-only', 'read-only', 'full'];
const namePattern = /^[\w-]{4,128}$/;
const secretBytes = 30;

const [path = '', id = '', policy = ''] = process.argv.slice(2);
if (path === '' || !namePattern.test(id) || !policies.includes(policy))
  stop(`give a file, a name of 4 to 128 letters, and one of ${policies.join(', ')}`);
const { keys } = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { keys: [] };
if (keys.some((key) => key.id === id)) stop(`${path} has a key ${id} already`);

const secret = randomBytes(secretBytes).toString('base64url');
writeFileSync(`${path}.new`, `${JSON.stringify({ keys: [...keys, { id, secret, policy }] }, null, 2)}\n`, { mode: 0o600 });
renameSync(`${path}.new`, path);
console.log(`ID      ${id}\nSecret  ${secret}`);

function stop(problem) {
  console.error(problem);
  process.exit(1);
}
