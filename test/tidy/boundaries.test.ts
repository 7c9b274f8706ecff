/** The import rules hold, and are able to fail: a file that breaks each of them on purpose is reported. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breaches, rules } from './boundaries.js';
import { codeFiles, read, root } from './files.js';
import { workspacePackages } from './packages.js';

const canary = 'test/tidy/fixtures/xray-that-imports-the-log.ts';

describe('import boundaries', () => {
  it('are kept by every import and every declared dependency', () => {
    expect(breaches(codeFiles(), workspacePackages())).toEqual([]);
  });

  it('cover every package with a known tag', () => {
    const tags = workspacePackages().flatMap(({ folder, tag }) => (folder === '' ? [] : [tag]));
    expect(tags.filter((tag) => tag === undefined || !rules.has(tag))).toEqual([]);
  });

  it('report the canary, rule by rule', () => {
    const file = { path: 'libs/xray/src/canary.ts', text: read(canary) };
    expect(breaches([file], workspacePackages())).toEqual([
      'libs/xray/src/canary.ts:1 imports node:fs, which a browser does not have',
      'libs/xray/src/canary.ts:2 imports @fluoroscope/log, tagged adapter, and is tagged pure',
      'libs/xray/src/canary.ts:3 imports zod, and is pure',
      'libs/xray/src/canary.ts:4 imports ../../runtime/src/config.js, outside its package',
    ]);
  });

  it('report a dependency that a package may not declare', () => {
    const packages = workspacePackages().map((one) =>
      one.tag === 'contract' ? { ...one, dependencies: new Map([['@fluoroscope/log', '*']]) } : one,
    );
    expect(breaches([], packages)).toEqual(['libs/contract: depends on @fluoroscope/log, tagged adapter']);
  });

  it('are shown by the linter too, in the editor', () => {
    expect(lintAs('libs/xray/src/canary.ts')).toContain('noRestrictedImports');
    expect(lintAs('apps/writer/src/canary.ts')).not.toContain('noRestrictedImports');
  });
});

/** What the linter says, with our settings, of the canary at another place. */
function lintAs(path: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fluoroscope-lint-'));
  try {
    for (const settings of ['.biome.json', '.gitignore']) copyFileSync(join(root, settings), join(folder, settings));
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(join(root, canary), join(folder, path));
    const result = spawnSync(join(root, 'node_modules/.bin/biome'), ['lint', path], { cwd: folder, encoding: 'utf8' });
    const said = result.stdout + result.stderr;
    expect(said).toContain('Checked 1 file');
    return said;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
