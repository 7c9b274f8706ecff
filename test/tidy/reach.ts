/**
 * Which files are reached from where the product begins: the entries that npm scripts and processes start, the UI's page,
 * and the tests. A file is reached by an import, or by a string that is its path (workers, child processes, SQL).
 */
import { posix } from 'node:path';
import { isCode, isTest, read } from './files.js';
import type { Package } from './packages.js';
import { stringsOf, templateHeadsOf } from './syntax.js';

/** The entry of every process, the page of the UI, and the settings of tools. */
const entries = /^apps\/[^/]+\/(src\/main\.ts|index\.html)$|(^|\/)(vite|vitest|svelte)\.config\.[jt]s$/;
/** Read by their names, from any package. */
const queries = 'libs/clickhouse/queries/';
/** Read as a folder, or served as they are. */
const readWhole = /^libs\/clickhouse\/migrations\/|^apps\/ui\/public\//;

export function unreachedFiles(paths: readonly string[], packages: readonly Package[]): string[] {
  const candidates = paths.filter((path) => /^(apps|libs|test)\//.test(path) && isSource(path) && !readWhole.test(path));
  const known = new Set(candidates);
  const scripts = packages.flatMap(({ scripts: named }) => Object.values(named).flatMap((command) => command.split(/\s+/)));
  const reached = new Set(candidates.filter((path) => entries.test(path) || /\.test\.ts$/.test(path) || scripts.includes(path)));
  for (const path of reached) {
    for (const target of mentionedBy(path, { known, packages })) reached.add(target);
  }
  return candidates.filter((path) => !reached.has(path));
}

/** Public files that package.json names and that do not exist. */
export function missingExports(paths: readonly string[], packages: readonly Package[]): string[] {
  return packages.flatMap(({ folder, sources }) =>
    [...sources.values()].map((source) => posix.join(folder, source)).filter((path) => !paths.includes(path)),
  );
}

function mentionedBy(path: string, { known, packages }: { known: ReadonlySet<string>; packages: readonly Package[] }): string[] {
  const file = { path, text: read(path) };
  const quoted = [...file.text.matchAll(/["'(]([^"'()\s]+)["')]/g)].map((match) => match[1] ?? '');
  const strings = isCode(path) ? stringsOf(file) : quoted;
  const named = strings.flatMap((mention) => places(mention, path, packages)).flatMap(sourcesOf);
  // A query whose name is put together, as in `segments-by-${order}`.
  const heads = isCode(path) ? templateHeadsOf(file) : [];
  const begun = [...known].filter((one) => heads.some((head) => one.startsWith(queries + head)));
  return [...named.filter((one) => known.has(one)), ...begun];
}

/** Paths from the root that a string in a file may mean. */
function places(mention: string, path: string, packages: readonly Package[]): string[] {
  const name = mention.replace(/[?#].*$/, '');
  if (name.startsWith('.')) return [posix.join(posix.dirname(path), name)];
  const own = packages.find(({ name: packageName }) => packageName !== '' && name.startsWith(`${packageName}/`));
  const source = own?.sources.get(`.${name.slice(own.name.length)}`);
  if (own !== undefined && source !== undefined) return [posix.join(own.folder, source)];
  // `/src/main.ts` of the page; `apps/demo/dist/main.js` of a child process; `node-graph.sql` or its bare name.
  const ownFolder = /^(apps|libs)\/[^/]+/.exec(path)?.[0] ?? '';
  return [posix.join(ownFolder, name), name, queries + name];
}

/** The sources that a path stands for: dist of a source, `.js` of a `.ts`, a query without its ending. */
function sourcesOf(place: string): string[] {
  const source = place.replace(/^((?:apps|libs)\/[^/]+)\/dist\//, '$1/src/');
  return [source, source.replace(/\.js$/, '.ts'), `${source}.ts`, `${source}.sql`];
}

function isSource(path: string): boolean {
  return isCode(path) ? !path.endsWith('.d.ts') : isTest(path) ? false : /\.(css|sql|html)$/.test(path);
}
