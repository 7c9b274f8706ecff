/**
 * From the text of a filter expression to its tree, or to what is wrong with it and where. Keywords and operators are read in
 * any case; conditions side by side are joined by AND, which binds closer than OR. Bounded by maxExpressionLength, maxNesting
 * and maxConditions, so the recursion here is bounded too.
 */
import { Cursor, type Expected, type FilterProblem, Refusal, type Span, type ValueOf } from './cursor.js';
import {
  type Comparison,
  type Expression,
  type FilterValue,
  type JsonValue,
  type Keyword,
  type KeywordType,
  keywordTypes,
  maxConditions,
  maxExpressionLength,
  maxNesting,
  type NodeSelector,
  operators,
  type RootCauseKind,
  type RootCausePart,
  rootCauseKinds,
  rootCauseParts,
  type Scope,
  scopeKeywords,
  typeOperators,
} from './expression.js';
import { tokensOf } from './tokens.js';

export type ParsedFilter = { expression: Expression } | { problem: FilterProblem };

export function parseFilter(text: string): ParsedFilter {
  const { expression, problem } = readFilter(text);
  return expression === null ? { problem } : { expression };
}

export type FilterReading = {
  spans: Span[];
  /** What may stand where reading ended: at the problem, or at the end of the text. */
  expected: readonly Expected[];
} & ({ expression: Expression; problem: null } | { expression: null; problem: FilterProblem });

/** For an editor: also what each part of the text is, and what may come next. */
export function readFilter(text: string): FilterReading {
  const cursor = new Cursor(tokensOf(text.slice(0, maxExpressionLength)));
  try {
    if (text.length > maxExpressionLength) throw tooLong(text);
    const expression = new Parser(cursor).whole();
    return { expression, problem: null, spans: cursor.spans, expected: cursor.expected };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { problem } = error;
    return { expression: null, problem, spans: cursor.allSpans(problem), expected: cursor.expected };
  }
}

function tooLong(text: string): Refusal {
  const message = `Invalid filter expression: it has ${text.length} characters, more than ${maxExpressionLength}`;
  return new Refusal({ message, from: maxExpressionLength, to: text.length });
}

/** Words that join or negate or compare, and so are neither conditions nor values without quotes. */
const reservedWords = new Set(['and', 'or', 'not', ...operators.map((operator) => operator.toLowerCase())]);

/** Keywords that are more than a value of the trace. */
const complexWords: readonly string[] = [
  'annotation',
  'service',
  'edge',
  'group.name',
  'group.arn',
  ...rootCauseKinds.flatMap((cause) => rootCauseParts.map((part) => `rootcause.${cause}.${part}`)),
  'rootcause.json',
  'json',
];

class Parser {
  private nesting = 0;
  private conditions = 0;

  constructor(private readonly cursor: Cursor) {}

  whole(): Expression {
    const expression = this.or('trace');
    this.cursor.expected.push({ kind: 'end' });
    if (this.cursor.token.kind !== 'end') throw this.cursor.refusal();
    return expression;
  }

  private or(scope: Scope): Expression {
    const operands = [this.and(scope)];
    while (this.cursor.takeText('operator', 'OR')) operands.push(this.and(scope));
    return joined('or', operands);
  }

  private and(scope: Scope): Expression {
    const operands = [this.unary(scope)];
    while (this.cursor.takeText('operator', 'AND') || this.isCondition(scope)) operands.push(this.unary(scope));
    return joined('and', operands);
  }

  /** Whether another condition follows without a word between. */
  private isCondition(scope: Scope): boolean {
    this.expectCondition(scope);
    const { token, word } = this.cursor;
    if (token.kind === 'word') return word === 'not' || !reservedWords.has(word);
    return token.kind === 'symbol' && (token.text === '!' || token.text === '(');
  }

  private expectCondition(scope: Scope): void {
    const words = scope === 'trace' ? [...scopeKeywords.trace, ...complexWords] : scopeKeywords[scope];
    for (const text of words) this.cursor.expected.push({ kind: 'keyword', text });
  }

  private unary(scope: Scope): Expression {
    this.expectCondition(scope);
    if (this.cursor.takeText('operator', '!') || this.cursor.takeText('operator', 'NOT')) {
      return { kind: 'not', operand: this.nested(() => this.unary(scope)) };
    }
    return this.cursor.takeText('mark', '(') ? this.enclosed(scope, ')') : this.condition(scope);
  }

