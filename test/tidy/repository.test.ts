/** The repository as a whole: its layout, its lock file, and nothing in it of the machine that it was written on. */
import { describe, expect, it } from 'vitest';
import { read, trackedPaths, writtenFiles } from './files.js';
import { workspacePackages } from './packages.js';

const topLevel = new Set([
  ...['.biome.json', '.ci', '.config', '.dockerignore', '.gitignore', '.npmrc', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ...[
    'LICENSE',
    'README.md',
    'apps',
    'docker-compose.yml',
    'docs',
    'infra',
    'libs',
    'nx.json',
    'package-lock.json',
    'package.json',
    'test',
  ],
]);
const maxTopLevel = 24;

/** Homes and work folders of people and machines; a container's own folders are not among them. */
const machinePath = /(?<![\w.:/-])\/(home|Users|root|wor[k])\/[\w.-]+/;
/** A package registry's address; the settings of the person who installs decide which one is used. */
const registryHost = /https?:\/\/[^\s"'/)]*(registry|artifactory|nexus|verdaccio|jfrog)[^\s"']*/i;

interface LockEntry {
  version?: string;
  resolved?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

describe('the repository', () => {
  it('has the layout that ARCHITECTURE.md draws', () => {
    const names = new Set(trackedPaths().map((path) => path.split('/')[0] ?? ''));
    expect([...names].filter((name) => !topLevel.has(name))).toEqual([]);
    expect(names.size).toBeLessThanOrEqual(maxTopLevel);
  });

  it('names no folder of a machine and no package registry', () => {
    const found = [...writtenFiles(), { path: 'package-lock.json', text: read('package-lock.json') }].flatMap(({ path, text }) =>
      [machinePath, registryHost].flatMap((pattern) => {
        const hit = pattern.exec(text)?.[0];
        return hit === undefined ? [] : [`${path}: ${hit}`];
      }),
    );
    expect(found).toEqual([]);
  });
});

describe('package-lock.json', () => {
  const packages: Record<string, LockEntry> = JSON.parse(read('package-lock.json')).packages;

  it('agrees with every package.json', () => {
    const differing = workspacePackages().filter(({ folder, dependencies, devDependencies }) => {
      const { dependencies: locked = {}, devDependencies: lockedDev = {} } = packages[folder] ?? {};
      return !isSame(dependencies, locked) || !isSame(devDependencies, lockedDev);
    });
    expect(differing.map(({ folder }) => folder)).toEqual([]);
  });

  it('lists the optional packages of every platform', () => {
    const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.entries(optionalDependencies)
        .filter(([name, version]) => /^\d/.test(version) && !isListed(packages, place, name))
        .map(([name]) => `${name}, of ${place}`),
    );
    expect(missing).toEqual([]);
  });

  it('lists native packages of platforms other than this one', () => {
    const others = ['darwin', 'linux', 'win32'].filter((os) => os !== process.platform);
    for (const os of others) expect(Object.keys(packages).some((place) => place.includes(os))).toBe(true);
  });

  it('says nothing of where packages were fetched from', () => {
    const resolved = Object.values(packages).filter((entry) => entry.resolved !== undefined && entry.link !== true);
    expect(resolved).toEqual([]);
  });
});

/** Beside the package that wants it, or in any folder above. */
function isListed(packages: Record<string, LockEntry>, place: string, name: string): boolean {
  const folders = place.split('/node_modules/');
  const above = folders.map((_, count) => folders.slice(0, folders.length - count).join('/node_modules/'));
  return [...above.map((folder) => `${folder}/node_modules/${name}`), `node_modules/${name}`].some((path) => path in packages);
}

function isSame(declared: ReadonlyMap<string, string>, locked: Record<string, string>): boolean {
  return declared.size === Object.keys(locked).length && [...declared].every(([name, version]) => locked[name] === version);
}
