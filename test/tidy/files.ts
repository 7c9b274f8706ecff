/**
 * The files that the tidy tests look at: what git tracks, and what it would track. Paths are relative to the root, with
 * forward slashes. Without git (an unpacked archive) the tests say so instead of passing on nothing.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const maxListBytes = 16 * 1024 * 1024;
/** Recorded data and the lock file: not written by hand. */
const generated = /(^|\/)package-lock\.json$|\.jsonl$|\.snap$/;
const binary = /\.(png|ico|woff2?|zst|gz|bin)$/;
/** Breaks rules on purpose, for the canary tests. */
const canaries = 'test/tidy/fixtures/';

export interface TextFile {
  path: string;
  text: string;
}

export function trackedPaths(): string[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    maxBuffer: maxListBytes,
    encoding: 'utf8',
  });
  const paths = list.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  if (paths.length === 0) throw new Error('git lists no files here');
  return paths.filter((path) => !path.startsWith(canaries));
}

/** Files that people write: code, styles, SQL, documents, settings. */
export function writtenFiles(): TextFile[] {
  return trackedPaths()
    .filter((path) => !generated.test(path) && !binary.test(path))
    .map((path) => ({ path, text: read(path) }));
}

export function codeFiles(): TextFile[] {
  return writtenFiles().filter(({ path }) => isCode(path));
}

export function isCode(path: string): boolean {
  return /\.(ts|mts|js|mjs|svelte)$/.test(path);
}

export function isTest(path: string): boolean {
  return /\.test\.ts$/.test(path) || path.startsWith('test/');
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
