/**
 * Who may import whom, by the tag in each package.json. Looks at real import statements and at declared dependencies,
 * and returns one line for each breach.
 */
import { isBuiltin } from 'node:module';
import { isTest, type TextFile } from './files.js';
import { type Package, scope } from './packages.js';
import { importsOf } from './syntax.js';

interface Rule {
  /** Tags of the packages of ours that it may import. */
  ours: readonly string[];
  /** Pure code runs in the browser and on the server: no Node built-ins and no packages from outside. */
  pure?: boolean;
  /** Runs in the browser: no Node built-ins. */
  browser?: boolean;
}

const libraries = ['contract', 'pure', 'adapter', 'runtime'] as const;

export const rules: ReadonlyMap<string, Rule> = new Map([
  ['contract', { ours: [], pure: true }],
  ['pure', { ours: ['contract'], pure: true }],
  ['adapter', { ours: ['contract', 'pure'] }],
  ['runtime', { ours: [] }],
  ['app', { ours: libraries }],
  ['standalone', { ours: [...libraries, 'app'] }],
  ['demo', { ours: [] }],
  ['ui', { ours: ['contract', 'pure'], browser: true }],
  ['test', { ours: [...libraries, 'app', 'standalone', 'ui'] }],
]);

/** Tests, suites of tests that every implementation of a seam runs, and build files: they may use the root's tools. */
const testOnly = /(\.test|-conformance)\.ts$|(^|\/)(vite|vitest|svelte)\.config\.[jt]s$/;

export function breaches(files: readonly TextFile[], packages: readonly Package[]): string[] {
  return [...packages.flatMap((own) => declaredBreaches(own, packages)), ...files.flatMap((file) => importBreaches(file, packages))];
}

function declaredBreaches(own: Package, packages: readonly Package[]): string[] {
  if (own.folder === '') return [];
  const rule = ruleOf(own);
  if (rule === undefined) return [`${own.folder}: the tag ${own.tag} is not known`];
  return [...own.dependencies.keys()].flatMap((name) => {
    const target = packages.find((one) => one.name === name);
    if (target !== undefined) return mayImport(rule, target) ? [] : [`${own.folder}: depends on ${name}, tagged ${target.tag}`];
    return rule.pure ? [`${own.folder}: depends on ${name}, and is pure`] : [];
  });
}

function importBreaches(file: TextFile, packages: readonly Package[]): string[] {
  const own = packages.find(({ folder }) => folder !== '' && file.path.startsWith(`${folder}/`));
  const rule = own === undefined ? undefined : ruleOf(own);
  if (own === undefined || rule === undefined) return [];
  return importsOf(file).flatMap(({ name, line }) => {
    const problem = name.startsWith('.') ? leaves(file, own, name) : judge({ name, file, own, rule, packages });
    return problem === null ? [] : [`${file.path}:${line} ${problem}`];
  });
}

function judge(context: { name: string; file: TextFile; own: Package; rule: Rule; packages: readonly Package[] }): string | null {
  const { name, file, own, rule, packages } = context;
  const target = packageName(name);
  if (isBuiltin(name))
    return (rule.pure || rule.browser) && !testOnly.test(file.path) ? `imports ${name}, which a browser does not have` : null;
  if (target.startsWith(scope)) return ourImport({ name, target, own, rule, packages });
  if (rule.pure && !testOnly.test(file.path)) return `imports ${name}, and is pure`;
  return isDeclared(target, { own, file, packages }) ? null : `imports ${target}, which no package.json on its way declares`;
}

function ourImport(context: { name: string; target: string; own: Package; rule: Rule; packages: readonly Package[] }): string | null {
  const { name, target, own, rule, packages } = context;
  const found = packages.find((one) => one.name === target);
  if (found === undefined) return `imports ${target}, which is not a package of ours`;
  if (!mayImport(rule, found)) return `imports ${target}, tagged ${found.tag}, and is tagged ${own.tag}`;
  if (!found.sources.has(`.${name.slice(target.length)}`)) return `imports ${name}, which ${target} does not export`;
  const declared = own.dependencies.has(target) || own.devDependencies.has(target);
  return declared ? null : `imports ${target}, which its package.json does not declare`;
}

/** Scripts that run before anything is installed cannot import by name, nor be imported by it. */
function leaves(file: TextFile, own: Package, name: string): string | null {
  const target = new URL(name, `file:///${file.path}`).pathname.slice(1);
  return target.startsWith(`${own.folder}/`) || [file.path, name].some((path) => path.endsWith('.mjs'))
    ? null
    : `imports ${name}, outside its package`;
}

function isDeclared(target: string, { own, file, packages }: { own: Package; file: TextFile; packages: readonly Package[] }): boolean {
  if (own.dependencies.has(target) || own.devDependencies.has(target)) return true;
  return (
    (isTest(file.path) || testOnly.test(file.path)) &&
    packages.some(({ folder, devDependencies }) => folder === '' && devDependencies.has(target))
  );
}

function mayImport(rule: Rule, target: Package): boolean {
  return target.tag !== undefined && rule.ours.includes(target.tag);
}

function ruleOf({ tag }: Package): Rule | undefined {
  return tag === undefined ? undefined : rules.get(tag);
}

/** `@scope/name/path` and `name/path` without their paths. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