  /** The opening mark has been taken. */
  private enclosed(scope: Scope, close: string): Expression {
    const expression = this.nested(() => this.or(scope));
    this.cursor.require(close);
    return expression;
  }

  private nested(read: () => Expression): Expression {
    if (this.nesting >= maxNesting) throw this.cursor.refusalOf(`more than ${maxNesting} levels are nested`);
    this.nesting++;
    const expression = read();
    this.nesting--;
    return expression;
  }

  private condition(scope: Scope): Expression {
    const { word } = this.cursor;
    if (word === '' || reservedWords.has(word)) throw this.cursor.refusal();
    if (++this.conditions > maxConditions) throw this.cursor.refusalOf(`more than ${maxConditions} conditions`);
    const keyword = isKeyword(word) ? word : null;
    if (keyword !== null && isOneOf<string>(scopeKeywords[scope], keyword)) return this.keyword(keyword);
    if (keyword === null && scope === 'trace') return this.complex(word);
    throw this.cursor.refusalOf(wrongWord(word, scope));
  }

  private keyword(keyword: Keyword): Expression {
    this.cursor.advance('keyword');
    const type = keywordTypes[keyword];
    return { kind: 'keyword', keyword, comparison: this.comparison(type, { kind: 'value', of: keyword, type }) };
  }

  private complex(word: string): Expression {
    if (word === 'annotation' || word.startsWith('annotation.')) return this.annotation();
    const name = word.split('.');
    if (word === 'service') return this.service();
    if (word === 'edge') return this.edge();
    if (word === 'group.name' || word === 'group.arn') return this.group(word === 'group.name' ? 'name' : 'arn');
    if (word === 'rootcause.json' || word === 'json') return this.rootCauseJson();
    const [first = '', cause = '', part = ''] = name;
    if (first === 'rootcause' && name.length === 3 && isOneOf(rootCauseKinds, cause) && isOneOf(rootCauseParts, part)) {
      return this.rootCause(cause, part);
    }
    throw this.cursor.refusalOf(wrongWord(word, 'trace'));
  }

  private annotation(): Expression {
    const { text } = this.cursor.token;
    this.cursor.advance('keyword');
    const key = text.slice('annotation.'.length) || this.bracketedKey(text.endsWith('.'));
    const expected: Expected = { kind: 'value', of: 'annotation', type: 'any', annotation: key };
    return { kind: 'annotation', key, comparison: this.comparison(null, expected) };
  }

  /** Behind a dot without a key there is none to be found. */
  private bracketedKey(isDotted: boolean): string {
    if (!isDotted) this.cursor.require('[');
    const key = this.cursor.takeKind({ key: 'key' }, { kind: 'value', of: 'annotation key', type: 'string' });
    if (key === null) throw this.cursor.refusal();
    this.cursor.require(']');
    return key.text;
  }

  private comparison(type: KeywordType | null, expected: Expected): Comparison | null {
    for (const operator of type === null ? operators : typeOperators[type]) {
      if (this.cursor.takeText('operator', operator)) return { operator, value: this.value(expected) };
    }
    return null;
  }

  /** Of any type: a value of another type than its keyword's matches nothing. */
  private value(expected: Expected): FilterValue {
    const { token, word } = this.cursor;
    if (word !== '' && reservedWords.has(word)) this.failValue(expected);
    const isFlag = word === 'true' || word === 'false';
    const taken = this.cursor.takeKind({ string: 'string', number: 'number', word: isFlag ? 'boolean' : 'string' }, expected);
    if (taken === null) throw this.cursor.refusal();
    if (isFlag) return word === 'true';
    return token.kind === 'number' ? finite(token.text) : token.text;
  }

  private failValue(expected: Expected): never {
    this.cursor.expected.push(expected);
    throw this.cursor.refusal();
  }

  private service(): Expression {
    this.cursor.advance('keyword');
    this.cursor.require('(');
    const selector = this.cursor.takeText('mark', ')') ? {} : this.lastSelector();
    return { kind: 'service', selector, condition: this.braces('service') };
  }

  private edge(): Expression {
    this.cursor.advance('keyword');
    this.cursor.require('(');
    const caller = this.selector();
    this.cursor.require(',');
    const callee = this.lastSelector();
    return { kind: 'edge', caller, callee, condition: this.braces('edge') };
  }

  private lastSelector(): NodeSelector {
    const selector = this.selector();
    this.cursor.require(')');
    return selector;
  }

