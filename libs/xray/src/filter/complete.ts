/**
 * What a filter bar shows of an expression while it is written: what each part is, what is wrong, and what may stand at the
 * caret. Pure: the values themselves (names of services, keys, what a key holds) are the caller's to look up.
 */
import type { Expected, FilterProblem, Span, ValueOf } from './cursor.js';
import { readFilter } from './parse.js';

export interface FilterText {
  /** In order, without overlaps; between them is space. */
  spans: Span[];
  /** Null for a whole expression. */
  problem: FilterProblem | null;
  completion: Completion;
}

export interface Completion {
  /** What a choice takes the place of: the word that the caret stands behind, as far as it is written; often empty. */
  from: number;
  to: number;
  /** Of that place, before the caret; choices begin with it, in any case. */
  written: string;
  /** Words and marks of the language that may stand there, and that begin so. */
  words: { kind: 'keyword' | 'operator' | 'mark'; text: string }[];
  /** The value that may stand there. */
  value: ExpectedValue | null;
}

export interface ExpectedValue {
  of: ValueOf;
  type: 'string' | 'number' | 'boolean' | 'any';
  /** The key, when it is an annotation's. */
  annotation?: string;
}

/** `caret` is an offset in UTF-16 units. */
export function describeFilter(text: string, caret: number): FilterText {
  const { spans, problem } = readFilter(text);
  return { spans, problem, completion: completionAt(text, Math.min(Math.max(caret, 0), text.length)) };
}

/** Reads what stands before the word at the caret, and asks what was expected behind it. */
function completionAt(text: string, caret: number): Completion {
  const from = caret - writtenBefore(text.slice(0, caret)).length;
  const written = text.slice(from, caret);
  const dotted = /^annotation\./i.exec(written)?.[0];
  const place = { from: from + (dotted?.length ?? 0), to: caret, written: written.slice(dotted?.length ?? 0) };
  const { problem, expected } = readFilter(text.slice(0, from));
  if (problem !== null && problem.from < endOf(text, from)) return { ...place, words: [], value: null };
  if (dotted !== undefined) return { ...place, words: [], value: keyExpected(expected) };
  return { ...place, words: wordsOf(expected, written), value: expectedValue(expected) };
}

/** A string that is still open, else the letters, digits and dots of a word, else the start of an operator. */
function writtenBefore(text: string): string {
  const open = /^(?:[^"]|"(?:[^"\\]|\\[\s\S])*")*("(?:[^"\\]|\\[\s\S])*)$/.exec(text)?.[1];
  return open ?? /[\w.-]+$/.exec(text)?.[0] ?? /[!<>]$/.exec(text)?.[0] ?? '';
}

/** Where a problem means only that the text ends too early. */
function endOf(text: string, from: number): number {
  return text.slice(0, from).trimEnd().length;
}

function keyExpected(expected: readonly Expected[]): ExpectedValue | null {
  const isPossible = expected.some((one) => one.kind === 'keyword' && one.text === 'annotation');
  return isPossible ? { of: 'annotation key', type: 'string' } : null;
}

function wordsOf(expected: readonly Expected[], written: string): Completion['words'] {
  const words = new Map<string, Completion['words'][number]>();
  for (const one of expected) {
    if (one.kind === 'value' || one.kind === 'end') continue;
    if (one.text.toLowerCase().startsWith(written.toLowerCase())) words.set(one.text, { kind: one.kind, text: one.text });
  }
  return [...words.values()];
}

function expectedValue(expected: readonly Expected[]): ExpectedValue | null {
  for (const one of expected) {
    if (one.kind !== 'value') continue;
    const { of, type, annotation } = one;
    return annotation === undefined ? { of, type } : { of, type, annotation };
  }
  return null;
}
