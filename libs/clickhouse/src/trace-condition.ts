/**
 * A filter expression as a condition on rows of `traces`, with bound parameters. Pure.
 *
 * Never false where the expression holds; it may be true where it does not, for some conditions cannot be seen in a row.
 * `isExact` says that there is none of them: then a row that has a root, and is not undecided, tells the truth. So that a negation
 * keeps this, it goes down to the conditions, and one that is not exact is true either way.
 */
import { clientType } from '@fluoroscope/contract/graph';
import { annotationFacet, exceptionKeys, facetKeys, facetValue, noStatus } from '@fluoroscope/xray/entity-facets';
import type { Comparison, Expression, JsonValue, Keyword, NodeSelector } from '@fluoroscope/xray/filter/expression';

export interface TraceCondition {
  /** For rows with a root, and for those without: they read other columns. */
  sql: string;
  rootless: string;
  params: Record<string, unknown>;
  isExact: boolean;
}

export type GroupIdOf = (member: 'name' | 'arn', value: string) => string | null;

/** Without `groupIdOf` nothing is known of groups. */
export function traceCondition(expression: Expression, groupIdOf?: GroupIdOf): TraceCondition {
  if (!isStorable(expression)) return { ...anything, rootless: '1', params: {} };
  const params = {};
  const { sql, isExact } = new Compiler(params, { isRootless: false, groupIdOf }).trace(expression, false);
  const rootless = new Compiler(params, { isRootless: true, groupIdOf }).trace(expression, false).sql;
  return { sql, rootless, params, isExact };
}

interface Bound {
  sql: string;
  isExact: boolean;
}

/** Nothing is known. */
const anything: Bound = { sql: '1', isExact: false };

const exact = (sql: string): Bound => ({ sql, isExact: true });
const rough = (sql: string): Bound => ({ sql, isExact: false });

/** Bits of `root_marks` and `item.marks`. */
const bits = { error: 0, throttle: 1, fault: 2, ok: 3, partial: 4, inferred: 5, rooted: 6, onNode: 7 } as const;
type Flag = keyof typeof bits;

const textColumns: Partial<Record<Keyword, string>> = {
  'http.url': 'url',
  'http.method': 'method',
  'http.useragent': 'user_agent',
  'http.clientip': 'client_ip',
};
const facetOf: Partial<Record<Keyword, string>> = facetKeys;

type LeafBound = (keyword: Keyword, comparison: Comparison | null, isNegated: boolean) => Bound;

interface About {
  /** The rows have no segment without a parent: any segment may be the root. */
  isRootless: boolean;
  groupIdOf: GroupIdOf | undefined;
}

class Compiler {
  constructor(
    private readonly params: Record<string, unknown>,
    private readonly about: About,
  ) {}

  trace(expression: Expression, isNegated: boolean): Bound {
    return this.joined(expression, isNegated, (leaf, negated) => this.leaf(leaf, negated));
  }

  /** Negations go down to the leaves. */
  private joined(expression: Expression, isNegated: boolean, leaf: (leaf: Expression, isNegated: boolean) => Bound): Bound {
    if (expression.kind === 'not') return this.joined(expression.operand, !isNegated, leaf);
    if (expression.kind !== 'and' && expression.kind !== 'or') return leaf(expression, isNegated);
    const operands = expression.operands.map((operand) => this.joined(operand, isNegated, leaf));
    const word = (expression.kind === 'and') === isNegated ? ' OR ' : ' AND ';
    return { sql: `(${operands.map(({ sql }) => sql).join(word)})`, isExact: operands.every(({ isExact }) => isExact) };
  }

  private leaf(leaf: Expression, isNegated: boolean): Bound {
    switch (leaf.kind) {
      case 'keyword':
        return this.traceKeyword(leaf.keyword, leaf.comparison, isNegated);
      case 'annotation':
        return inverted(exact(this.facet(annotationFacet(leaf.key), leaf.comparison)), isNegated);
      case 'service':
        return inverted(this.service(leaf.selector, leaf.condition), isNegated);
      case 'edge':
        return inverted(this.edge(leaf), isNegated);
      case 'rootCause':
        return inverted(this.rootCause(leaf), isNegated);
      case 'rootCauseJson':
        return inverted(rough(anyOf(leaf.patterns.map((pattern) => this.rootCausePattern(pattern)))), isNegated);
      case 'group':
        return inverted(this.group(leaf), isNegated);
      default:
        return anything;
    }
  }

  private group({ member, value, isEqual }: Expression & { kind: 'group' }): Bound {
    const { groupIdOf } = this.about;
    if (groupIdOf === undefined) return anything;
    const id = groupIdOf(member, value);
    const whole = id === null ? '0' : '1';
    const members = id === null || id === '' ? whole : `trace_id IN (SELECT trace_id FROM group_members WHERE group_id = ${this.bind(id)})`;
    return exact(isEqual ? members : `NOT (${members})`);
  }

