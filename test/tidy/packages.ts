/** The workspace's packages as their package.json files describe them. */
import { read, trackedPaths } from './files.js';

export interface Package {
  name: string;
  /** Folder relative to the root; '' is the root itself. */
  folder: string;
  /** The Nx tag that fixes whom it may import; undefined for the root. */
  tag: string | undefined;
  dependencies: Map<string, string>;
  devDependencies: Map<string, string>;
  /** Subpath to source file: `./trace` to `./src/trace.ts`. */
  sources: Map<string, string>;
  scripts: Record<string, string>;
}

interface PackageJson {
  name: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  exports?: Record<string, { '@fluoroscope/source'?: string }>;
  nx?: { tags?: string[] };
}

export const scope = '@fluoroscope/';

export function workspacePackages(): Package[] {
  return trackedPaths()
    .filter((path) => /^((apps|libs)\/[^/]+\/|test\/)?package\.json$/.test(path))
    .map(readPackage);
}

function readPackage(path: string): Package {
  const json: PackageJson = JSON.parse(read(path));
  const sources = Object.entries(json.exports ?? {}).flatMap(([subpath, target]): [string, string][] => {
    const source = target['@fluoroscope/source'];
    return source === undefined ? [] : [[subpath, source]];
  });
  return {
    name: json.name,
    folder: path.replace(/\/?package\.json$/, ''),
    tag: json.nx?.tags?.[0],
    dependencies: new Map(Object.entries(json.dependencies ?? {})),
    devDependencies: new Map(Object.entries(json.devDependencies ?? {})),
    sources: new Map(sources),
    scripts: json.scripts ?? {},
  };
}
