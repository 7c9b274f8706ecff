/** What may be written at the caret of a filter expression: words of the language, and values that the loaded traces have. */
import type { TraceRow } from '@fluoroscope/contract/traces';
import { formatCount } from '@fluoroscope/format/format';
import type { Completion, ExpectedValue } from '@fluoroscope/xray/filter/complete';

export interface Choice {
  /** What it is written as. */
  text: string;
  note: string;
  /** Takes the place of the whole text. */
  isWhole?: boolean;
  /** Is looked for as it is, instead of being read as an expression. */
  isText?: boolean;
}

export const maxChoices = 30;

/** Of a completion, in the order in which they are offered: values by how many traces have them, then words. */
export function choicesFor({ value, words, written }: Completion, rows: readonly TraceRow[], groups: readonly string[]): Choice[] {
  const values = value === null ? [] : valuesOf(value, rows, groups).filter(({ text }) => begins(text, written));
  // Marks are quicker to write than to choose.
  const offered = words
    .filter(({ text }) => /^[\w]/.test(text) || text.length > 1)
    .map(({ kind, text }) => ({ text: wordText(kind, text), note: kind }));
  return [...values, ...offered].slice(0, maxChoices);
}

/** A value may be written with its quotes or without, as far as it is written. */
function begins(text: string, written: string): boolean {
  const plain = (one: string) => one.replace(/^"/, '').toLowerCase();
  return plain(text).startsWith(plain(written));
}

/** With what has to come behind it, or a space. */
function wordText(kind: string, text: string): string {
  if (text === 'service' || text === 'edge' || text === 'id') return `${text}(`;
  if (kind !== 'keyword') return `${text} `;
  if (text === 'annotation') return `${text}.`;
  return text.startsWith('rootcause.') && text !== 'rootcause.json' ? `${text} { ` : `${text} `;
}

function valuesOf({ of, type, annotation }: ExpectedValue, rows: readonly TraceRow[], groups: readonly string[]): Choice[] {
  if (of === 'group name') return groups.map((name) => ({ text: quoted(name), note: 'group' }));
  if (type === 'boolean') return ['true', 'false'].map((text) => ({ text, note: '' }));
  const valuesIn = readers[of];
  if (of === 'annotation' && annotation !== undefined) return counted(rows, ({ annotations }) => own(annotations, annotation));
  return valuesIn === undefined ? [] : counted(rows, valuesIn);
}

type Reader = (row: TraceRow) => readonly (string | number | boolean)[];

const readers: Partial<Record<ExpectedValue['of'], Reader>> = {
  'service name': ({ services }) => services.map(({ name }) => name),
  'service type': ({ services }) => services.map(({ type }) => type),
  'account ID': ({ services }) => services.map(({ accountId }) => accountId).filter((id) => id !== ''),
  name: ({ services }) => services.map(({ name }) => name),
  type: ({ services }) => services.map(({ type }) => type),
  'http.method': ({ method }) => given(method),
  'http.url': ({ url }) => given(url),
  'http.status': ({ status }) => given(status),
};

function given<Value>(value: Value | null): Value[] {
  return value === null ? [] : [value];
}

function own<Value>(values: Readonly<Record<string, Value>>, key: string): Value[] {
  const value = Object.hasOwn(values, key) ? values[key] : undefined;
  return value === undefined ? [] : [value];
}

function counted(rows: readonly TraceRow[], read: Reader): Choice[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    for (const value of new Set(read(row))) {
      const text = typeof value === 'string' ? quoted(value) : String(value);
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  }
  const sorted = [...counts].sort(([left, a], [right, b]) => b - a || (left < right ? -1 : 1));
  return sorted.map(([text, count]) => ({ text, note: `${formatCount(count)} ${count === 1 ? 'trace' : 'traces'}` }));
}

/** A key stands without quotes; one that needs brackets is written in them by whoever knows it. */
export function keyChoices(rows: readonly TraceRow[], written: string): Choice[] {
  const keys = counted(rows, ({ annotations }) => Object.keys(annotations));
  return keys
    .map(({ text, note }) => ({ text: unquoted(text), note }))
    .filter(({ text }) => begins(text, written))
    .slice(0, maxChoices);
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(["\\])/g, '$1');
}
