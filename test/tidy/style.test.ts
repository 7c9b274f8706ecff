/** Style as a test: what a reader may rely on in every file. Each limit is here once, with its reason. */
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeFiles, type TextFile, trackedPaths, writtenFiles } from './files.js';
import {
  classesEndingIn,
  type Finding,
  functionsLongerThan,
  functionsWithMoreParametersThan,
  heldBackTests,
  isBarrel,
  looseTypes,
} from './syntax.js';

/** A function fits on a screen; the median is about ten lines. */
const maxFunctionLines = 70;
/** Three are the aim; with a fifth, nobody can tell at the call what is what. */
const maxParameters = 4;
/** A file that grows past this is usually two things. */
const maxFileLines = 400;

const bannedFolders = new Map([
  ['utils', 'name it after what it does'],
  ['util', 'name it after what it does'],
  ['common', 'put it where its first user is'],
  ['helpers', 'name it after what it does'],
  ['helper', 'name it after what it does'],
  ['shared', 'put it where its first user is, or make it a library with a name'],
  ['misc', 'name it after what it does'],
]);
const bannedFiles = new Map([
  ...bannedFolders,
  ['types', 'put a type beside what makes it'],
  ['index', "a package's exports name its public files"],
]);

// Written so that this file does not find itself.
const suppression = /biome-i[g]nore|@ts-i[g]nore|@ts-e[x]pect-error|@ts-n[o]check|eslint-d[i]sable|svelte-i[g]nore|prettier-i[g]nore/;
const leftover = /\b(T[O]DO|F[I]XME|X{3}|H[A]CK)\b/;

describe('style', () => {
  const code = codeFiles();

  it('keeps functions short enough to read at once', () => {
    expect(report(code.flatMap((file) => functionsLongerThan(file, maxFunctionLines)))).toEqual([]);
  });

  it('names what a function takes when it takes much', () => {
    expect(report(code.flatMap((file) => functionsWithMoreParametersThan(file, maxParameters)))).toEqual([]);
  });

  it('keeps files short enough to be one thing', () => {
    const long = writtenFiles().filter(({ path, text }) => isLimited(path) && text.trimEnd().split('\n').length > maxFileLines);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('names files and folders after what they hold', () => {
    expect(trackedPaths().flatMap(bannedNames)).toEqual([]);
  });

  it('has no barrel files', () => {
    expect(code.filter(isBarrel).map(({ path }) => path)).toEqual([]);
  });

  it('keeps the word service for the nodes of the graph', () => {
    expect(report(code.flatMap((file) => classesEndingIn(file, 'Service')))).toEqual([]);
  });

  it('has no any and no non-null assertion', () => {
    expect(report(code.flatMap(looseTypes))).toEqual([]);
  });

  it('suppresses no finding of a linter or of the compiler', () => {
    expect(report(writtenFiles().flatMap((file) => linesMatching(file, suppression)))).toEqual([]);
  });

  it('leaves nothing to be done later', () => {
    expect(report(writtenFiles().flatMap((file) => linesMatching(file, leftover)))).toEqual([]);
  });

  it('holds back no test', () => {
    expect(report(code.flatMap(heldBackTests))).toEqual([]);
  });
});

describe('the style checks', () => {
  const sample = (text: string, path = 'libs/x/src/sample.ts'): TextFile => ({ path, text });

  it('find a function over the limit, in a component too', () => {
    const long = `function f() {\n${'  g();\n'.repeat(maxFunctionLines)}}\n`;
    expect(functionsLongerThan(sample(long), maxFunctionLines)).toHaveLength(1);
    const component = `<p>text</p>\n<script lang="ts">\n${long}</script>`;
    expect(functionsLongerThan(sample(component, 'apps/ui/src/A.svelte'), maxFunctionLines)).toMatchObject([{ line: 3 }]);
  });

  it('find a function that takes too much, but not one that a caller shapes', () => {
    const found = functionsWithMoreParametersThan(sample('const f = (a, b, c, d, e) => a; on((a, b, c, d, e) => a);'), maxParameters);
    expect(found).toHaveLength(1);
  });

  it('find loose types, classes named Service, held back tests and barrels', () => {
    expect(looseTypes(sample('const a: any = b!;'))).toHaveLength(2);
    expect(classesEndingIn(sample('class CartService {}'), 'Service')).toHaveLength(1);
    expect(heldBackTests(sample("it.only('x', () => {}); describe.skip('y', () => {}); it.skipIf(a)('z', b);"))).toHaveLength(2);
    expect(isBarrel(sample("export * from './a.js';\nexport { b } from './b.js';"))).toBe(true);
  });

  it('find a drawer by its name', () => {
    expect(bannedNames('libs/x/src/helpers/a.ts')).toHaveLength(1);
    expect(bannedNames('libs/x/src/index.ts')).toHaveLength(1);
    expect(bannedNames('apps/ui/index.html')).toEqual([]);
  });
});

function isLimited(path: string): boolean {
  return /\.(ts|mjs|svelte|css|sql)$/.test(path);
}

function bannedNames(path: string): string[] {
  const folders = path.split('/').slice(0, -1);
  const file = /^(\w+)\.(ts|mts|js|mjs)$/.exec(basename(path))?.[1] ?? '';
  const advice = [...folders.map((name) => bannedFolders.get(name)), bannedFiles.get(file)];
  return advice.filter((line) => line !== undefined).map((line) => `${path}: ${line}`);
}

function linesMatching({ path, text }: TextFile, pattern: RegExp): Finding[] {
  return text.split('\n').flatMap((line, index) => {
    const found = pattern.exec(line)?.[0];
    return found === undefined ? [] : [{ path, line: index + 1, what: found }];
  });
}

function report(findings: Finding[]): string[] {
  return findings.map(({ path, line, what }) => `${path}:${line} ${what}`);
}
