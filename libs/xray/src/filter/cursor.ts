/**
 * Where a parser stands in the tokens of a filter expression. It notes what was asked for at the place where it stands, so
 * that both an error and a completion can say what may come next; and it notes what each token turned out to be.
 */
import type { Keyword, KeywordType } from './expression.js';
import type { Token, TokenKind } from './tokens.js';

/** Something that may stand at a place of an expression. */
export type Expected =
  /** Of the language, as it is usually written. */
  | { kind: 'keyword' | 'operator' | 'mark'; text: string }
  | { kind: 'value'; of: ValueOf; type: KeywordType | 'any'; annotation?: string }
  | { kind: 'end' };

/** What a value is the value of. `annotation` comes with the key. */
export type ValueOf =
  | Keyword
  | 'annotation'
  | 'annotation key'
  | 'service name'
  | 'service type'
  | 'account ID'
  | 'group name'
  | 'group ARN'
  | 'root causes';

export type SpanKind = 'keyword' | 'operator' | 'mark' | 'string' | 'number' | 'boolean' | 'key' | 'json' | 'error' | 'unread';

/** What a part of the text is, in UTF-16 units, half open. */
export interface Span {
  kind: SpanKind;
  from: number;
  to: number;
}

/** Why a text is no filter expression. */
export interface FilterProblem {
  /** A sentence for a person, place included. */
  message: string;
  /** Of the text that is wrong; empty at the end of the text. */
  from: number;
  to: number;
}

/** Ends a parse; never leaves the parser. */
export class Refusal extends Error {
  constructor(readonly problem: FilterProblem) {
    super(problem.message);
  }
}

const endToken: Token = { kind: 'end', text: '', from: 0, to: 0 };

export class Cursor {
  /** Of the tokens before the cursor. */
  readonly spans: Span[] = [];
  /** What was asked for where the cursor stands. */
  expected: Expected[] = [];
  private index = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get token(): Token {
    return this.tokens[this.index] ?? this.tokens.at(-1) ?? endToken;
  }

  /** The next token in lower case when it is a word; '' for any other. */
  get word(): string {
    return this.token.kind === 'word' ? this.token.text.toLowerCase() : '';
  }

  /** Goes on when the next token is this word or symbol. */
  takeText(kind: 'keyword' | 'operator' | 'mark', text: string): boolean {
    this.expected.push({ kind, text });
    const isThere = (this.token.kind === 'word' || this.token.kind === 'symbol') && this.token.text.toLowerCase() === text.toLowerCase();
    if (isThere) this.advance(kind);
    return isThere;
  }

  /** The next token when it is of one of these kinds. */
  takeKind(kinds: Partial<Record<TokenKind, SpanKind>>, expected: Expected): Token | null {
    this.expected.push(expected);
    const { token } = this;
    const span = kinds[token.kind];
    if (span === undefined) return null;
    this.advance(span);
    return token;
  }

  require(text: string): void {
    if (!this.takeText('mark', text)) throw this.refusal();
  }

  advance(kind: SpanKind): void {
    this.spans.push({ kind, from: this.token.from, to: this.token.to });
    this.expected = [];
    this.index++;
  }

  /** Something else should stand here. */
  refusal(): Refusal {
    return this.refusalOf(`expected ${listOf(this.expected)}, found ${foundAt(this.token)}`);
  }

  refusalOf(reason: string): Refusal {
    const { from, to } = this.token;
    return new Refusal({ message: `Invalid filter expression at character ${from + 1}: ${reason}`, from, to });
  }

  /** Everything that was read, then what is wrong, then the rest. */
  allSpans(problem: FilterProblem | null): Span[] {
    const rest = this.tokens.slice(this.index).filter(({ kind }) => kind !== 'end');
    return [...this.spans, ...rest.map(({ from, to }): Span => ({ kind: from === problem?.from ? 'error' : 'unread', from, to }))];
  }
}

/** Longest part of the text that a message repeats. */
const maxFoundLength = 40;

function foundAt({ kind, text }: Token): string {
  if (kind === 'end') return 'the end';
  const shown = text.length > maxFoundLength ? `${text.slice(0, maxFoundLength)}…` : text;
  return kind === 'bad' && text.startsWith('"') ? `a string without its closing quote: ${shown}` : `"${shown}"`;
}

const conditionStarts = new Set(['!', 'NOT', '(']);

/** Keywords are too many to be listed: all that begins a condition is one thing. */
function listOf(expected: readonly Expected[]): string {
  const isCondition = expected.some(({ kind }) => kind === 'keyword');
  const listed = expected.filter((one) => !(isCondition && 'text' in one && conditionStarts.has(one.text)));
  const names = [...new Set(listed.map(nameOf))];
  const last = names.pop() ?? 'nothing more';
  return names.length === 0 ? last : `${names.join(', ')} or ${last}`;
}

function nameOf(expected: Expected): string {
  if (expected.kind === 'end') return 'the end';
  if (expected.kind === 'keyword') return 'a condition';
  if (expected.kind !== 'value') return expected.text;
  if (expected.of === 'root causes') return 'root causes as #[{ ... }]';
  if (expected.of.includes(' ')) return `${/^[aeiou]/.test(expected.of) ? 'an' : 'a'} ${expected.of}`;
  return expected.type === 'any' ? 'a value' : expected.type === 'boolean' ? 'true or false' : `a ${expected.type}`;
}
