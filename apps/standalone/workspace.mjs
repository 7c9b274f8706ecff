/**
 * Brings a checkout to where it can run: installs what the lock file names and builds what is stale. Plain Node without
 * dependencies, because it runs before there are any. Nothing is done, and next to no time spent, when nothing changed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
/** Inside node_modules, so that a fresh install also forgets it. */
export const cacheDir = join(root, 'node_modules/.cache/fluoroscope');
const stampFile = join(cacheDir, 'built');
const leastNode = [20, 19];
/** Folders whose files decide what the builds make, and files at the root that do. */
const sourceFolders = ['apps', 'libs', '.config'];
const sourceFiles = ['package-lock.json', 'nx.json'];
const notSources = new Set(['node_modules', 'dist', '.svelte-check']);

/** Null, or one line saying which Node is needed. */
export function nodeProblem(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < leastNode[0] || (major === leastNode[0] && minor < leastNode[1]);
  return old ? `Fluoroscope needs Node ${leastNode.join('.')} or newer, and this is ${version}` : null;
}

/** True when node_modules holds what package-lock.json names; packages of other platforms may be missing. */
export function isInstalled() {
  const installed = readJson(join(root, 'node_modules/.package-lock.json'))?.packages;
  if (installed === undefined) return false;
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.optional || entry.devOptional) return true;
    return installed[path]?.version === entry.version && installed[path]?.link === entry.link;
  });
}

/** `npm ci` when something is missing. Returns false when it failed; npm has then said why. */
export function install() {
  if (isInstalled()) return true;
  console.log('installing what package-lock.json names: npm ci');
  return run('npm', ['ci', '--no-audit', '--no-fund']).status === 0;
}

/** True when every source is as it was at the last build, and no build's output is gone. */
export function isBuilt() {
  return readText(stampFile) === fingerprint() && missingOutputs().length === 0;
}

/** Builds all packages; Nx leaves out what it has in its cache. Quiet: the output is printed when a build failed. */
export function build() {
  const before = fingerprint();
  rmSync(stampFile, { force: true });
  // NX_DAEMON: a process that outlives the build is not wanted, least of all in a container.
  const env = { ...process.env, NX_TUI: 'false', NX_DAEMON: 'false' };
  const nx = join(root, 'node_modules/nx/dist/bin/nx.js');
  const result = run(process.execPath, [nx, 'run-many', '-t', 'build', '--outputStyle=static'], { env, stdio: 'pipe', encoding: 'utf8' });
  if (result.status !== 0) {
    console.error(`${result.stdout ?? ''}${result.stderr ?? ''}`);
    return false;
  }
  mkdirSync(cacheDir, { recursive: true });
  writeFileSync(stampFile, before);
  return true;
}

function missingOutputs() {
  return ['apps', 'libs'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .map((name) => join(root, folder, name))
      .filter((path) => readJson(join(path, 'package.json'))?.scripts?.build !== undefined && !existsSync(join(path, 'dist'))),
  );
}

/** Changes with the name, size or time of any source: also when a file goes away, or an older one comes back. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of sourceFiles) addFile(hash, join(root, file));
  for (const folder of sourceFolders) addFolder(hash, join(root, folder));
  return hash.digest('hex');
}

function addFolder(hash, folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (notSources.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) addFolder(hash, path);
    else if (entry.isFile()) addFile(hash, path);
  }
}

function addFile(hash, path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', maxBuffer: 64 * 1024 * 1024, ...options });
}

function readJson(path) {
  const text = readText(path);
  return text === null ? undefined : JSON.parse(text);
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw new Error(`cannot read ${path}`, { cause: error });
  }
}
