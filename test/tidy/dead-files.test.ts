/** Nothing lies about: every source file is reached from an entry or a test, and every public file exists. */
import { describe, expect, it } from 'vitest';
import { trackedPaths } from './files.js';
import { workspacePackages } from './packages.js';
import { missingExports, unreachedFiles } from './reach.js';

describe('files', () => {
  const paths = trackedPaths();
  const packages = workspacePackages();

  it('are all reached from an entry or a test', () => {
    expect(unreachedFiles(paths, packages)).toEqual([]);
  });

  it('that package.json names as public exist', () => {
    expect(missingExports(paths, packages)).toEqual([]);
  });

  it('are reported when nothing reaches them', () => {
    // Put together here: the whole path in one string would be a mention of it.
    const orphan = ['test/tidy', 'canary.ts'].join('/');
    expect(unreachedFiles([...paths, orphan], packages)).toContain(orphan);
  });
});
