/**
 * What the tidy tests ask of a file's syntax tree: long functions, `any`, `!`, class names, imports and string literals.
 * Of a Svelte component only the scripts are looked at; their line numbers are the component's.
 */
import ts from 'typescript';
import type { TextFile } from './files.js';

export interface Finding {
  path: string;
  line: number;
  what: string;
}

export interface Specifier {
  /** As written: `./x.js`, `node:fs`, `@fluoroscope/xray/trace`. */
  name: string;
  line: number;
}

export function functionsLongerThan(file: TextFile, maxLines: number): Finding[] {
  return collect(file, (node, source) => {
    if (!isFunctionWithBody(node) || isGroupOfTests(node)) return null;
    const lines = lineOf(source, node.getEnd()) - lineOf(source, node.getStart(source)) + 1;
    return lines > maxLines ? `a function of ${lines} lines` : null;
  });
}

export function functionsWithMoreParametersThan(file: TextFile, maxParameters: number): Finding[] {
  return collect(file, (node) => {
    // What is injected, and what somebody else calls, has the shape that they give it.
    if (!isFunctionWithBody(node) || ts.isConstructorDeclaration(node) || ts.isCallExpression(node.parent)) return null;
    const count = node.parameters.filter(({ name }) => name.getText() !== 'this').length;
    return count > maxParameters ? `a function of ${count} parameters` : null;
  });
}

export function looseTypes(file: TextFile): Finding[] {
  return collect(file, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) return 'the type any';
    return ts.isNonNullExpression(node) ? 'a non-null assertion' : null;
  });
}

export function classesEndingIn(file: TextFile, suffix: string): Finding[] {
  return collect(file, (node) => (ts.isClassLike(node) && node.name?.text.endsWith(suffix) ? `class ${node.name.text}` : null));
}

/** `.only`, `.skip` and `.todo` of a test or of a group; `.skipIf` and `.runIf` give their reason and may stay. */
export function heldBackTests(file: TextFile): Finding[] {
  return collect(file, (node) => {
    if (!ts.isPropertyAccessExpression(node) || !['only', 'skip', 'todo'].includes(node.name.text)) return null;
    const target = node.expression;
    return ts.isIdentifier(target) && ['it', 'test', 'describe'].includes(target.text) ? `${target.text}.${node.name.text}` : null;
  });
}

/** A file of nothing but `export … from`. */
export function isBarrel(file: TextFile): boolean {
  const statements = parse(file).flatMap((source) => [...source.statements]);
  return statements.length > 0 && statements.every((node) => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined);
}

/** Static and dynamic imports, and re-exports. */
export function importsOf(file: TextFile): Specifier[] {
  return specifiers(file, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
    return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments[0] : undefined;
  });
}

/** Every string literal: imports, and what is started or read by its path. */
export function stringsOf(file: TextFile): string[] {
  return specifiers(file, (node) => node).map(({ name }) => name);
}

/** What template strings begin with, where it is not nothing. */
export function templateHeadsOf(file: TextFile): string[] {
  return collect(file, (node) => (ts.isTemplateHead(node) && node.text !== '' ? node.text : null)).map(({ what }) => what);
}

function specifiers(file: TextFile, pick: (node: ts.Node) => ts.Node | undefined): Specifier[] {
  const found: Specifier[] = [];
  collect(file, (node, source) => {
    const literal = pick(node);
    if (literal !== undefined && ts.isStringLiteralLike(literal)) {
      found.push({ name: literal.text, line: lineOf(source, node.getStart(source)) });
    }
    return null;
  });
  return found;
}

function collect(file: TextFile, judge: (node: ts.Node, source: ts.SourceFile) => string | null): Finding[] {
  const findings: Finding[] = [];
  for (const source of parse(file)) {
    const visit = (node: ts.Node): void => {
      const what = judge(node, source);
      if (what !== null) findings.push({ path: file.path, line: lineOf(source, node.getStart(source)), what });
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return findings;
}

const parsed = new WeakMap<TextFile, ts.SourceFile[]>();

function parse(file: TextFile): ts.SourceFile[] {
  const sources = parsed.get(file) ?? parseScripts(file);
  parsed.set(file, sources);
  return sources;
}

function parseScripts({ path, text }: TextFile): ts.SourceFile[] {
  if (!path.endsWith('.svelte')) return [ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)];
  const scripts = [...text.matchAll(/(<script\b[^>]*>)([\s\S]*?)<\/script>/g)];
  return scripts.map(({ index, 1: tag = '', 2: script = '' }) => {
    // Blank lines in front keep the component's line numbers.
    const before = text.slice(0, index + tag.length).replace(/[^\n]/g, '');
    return ts.createSourceFile(`${path}.ts`, before + script, ts.ScriptTarget.ES2022, true);
  });
}

function isFunctionWithBody(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

/** The callback of a `describe`, or a function that is nothing but one, holds tests as a file holds functions. */
function isGroupOfTests(node: ts.FunctionLikeDeclaration): boolean {
  if (isDescribe(node.parent)) return true;
  const statements = node.body !== undefined && ts.isBlock(node.body) ? node.body.statements : [];
  const only = statements.length === 1 ? statements[0] : undefined;
  return only !== undefined && ts.isExpressionStatement(only) && isDescribe(only.expression);
}

function isDescribe(node: ts.Node): boolean {
  return ts.isCallExpression(node) && /^describe\b/.test(node.expression.getText());
}

function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}
