/**
 * What a row of the trace list says of a filter expression: that the trace meets it, that it does not, or, where the row does not
 * tell all of it, nothing (null). It never contradicts the evaluator of whole traces (evaluate.ts).
 */
import { clientType } from '@fluoroscope/contract/graph';
import { maxRowAnnotations, type TraceRow } from '@fluoroscope/contract/traces';
import type { Comparison, Expression, Keyword, NodeSelector } from './expression.js';
import { fits, isSelected, type Values } from './values.js';

export type Verdict = boolean | null;

/** Texts of a row are not longer: one that is may have been cut. */
const cutLength = 2_000;

export function rowVerdict(expression: Expression, row: TraceRow): Verdict {
  switch (expression.kind) {
    case 'and':
      return every(expression.operands.map((operand) => rowVerdict(operand, row)));
    case 'or':
      return not(every(expression.operands.map((operand) => not(rowVerdict(operand, row)))));
    case 'not':
      return not(rowVerdict(expression.operand, row));
    case 'keyword':
      return keywordVerdict(expression.keyword, expression.comparison, row);
    case 'annotation':
      return annotationVerdict(expression.key, expression.comparison, row);
    case 'service':
      return serviceVerdict(expression.selector, expression.condition, row);
    case 'edge':
      return every([passes(expression.caller, row), passes(expression.callee, row), null]);
    default:
      return null;
  }
}

/** All hold; null while none is known not to, and not all are known to. */
function every(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(null) ? null : true;
}

function not(verdict: Verdict): Verdict {
  return verdict === null ? null : !verdict;
}

function keywordVerdict(keyword: Keyword, comparison: Comparison | null, row: TraceRow): Verdict {
  if (keyword === 'duration') return durationVerdict(comparison, row);
  const values = valuesOf(keyword, row);
  return values === null ? null : fits(values, comparison);
}

/** Null for what a row does not hold. */
function valuesOf(keyword: Keyword, row: TraceRow): Values | null {
  switch (keyword) {
    case 'ok':
    case 'fault':
      return [row.outcome === keyword];
    // A fault may have any other flag besides; what is throttled is an error too.
    case 'throttle':
      return row.outcome === 'fault' ? null : [row.outcome === 'throttle'];
    case 'error':
      return row.outcome === 'fault' ? null : [row.outcome !== 'ok'];
    // A subsegment that is left open in a closed segment is not seen in a row.
    case 'partial':
      return row.inProgress ? [true] : null;
    case 'responsetime':
      return row.responseMicros === null ? [] : [row.responseMicros / 1e6];
    case 'http.status':
      return row.status === null ? [] : [row.status];
    case 'http.method':
      return textValues(row.method);
    case 'http.url':
      return textValues(row.url);
    default:
      return null;
  }
}

function textValues(text: string | null): Values | null {
  if (text === null || text === '') return [];
  return text.length >= cutLength ? null : [text];
}

/** It counts from the root's start. The row knows what it is at least, and, from the first start of anything, what it is at most. */
function durationVerdict(comparison: Comparison | null, { responseMicros, durationMicros }: TraceRow): Verdict {
  const least = (responseMicros ?? 0) / 1e6;
  const most = durationMicros / 1e6;
  const [atLeast, atMost] = [fits([least], comparison), fits([most], comparison)];
  const isRange = comparison === null || comparison.operator.startsWith('<') || comparison.operator.startsWith('>');
  return (isRange || least === most) && atLeast === atMost ? atLeast : null;
}

/** A key has more values than the one that the row holds, perhaps; and a row has no more than so many keys. */
function annotationVerdict(key: string, comparison: Comparison | null, { annotations }: TraceRow): Verdict {
  const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  if (value === undefined) return Object.keys(annotations).length < maxRowAnnotations ? false : null;
  return fits([value], comparison) ? true : null;
}

function serviceVerdict(selector: NodeSelector, condition: Expression | null, row: TraceRow): Verdict {
  return condition === null ? passes(selector, row) : every([passes(selector, row), null]);
}

/** A service beyond those that the row names may be the one; clients are never named. */
function passes(selector: NodeSelector, { services, moreServices }: TraceRow): Verdict {
  if (services.some((node) => isSelected(node, selector))) return true;
  return moreServices > 0 || selector.type === clientType ? null : false;
}
