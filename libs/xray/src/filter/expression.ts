/**
 * A filter expression as a tree, and the words of its language: what each keyword compares with, and where it may stand.
 * Source: X-Ray Developer Guide, "Using filter expressions". What that leaves open is in docs/fidelity.md.
 */

/** A tree of at most `maxNesting` levels and `maxConditions` leaves: whoever walks it may recurse. */
export type Expression =
  /** Two operands or more. */
  | { kind: 'and' | 'or'; operands: readonly Expression[] }
  | { kind: 'not'; operand: Expression }
  | { kind: 'keyword'; keyword: Keyword; comparison: Comparison | null }
  | { kind: 'annotation'; key: string; comparison: Comparison | null }
  | { kind: 'group'; member: 'name' | 'arn'; isEqual: boolean; value: string }
  | { kind: 'service'; selector: NodeSelector; condition: Expression | null }
  | { kind: 'edge'; caller: NodeSelector; callee: NodeSelector; condition: Expression | null }
  | { kind: 'rootCause'; cause: RootCauseKind; part: RootCausePart; condition: Expression | null }
  /** A root cause that has at least what one of these has. */
  | { kind: 'rootCauseJson'; patterns: readonly JsonValue[] };

/** Members that are left out hold for every node; `type: ''` is a node without a type. */
export interface NodeSelector {
  name?: string;
  type?: string;
  accountId?: string;
}

export interface Comparison {
  operator: Operator;
  value: FilterValue;
}

export type FilterValue = string | number | boolean;
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [member: string]: JsonValue };

export const operators = ['=', '!=', '<', '<=', '>', '>=', 'CONTAINS', 'BEGINSWITH', 'ENDSWITH'] as const;
export type Operator = (typeof operators)[number];

export const rootCauseKinds = ['fault', 'error', 'responsetime'] as const;
export type RootCauseKind = (typeof rootCauseKinds)[number];
export const rootCauseParts = ['service', 'entity', 'exception'] as const;
export type RootCausePart = (typeof rootCauseParts)[number];

export type KeywordType = 'boolean' | 'number' | 'string';
export const keywordTypes = {
  ok: 'boolean',
  error: 'boolean',
  throttle: 'boolean',
  fault: 'boolean',
  partial: 'boolean',
  inferred: 'boolean',
  root: 'boolean',
  first: 'boolean',
  last: 'boolean',
  remote: 'boolean',
  responsetime: 'number',
  duration: 'number',
  'http.status': 'number',
  index: 'number',
  coverage: 'number',
  'http.url': 'string',
  'http.method': 'string',
  'http.useragent': 'string',
  'http.clientip': 'string',
  user: 'string',
  availabilityzone: 'string',
  'instance.id': 'string',
  'resource.arn': 'string',
  'account.id': 'string',
  name: 'string',
  type: 'string',
  message: 'string',
} as const satisfies Record<string, KeywordType>;
export type Keyword = keyof typeof keywordTypes;

const outcomeKeywords = ['ok', 'error', 'throttle', 'fault'] as const;
const timeKeywords = ['responsetime', 'duration'] as const;
const httpKeywords = ['http.url', 'http.status', 'http.method', 'http.useragent', 'http.clientip'] as const;
const segmentKeywords = ['user', 'availabilityzone', 'instance.id', 'resource.arn', 'account.id'] as const;
const callKeywords = [...outcomeKeywords, ...timeKeywords, ...httpKeywords, 'partial', 'inferred'] as const;
const listKeywords = ['first', 'last', 'index', 'name'] as const;

/** What may be said of the trace itself, and inside the braces of what it has. `causeService` is a service of a root cause. */
export const scopeKeywords = {
  trace: [...callKeywords, ...segmentKeywords],
  service: [...callKeywords, 'root', ...segmentKeywords, 'name', 'type'],
  edge: callKeywords,
  causeService: [...listKeywords, 'type', 'account.id', 'inferred'],
  entity: [...listKeywords, 'remote', 'coverage'],
  exception: [...listKeywords, 'message'],
} as const satisfies Record<string, readonly Keyword[]>;
export type Scope = keyof typeof scopeKeywords;

export const typeOperators: Record<KeywordType, readonly Operator[]> = {
  boolean: ['=', '!='],
  number: ['=', '!=', '<', '<=', '>', '>='],
  string: ['=', '!=', 'CONTAINS', 'BEGINSWITH', 'ENDSWITH'],
};

/** X-Ray's own limit, in UTF-16 units. */
export const maxExpressionLength = 2000;
/** Parentheses, braces and negations around one condition. */
export const maxNesting = 32;
/** Leaves of one tree: 2000 characters of real conditions hold fewer. */
export const maxConditions = 250;
