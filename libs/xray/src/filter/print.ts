/** Writes a filter expression so that parsing it gives the same tree: capital operators, spaces, and only the parentheses needed. */
import type { Comparison, Expression, NodeSelector } from './expression.js';

export function printFilter(expression: Expression): string {
  switch (expression.kind) {
    case 'or':
      return expression.operands
        .map((operand) => (operand.kind === 'or' ? `(${printFilter(operand)})` : printFilter(operand)))
        .join(' OR ');
    case 'and':
      return expression.operands.map(printOperand).join(' AND ');
    case 'not':
      return `!${printOperand(expression.operand)}`;
    case 'keyword':
      return expression.keyword + printComparison(expression.comparison);
    case 'annotation':
      return printKey(expression.key) + printComparison(expression.comparison);
    case 'group':
      return `group.${expression.member} ${expression.isEqual ? '=' : '!='} ${quoted(expression.value)}`;
    case 'service':
      return `service(${printSelector(expression.selector)})${printBraces(expression.condition)}`;
    case 'edge':
      return `edge(${printSelector(expression.caller)}, ${printSelector(expression.callee)})${printBraces(expression.condition)}`;
    case 'rootCause':
      return `rootcause.${expression.cause}.${expression.part}${printBraces(expression.condition)}`;
    case 'rootCauseJson':
      return `rootcause.json = #${JSON.stringify(expression.patterns)}`;
  }
}

/** Below AND or NOT. */
function printOperand(operand: Expression): string {
  return operand.kind === 'and' || operand.kind === 'or' ? `(${printFilter(operand)})` : printFilter(operand);
}

function printComparison(comparison: Comparison | null): string {
  if (comparison === null) return '';
  const { operator, value } = comparison;
  return ` ${operator} ${typeof value === 'string' ? quoted(value) : value}`;
}

function printKey(key: string): string {
  return /^\w+$/.test(key) ? `annotation.${key}` : `annotation[${key}]`;
}

function printBraces(condition: Expression | null): string {
  return condition === null ? '' : ` { ${printFilter(condition)} }`;
}

function printSelector({ name, type, accountId }: NodeSelector): string {
  if (type === undefined && accountId === undefined) return name === undefined ? '' : quoted(name);
  const parts = Object.entries({ name, type, 'account.id': accountId });
  return `id(${parts.flatMap(([member, text]) => (text === undefined ? [] : [`${member}: ${quoted(text)}`])).join(', ')})`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
