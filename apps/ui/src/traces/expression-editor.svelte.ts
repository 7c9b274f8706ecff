/**
 * A filter expression while it is written: what each part is, what is wrong, what may stand at the caret, and which choice is
 * active. Nothing is applied before Enter. A text that is plainly no expression is a search for text.
 */
import type { TraceRow } from '@fluoroscope/contract/traces';
import { describeFilter, type FilterText } from '@fluoroscope/xray/filter/complete';
import { type Choice, choicesFor, keyChoices } from './filter-choices.js';
import { recentFilters } from './filter-history.js';

export interface Known {
  rows: readonly TraceRow[];
  groups: readonly string[];
}

export interface Piece {
  text: string;
  kind: string;
}

/** Marks of the language: a text without any of them, that does not begin as an expression, is looked for as text. */
const marks = /["=<>!(){}[\]#]/;

export class ExpressionEditor {
  /** Typed and not applied; null: what the filter says. */
  typed = $state.raw<string | null>(null);
  caret = $state.raw(0);
  isOpen = $state.raw(false);
  /** Of the choices; -1: none, and Enter applies. */
  active = $state.raw(-1);
  /** Enter has found a mistake. */
  isTried = $state.raw(false);
  readonly #applied: () => string;
  readonly #known: () => Known;

  constructor(applied: () => string, known: () => Known) {
    this.#applied = applied;
    this.#known = known;
  }

  readonly text = $derived.by(() => this.typed ?? this.#applied());
  readonly described = $derived.by((): FilterText => describeFilter(this.text, this.caret));
  readonly choices = $derived.by((): readonly Choice[] => (this.isOpen ? this.#choices() : []));
  readonly pieces = $derived.by((): Piece[] => piecesOf(this.text, this.described));
  /** Told once Enter has found it, or when more than the end is missing. */
  readonly problem = $derived.by(() => {
    const { problem } = this.described;
    if (problem === null || this.text.trim() === '' || isPlain(this.text)) return null;
    return this.isTried || this.typed === null || problem.to > problem.from ? problem : null;
  });

  write(text: string, caret: number): void {
    this.typed = text;
    this.caret = caret;
    this.isOpen = true;
    this.active = -1;
    this.isTried = false;
  }

  /** Where a choice goes: the text after it, and the caret behind it. */
  withChoice({ text, isWhole = false }: Choice): { text: string; caret: number } {
    if (isWhole) return { text, caret: text.length };
    const { from, to } = this.described.completion;
    // The rest of a string that is being corrected goes with it.
    const rest = this.text.slice(to).replace(text.startsWith('"') ? /^[^"\s]*"?/ : /^[\w.]*/, '');
    const space = text.endsWith(' ') && rest.startsWith(' ') ? rest.slice(1) : rest;
    return { text: this.text.slice(0, from) + text + space, caret: from + text.length };
  }

  step(by: number): void {
    if (!this.isOpen) this.isOpen = true;
    else this.active = wrapped(this.active + by, this.choices.length);
  }

  close(): void {
    this.isOpen = false;
    this.active = -1;
  }

  revert(): void {
    this.typed = null;
    this.isTried = false;
    this.close();
  }

  #choices(): Choice[] {
    const { rows, groups } = this.#known();
    if (this.text.trim() === '') {
      const recent = recentFilters().map((text): Choice => ({ text, note: 'recent', isWhole: true }));
      if (recent.length > 0) return recent;
    }
    const { completion, problem } = this.described;
    const isKey = completion.value?.of === 'annotation key';
    const offered = isKey ? keyChoices(rows, completion.written) : choicesFor(completion, rows, groups);
    return problem === null || this.text.trim() === ''
      ? offered
      : [...offered, { text: this.text.trim(), note: 'look for this text', isText: true }];
  }
}

/** One step before the first is none, and so is one behind the last. */
function wrapped(at: number, count: number): number {
  if (at < -1) return count - 1;
  return at >= count ? -1 : at;
}

export function isPlain(text: string): boolean {
  if (text.trim() === '' || marks.test(text)) return false;
  const { spans, problem } = describeFilter(text, text.length);
  return problem !== null && (spans[0]?.kind === 'error' || spans[0]?.kind === 'unread');
}

/** All of the text, in order: what is read and what is between. */
function piecesOf(text: string, { spans }: FilterText): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const { kind, from, to } of spans) {
    if (from > at) pieces.push({ text: text.slice(at, from), kind: 'space' });
    pieces.push({ text: text.slice(from, to), kind });
    at = to;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), kind: 'space' });
  return pieces;
}