  private traceKeyword(keyword: Keyword, comparison: Comparison | null, isNegated: boolean): Bound {
    const facet = facetOf[keyword];
    if (facet !== undefined) return inverted(exact(this.facet(facet, comparison)), isNegated);
    if (keyword === 'partial') return inverted(exact(flagIs('partial', comparison)), isNegated);
    if (keyword === 'inferred')
      return inverted(exact(flagIs(this.about.isRootless ? anItem(bit('m', 'inferred')) : '1', comparison)), isNegated);
    if (keyword === 'account.id') {
      return inverted(exact(existing([bit('m', 'onNode'), this.text(part('n', 3), comparison)])), isNegated);
    }
    return this.root(keyword, comparison, isNegated);
  }

  /** Without a known root any segment may be it. */
  private root(keyword: Keyword, comparison: Comparison | null, isNegated: boolean): Bound {
    const isCalled = keyword in bits || keyword === 'responsetime';
    if (this.about.isRootless) {
      if (!isCalled) return anything;
      const perhaps = this.called(keyword, comparison, { marks: 'm', response: 'r' });
      return rough(anItem(`${isNegated ? 'NOT ' : ''}(${perhaps})`));
    }
    const columns = { marks: 'root_marks', response: 'root_response' };
    const value = isCalled ? this.called(keyword, comparison, columns) : this.rootValue(keyword, comparison);
    return inverted(exact(`(${value})`), isNegated);
  }

  private rootValue(keyword: Keyword, comparison: Comparison | null): string {
    const column = textColumns[keyword];
    if (column !== undefined) return this.text(column, comparison);
    if (keyword === 'duration') return this.number('(greatest(end_micros, listed_micros) - listed_micros) / 1e6', comparison);
    return `root_status != ${noStatus} AND ${this.number('root_status', comparison)}`;
  }

  /** What segments and calls have alike. What is in progress has no times yet. */
  private called(keyword: Keyword, comparison: Comparison | null, columns: { marks: string; response: string }): string {
    if (keyword in bits) return flagIs(bit(columns.marks, keyword as Flag), comparison);
    return `NOT ${bit(columns.marks, 'partial')} AND ${this.number(`${columns.response} / 1e6`, comparison)}`;
  }

  /** A client is what stands in front of a segment without a parent; it has that segment's name. */
  private service(selector: NodeSelector, condition: Expression | null): Bound {
    const within = this.within(condition, (...leaf) => this.nodeKeyword(...leaf));
    const own = this.among([['n', selector]], [bit('m', 'onNode')], within.sql);
    if (selector.type !== clientType) return { sql: own, isExact: within.isExact };
    const client = this.among([['n', nameOnly(selector)]], [bit('m', 'rooted')]);
    return { sql: anyOf([own, client]), isExact: false };
  }

  private edge({ caller, callee, condition }: Expression & { kind: 'edge' }): Bound {
    const within = this.within(condition, (keyword, ...rest) => (keyword === 'inferred' ? anything : this.callKeyword(keyword, ...rest)));
    const own = this.among(
      [
        ['c', caller],
        ['n', callee],
      ],
      ["c != ''"],
      within.sql,
    );
    if (caller.type !== clientType) return { sql: own, isExact: within.isExact };
    const client = this.among(
      [
        ['n', nameOnly(caller)],
        ['n', callee],
      ],
      [bit('m', 'rooted')],
      within.sql,
    );
    return { sql: anyOf([own, client]), isExact: false };
  }

  private within(condition: Expression | null, leaf: LeafBound): Bound {
    if (condition === null) return exact('1');
    return this.joined(condition, false, (inner, negated) =>
      inner.kind === 'keyword' ? leaf(inner.keyword, inner.comparison, negated) : anything,
    );
  }

  private callKeyword(keyword: Keyword, comparison: Comparison | null, isNegated: boolean): Bound {
    if (!(keyword in bits) && keyword !== 'responsetime') return anything;
    return inverted(exact(`(${this.called(keyword, comparison, { marks: 'm', response: 'r' })})`), isNegated);
  }

  private nodeKeyword(keyword: Keyword, comparison: Comparison | null, isNegated: boolean): Bound {
    if (keyword === 'root' && this.about.isRootless) return anything;
    if (keyword === 'root') return inverted(exact(flagIs(bit('m', 'rooted'), comparison)), isNegated);
    if (keyword === 'name') return inverted(exact(this.anyText(part('n', 1), comparison)), isNegated);
    if (keyword === 'type') return inverted(exact(this.anyText(part('n', 2), comparison)), isNegated);
    if (keyword === 'account.id') return inverted(exact(`(${this.text(part('n', 3), comparison)})`), isNegated);
    return this.callKeyword(keyword, comparison, isNegated);
  }