  private selector(): NodeSelector {
    const name = this.cursor.takeKind({ string: 'string' }, { kind: 'value', of: 'service name', type: 'string' });
    if (name !== null) return { name: name.text };
    if (!this.cursor.takeText('mark', 'id')) throw this.cursor.refusal();
    this.cursor.require('(');
    const selector: NodeSelector = {};
    do this.selectorPart(selector);
    while (this.cursor.takeText('mark', ','));
    this.cursor.require(')');
    return selector;
  }

  private selectorPart(selector: NodeSelector): void {
    for (const [text, { member, of }] of selectorMembers) {
      if (selector[member] !== undefined || !this.cursor.takeText('mark', text)) continue;
      this.cursor.require(':');
      selector[member] = this.text(of);
      return;
    }
    throw this.cursor.refusal();
  }

  private text(of: ValueOf): string {
    const token = this.cursor.takeKind({ string: 'string' }, { kind: 'value', of, type: 'string' });
    if (token === null) throw this.cursor.refusal();
    return token.text;
  }

  private braces(scope: Scope): Expression | null {
    return this.cursor.takeText('mark', '{') ? this.enclosed(scope, '}') : null;
  }

  private group(member: 'name' | 'arn'): Expression {
    this.cursor.advance('keyword');
    const isEqual = this.cursor.takeText('operator', '=');
    if (!isEqual && !this.cursor.takeText('operator', '!=')) throw this.cursor.refusal();
    return { kind: 'group', member, isEqual, value: this.text(member === 'name' ? 'group name' : 'group ARN') };
  }

  private rootCause(cause: RootCauseKind, part: RootCausePart): Expression {
    this.cursor.advance('keyword');
    return { kind: 'rootCause', cause, part, condition: this.braces(part === 'service' ? 'causeService' : part) };
  }

  private rootCauseJson(): Expression {
    this.cursor.advance('keyword');
    if (!this.cursor.takeText('operator', '=')) throw this.cursor.refusal();
    const parsed = this.cursor.token.kind === 'json' ? patternsOf(this.cursor.token.text) : null;
    if (typeof parsed === 'string') throw this.cursor.refusalOf(parsed);
    const token = this.cursor.takeKind({ json: 'json' }, { kind: 'value', of: 'root causes', type: 'any' });
    if (token === null || parsed === null) throw this.cursor.refusal();
    return { kind: 'rootCauseJson', patterns: parsed };
  }
}

const selectorMembers: readonly [string, { member: keyof NodeSelector; of: ValueOf }][] = [
  ['name', { member: 'name', of: 'service name' }],
  ['type', { member: 'type', of: 'service type' }],
  ['account.id', { member: 'accountId', of: 'account ID' }],
];

function joined(kind: 'and' | 'or', operands: Expression[]): Expression {
  const [only] = operands;
  return only !== undefined && operands.length === 1 ? only : { kind, operands };
}

function isKeyword(word: string): word is Keyword {
  return Object.hasOwn(keywordTypes, word);
}

function isOneOf<Text extends string>(texts: readonly Text[], text: string): text is Text {
  return (texts as readonly string[]).includes(text);
}

const scopeNames: Record<Scope, string> = {
  trace: 'of a trace',
  service: 'inside service(...) { }',
  edge: 'inside edge(...) { }',
  causeService: "inside a root cause's service { }",
  entity: "inside a root cause's entity { }",
  exception: "inside a root cause's exception { }",
};

function wrongWord(word: string, scope: Scope): string {
  const isKnown = isKeyword(word) || complexWords.includes(word) || word.startsWith('annotation.');
  return isKnown ? `"${word}" cannot be asked ${scopeNames[scope]}` : `"${word.slice(0, 40)}" is not a keyword`;
}

/** Negative zero and zero are one number. */
function finite(text: string): number {
  return Math.min(Math.max(Number(text), -Number.MAX_VALUE), Number.MAX_VALUE) + 0;
}

/** Levels of JSON in a root cause: six, and some for what may come. */
const maxJsonDepth = 12;

/** A sentence when it cannot be read. */
function patternsOf(text: string): readonly JsonValue[] | string {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value) || value.length === 0) return 'expected a root cause in #[ ]';
    return isShallow(value) ? (value as JsonValue[]) : `more than ${maxJsonDepth} levels of JSON`;
  } catch {
    return 'the text after # is not valid JSON';
  }
}

function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth < maxJsonDepth; depth++) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    if (level.length === 0) return true;
  }
  return false;
}
