/** Documents that are checked against the code: settings, dependencies, errors, the import table. */
import { posix } from 'node:path';
import { settings, settingsTable } from '@fluoroscope/runtime/config';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { operationNames } from '../compat/xray-model.js';
import { rules } from './boundaries.js';
import { codeFiles, read, trackedPaths } from './files.js';
import { scope, workspacePackages } from './packages.js';

describe('README.md', () => {
  it('shows every setting as the schema has it', () => {
    expect(read('README.md')).toContain(settingsTable());
  });

  it('names no setting that does not exist', () => {
    const known = [...Object.values(settings).map(({ variable }) => variable), ...elsewhere];
    const named = read('README.md').match(/FLUOROSCOPE_[A-Z_]+[A-Z]/g) ?? [];
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('names no npm script that does not exist', () => {
    const scripts = workspacePackages().find(({ folder }) => folder === '')?.scripts ?? {};
    const named = ['README.md', 'CONTRIBUTING.md'].flatMap((path) =>
      [...read(path).matchAll(/npm run (\w+)/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

/** Settings of the demo and of the tests, which are not in the schema. */
const elsewhere = ['FLUOROSCOPE_DEMO_RATE', 'FLUOROSCOPE_SEED', 'FLUOROSCOPE_CHROMIUM', 'FLUOROSCOPE_SOAK', 'FLUOROSCOPE_SOAK_SEED'];

describe('settings in the code', () => {
  it('are all in the schema', () => {
    const known = new Set([...Object.values(settings).map(({ variable }) => variable), ...elsewhere]);
    const found = codeFiles().flatMap(({ path, text }) =>
      [...text.matchAll(/\benv\.(FLUOROSCOPE_\w+)/g)].filter(([, name = '']) => !known.has(name)).map(([use]) => `${path}: ${use}`),
    );
    expect(found).toEqual([]);
  });
});

describe('docs/dependencies.md', () => {
  const listed = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name);
  const used = workspacePackages()
    .flatMap(({ dependencies, devDependencies }) => [...dependencies.keys(), ...devDependencies.keys()])
    .filter((name) => !name.startsWith(scope));

  it('has a line for every dependency', () => {
    expect(used.filter((name) => !listed.includes(name))).toEqual([]);
  });

  it('has no line for a dependency that is gone', () => {
    expect(listed.filter((name) => !used.includes(name))).toEqual([]);
  });
});

describe('docs/fidelity.md', () => {
  it('says of every operation what is exact, and what is chosen', () => {
    const listed = [...read('docs/fidelity.md').matchAll(/^\| ([A-Z]\w+) \|/gm)].map(([, name = '']) => name);
    const table = /export const cloudWatchOperations = \{([^;]*)\}/.exec(read('apps/api/src/access/policies.ts'))?.[1] ?? '';
    const ofCloudWatch = [...table.matchAll(/^ {2}([A-Z]\w+):/gm)].map(([, name = '']) => name);
    expect(ofCloudWatch).toContain('PutMetricData');
    expect(listed).toEqual([...operationNames, ...ofCloudWatch.sort()]);
  });
});

describe('ARCHITECTURE.md', () => {
  it('draws every package under its tag', () => {
    const rows = read('ARCHITECTURE.md').split('\n');
    const missing = workspacePackages().filter(
      ({ folder, tag }) => folder !== '' && !rows.some((row) => row.startsWith(`| ${tag} |`) && row.includes(`\`${folder}\``)),
    );
    expect(missing.map(({ folder }) => folder)).toEqual([]);
  });

  it('has a row for every tag', () => {
    const text = read('ARCHITECTURE.md');
    expect([...rules.keys()].filter((tag) => !text.includes(`\n| ${tag} |`))).toEqual([]);
  });
});

describe('links between documents', () => {
  it('lead to files that exist', () => {
    const paths = trackedPaths();
    const broken = paths
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) => {
        const targets = [...read(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target);
        const local = targets.filter((target) => !target.includes('://')).map((target) => posix.join(posix.dirname(path), target));
        return local
          .filter((target) => !paths.some((one) => one === target || one.startsWith(`${target}/`)))
          .map((target) => `${path}: ${target}`);
      });
    expect(broken).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  it('lists every code of the registries', () => {
    const text = read('docs/errors.md');
    const codes = registries.flatMap((path) => {
      const found = codesIn(path);
      expect(found.length, path).toBeGreaterThan(1);
      return found;
    });
    expect(codes.filter((code) => !text.includes(`| ${code} |`))).toEqual([]);
  });
});

const registries = [
  'apps/api/src/protocol/errors.ts',
  'apps/api/src/protocol/cloudwatch-errors.ts',
  'libs/xray/src/document.ts',
  'libs/xray/src/datagram.ts',
];

/** The members of `errorStatuses`, and of types whose name ends in Code or Rejection. */
function codesIn(path: string): string[] {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022, true);
  return source.statements.flatMap((statement) => {
    if (ts.isTypeAliasDeclaration(statement) && /(Code|Rejection)$/.test(statement.name.text)) return literalsOf(statement.type);
    return ts.isVariableStatement(statement) ? statement.declarationList.declarations.flatMap(statusesOf) : [];
  });
}

function literalsOf(type: ts.TypeNode): string[] {
  const members = ts.isUnionTypeNode(type) ? type.types : [];
  return members.flatMap((member) => (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal) ? [member.literal.text] : []));
}

function statusesOf({ name, initializer }: ts.VariableDeclaration): string[] {
  if (name.getText() !== 'errorStatuses' || initializer === undefined || !ts.isAsExpression(initializer)) return [];
  const table = initializer.expression;
  return ts.isObjectLiteralExpression(table) ? table.properties.map((member) => member.name?.getText() ?? '') : [];
}