  /** Some item of these nodes meets all conditions. Its nodes' names lead past most rows. */
  private among(nodes: readonly [name: 'n' | 'c', selector: NodeSelector][], conditions: readonly string[] = [], within = '1'): string {
    const indexed = nodes.flatMap(([of, { name }]) => (name === undefined ? [] : [isIndexed(nameIndex(of), this.bind(name))]));
    const selected = nodes.map(([of, selector]) => this.selected(of, selector));
    return allOf([...indexed, existing([...selected, ...conditions, within], within !== '1')]);
  }

  /** A node is name, type and account with NULs between. One of the client's type is meant only where that is said. */
  private selected(node: string, { name, type, accountId }: NodeSelector): string {
    const conditions = [];
    if (name !== undefined) conditions.push(`startsWith(${node}, concat(${this.bind(name)}, '\\0'))`);
    if (type !== undefined) conditions.push(`position(${node}, concat('\\0', ${this.bind(type)}, '\\0')) > 0`);
    else conditions.push(`position(${node}, '\\0${clientType}\\0') = 0`);
    if (accountId !== undefined) conditions.push(`endsWith(${node}, concat('\\0', ${this.bind(accountId)}))`);
    return conditions.join(' AND ');
  }

  /** A path of trouble leads over nodes of the trace, and its exceptions are the trace's. */
  private rootCause({ cause, part: of, condition }: Expression & { kind: 'rootCause' }): Bound {
    const trouble = { fault: 'faulty', error: 'failed', responsetime: this.about.isRootless ? '1' : 'root_response > 0' }[cause];
    const leaf: LeafBound = (keyword, comparison, isNegated) => {
      if (isNegated || typeof comparison?.value !== 'string' || comparison.value === '' || comparison.operator === '!=') return anything;
      if (of === 'exception' && (keyword === 'name' || keyword === 'message')) return rough(this.facet(exceptionKeys[keyword], comparison));
      if (of !== 'service' || (keyword !== 'name' && keyword !== 'type')) return anything;
      if (keyword === 'name' && comparison.operator === '=') return rough(this.among([['n', { name: comparison.value }]]));
      return rough(existing([this.anyText(part('n', keyword === 'name' ? 1 : 2), comparison)]));
    };
    return rough(`(${trouble} AND ${this.within(condition, leaf).sql})`);
  }

  private rootCausePattern(pattern: JsonValue): string {
    const { Services: services } = (pattern ?? {}) as { Services?: unknown };
    const names = (Array.isArray(services) ? services : []).flatMap((service) => service?.Name ?? []);
    return allOf(names.filter((name) => typeof name === 'string' && name !== '').map((name) => this.among([['n', { name }]])));
  }

  private facet(key: string, comparison: Comparison | null): string {
    const name = this.bind(key);
    const value = this.facetCondition(comparison);
    const found = `arrayExists((k, v) -> k = ${name} AND ${value.sql}, \`facet.key\`, \`facet.value\`)`;
    return allOf([isIndexed('`facet.key`', name), ...(value.indexed ?? []), found]);
  }

  /** `indexed`: which of the indexes of values no fitting one is without. */
  private facetCondition(comparison: Comparison | null): { sql: string; indexed?: string[] } {
    if (comparison === null) return { sql: `v != '${facetValue(false)}'` };
    const { operator, value } = comparison;
    const type = facetValue(value).charAt(0);
    const whole = this.bind(facetValue(value));
    if (operator === '=') return { sql: `v = ${whole}`, indexed: [isIndexed('`facet.value`', whole)] };
    const typed = (sql: string) => ({ sql: `startsWith(v, '${type}') AND ${sql}` });
    if (operator === '!=') return typed(`v != ${whole}`);
    if (typeof value === 'number') return typed(this.number('toFloat64OrZero(substring(v, 2))', comparison));
    if (typeof value === 'boolean') return { sql: '0' };
    const { sql } = typed(this.textOperator('substring(v, 2)', comparison));
    return { sql, indexed: operator === 'BEGINSWITH' ? this.beginnings(facetValue(value)) : [] };
  }

  private beginnings(value: string): string[] {
    const known = beginningLengths.map((length) => value.slice(0, length)).filter((text, at) => text.length === beginningLengths[at]);
    return known.filter(isPlain).map((text) => isIndexed(beginningIndex(text.length), this.bind(text)));
  }

  /** Of a text that is empty where there is none. */
  private text(column: string, comparison: Comparison | null): string {
    const isNeverEmpty = comparison?.operator === 'CONTAINS' && comparison.value !== '';
    return isNeverEmpty ? this.anyText(column, comparison) : `${column} != '' AND ${this.anyText(column, comparison)}`;
  }

  private anyText(column: string, comparison: Comparison | null): string {
    return comparison === null ? '1' : this.textOperator(column, comparison);
  }

  private textOperator(column: string, { operator, value }: Comparison): string {
    if (typeof value !== 'string') return '0';
    const text = this.bind(value);
    if (operator === 'CONTAINS') return `position(${column}, ${text}) > 0`;
    if (operator === 'BEGINSWITH') return `startsWith(${column}, ${text})`;
    if (operator === 'ENDSWITH') return `endsWith(${column}, ${text})`;
    return operator === '=' || operator === '!=' ? `${column} ${operator} ${text}` : '0';
  }

  private number(value: string, comparison: Comparison | null): string {
    if (comparison === null) return '1';
    const { operator, value: wanted } = comparison;
    const isOrdered = operator !== 'CONTAINS' && operator !== 'BEGINSWITH' && operator !== 'ENDSWITH';
    return typeof wanted === 'number' && isOrdered ? `${value} ${operator} ${this.bindNumber(wanted)}` : '0';
  }

  private bind(text: string): string {
    const name = `f${Object.keys(this.params).length}`;
    this.params[name] = text;
    return `{${name}: String}`;
  }

  /** By its bits, so that not the last of them is lost on the way. */
  private bindNumber(value: number): string {
    const name = `f${Object.keys(this.params).length}`;
    this.params[name] = new BigUint64Array(Float64Array.of(value).buffer)[0]?.toString();
    return `reinterpretAsFloat64({${name}: UInt64})`;
  }
}

/** Half a character, and NUL, can be compared with the documents only. */
function isStorable(expression: Expression): boolean {
  return !/\\u(0000|d[89a-f])/.test(JSON.stringify(expression));
}

function inverted({ sql, isExact }: Bound, isNegated: boolean): Bound {
  if (!isNegated) return { sql, isExact };
  return isExact ? exact(`NOT (${sql})`) : anything;
}

function flagIs(flag: string, comparison: Comparison | null): string {
  if (comparison === null) return flag;
  if (typeof comparison.value !== 'boolean') return '0';
  return (comparison.operator === '=') === comparison.value ? flag : `NOT ${flag}`;
}

/** Faster than `bitTest`, which does not take many marks at once. */
function bit(marks: string, flag: Flag): string {
  return `bitAnd(${marks}, ${1 << bits[flag]}) > 0`;
}

function part(node: string, place: 1 | 2 | 3): string {
  return `splitByChar('\\0', ${node})[${place}]`;
}

/** Of marks `m` and response time `r`. */
function anItem(condition: string): string {
  return `arrayExists((m, r) -> ${condition}, \`item.marks\`, \`item.response\`)`;
}

/** As the indexes of `traces` say it. */
const nameIndex = (of: 'n' | 'c') => `arrayMap(n -> substringIndex(n, '\\0', 1), ${itemColumns[of]})`;
const beginningLengths = [5, 6];
const beginningIndex = (length: number) => `arrayMap(v -> substring(v, 1, ${length}), \`facet.value\`)`;

/** True, but for parts of the table in which an index knows that no row has the value. */
function isIndexed(values: string, value: string): string {
  return `indexHint(has(${values}, ${value}))`;
}

/** The index counts bytes. */
function isPlain(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

const itemColumns = { n: '`item.node`', c: '`item.caller`', m: '`item.marks`', r: '`item.response`' } as const;

/**
 * Some item meets all of these; columns that are not asked for are not read. Names take longest to compare: what is about numbers is
 * asked first, and where it may leave out rows (`isSelective`) of all items by itself.
 */
function existing(conditions: readonly string[], isSelective = false): string {
  const isNumeric = (sql: string) => /\b[mr]\b/.test(sql) && !/\b[nc]\b/.test(sql);
  const numeric = conditions.filter(isNumeric);
  const whole = someItem([...numeric, ...conditions.filter((sql) => !isNumeric(sql))]);
  return isSelective && numeric.length > 0 ? `${someItem(numeric)} AND ${whole}` : whole;
}

function someItem(conditions: readonly string[]): string {
  const text = allOf(conditions);
  const used = Object.entries(itemColumns).filter(([name]) => new RegExp(`\\b${name}\\b`).test(text));
  return `arrayExists((${used.map(([name]) => name).join(', ')}) -> ${text}, ${used.map(([, column]) => column).join(', ')})`;
}

function allOf(conditions: readonly string[]): string {
  return `(${conditions.filter((sql) => sql !== '1').join(' AND ') || '1'})`;
}

function anyOf(conditions: readonly string[]): string {
  return `(${conditions.join(' OR ')})`;
}

function nameOnly({ name }: NodeSelector): NodeSelector {
  return name === undefined ? {} : { name };
}
