/**
 * Whether a trace meets a filter expression: the plain meaning of the language, which every faster way has to equal.
 *
 * A comparison speaks of a value that is there: where there is none, or it is of another type, it is false, `!=` included. A
 * keyword that has several values (users, annotations) needs one that fits. Conditions in braces are about one thing: one
 * segment of the service, one call of the edge, one element of the list.
 */
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { RootCause, RootCauseEntity, RootCauseException, RootCauseService } from '../root-causes.js';
import type { TraceEntity } from '../trace-view.js';
import type { Expression, JsonValue, Keyword, RootCausePart } from './expression.js';
import { type CallItem, FilteredTrace, flagsOf, type NodeItem } from './filtered-trace.js';
import { fits, isSelected, type Values } from './values.js';

/** A group that the trace is a member of. */
export interface Membership {
  name: string;
  arn: string;
}

/** Whether the trace is among those that the expression asks for. */
export function matchesExpression(expression: Expression, trace: FilteredTrace, memberships: readonly Membership[] = []): boolean {
  return holds(expression, (leaf) => leafHolds(leaf, trace, memberships));
}

/** `documents` are of one trace, in order of arrival. */
export function documentsMatch(
  expression: Expression,
  documents: readonly SegmentDocument[],
  memberships?: readonly Membership[],
): boolean {
  return matchesExpression(expression, new FilteredTrace(documents), memberships);
}

type Leaf = Exclude<Expression, { kind: 'and' | 'or' | 'not' }>;

function holds(expression: Expression, leafHolds: (leaf: Leaf) => boolean): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.operands.every((operand) => holds(operand, leafHolds));
    case 'or':
      return expression.operands.some((operand) => holds(operand, leafHolds));
    case 'not':
      return !holds(expression.operand, leafHolds);
    default:
      return leafHolds(expression);
  }
}

function leafHolds(leaf: Leaf, trace: FilteredTrace, memberships: readonly Membership[]): boolean {
  switch (leaf.kind) {
    case 'keyword':
      return fits(valuesOfTrace(leaf.keyword, trace), leaf.comparison);
    case 'annotation':
      return fits(trace.annotations(leaf.key), leaf.comparison);
    case 'group':
      return memberships.some((membership) => membership[leaf.member] === leaf.value) === leaf.isEqual;
    case 'service':
      return trace.nodes.some(
        (item) => isSelected(item.node, leaf.selector) && meets(leaf.condition, (word) => valuesOfNode(word, item, trace)),
      );
    case 'edge':
      return trace.calls.some(
        (item) =>
          isSelected(item.caller, leaf.caller) &&
          isSelected(item.callee, leaf.callee) &&
          meets(leaf.condition, (word) => valuesOfCall(word, item)),
      );
    case 'rootCause':
      return trace.rootCauses[leaf.cause].some((cause) =>
        elementsOf(cause, leaf.part).some((values) => meets(leaf.condition, (word) => values[word] ?? [])),
      );
    case 'rootCauseJson':
      return leaf.patterns.some((pattern) =>
        Object.values(trace.rootCauses)
          .flat()
          .some((cause) => isLike(cause, pattern)),
      );
  }
}

/** Inside braces there are keywords only. */
function meets(condition: Expression | null, valuesOf: (keyword: Keyword) => Values): boolean {
  return condition === null || holds(condition, (leaf) => leaf.kind === 'keyword' && fits(valuesOf(leaf.keyword), leaf.comparison));
}

function valuesOfTrace(keyword: Keyword, trace: FilteredTrace): Values {
  switch (keyword) {
    case 'partial':
      return [trace.isPartial];
    case 'inferred':
      return [trace.hasInferred];
    case 'duration':
      return given(trace.durationSeconds);
    case 'account.id':
      return trace.nodes.map(({ node }) => node.accountId).filter(isText);
    case 'user':
    case 'availabilityzone':
    case 'instance.id':
    case 'resource.arn':
      return trace.segments.flatMap((segment) => segmentValues(keyword, segment));
    default:
      return trace.root === undefined ? [] : entityValues(keyword, trace.root);
  }
}

function valuesOfNode(keyword: Keyword, item: NodeItem, trace: FilteredTrace): Values {
  switch (keyword) {
    case 'root':
      return [item.entity === trace.root?.entity];
    case 'inferred':
      return [item.inferred];
    case 'name':
      return [item.node.name];
    case 'type':
      return [item.node.type];
    case 'account.id':
      return [item.node.accountId].filter(isText);
    case 'user':
    case 'availabilityzone':
    case 'instance.id':
    case 'resource.arn':
      return segmentValues(keyword, item);
    default:
      return entityValues(keyword, item);
  }
}

function valuesOfCall(keyword: Keyword, item: CallItem): Values {
  return keyword === 'inferred' ? [item.inferred] : entityValues(keyword, item);
}

/** What segments and subsegments have alike. What is in progress has no times yet. */
function entityValues(keyword: Keyword, { entity, source }: TraceEntity): Values {
  const { request, response } = source.http ?? {};
  switch (keyword) {
    case 'ok':
    case 'error':
    case 'throttle':
    case 'fault':
      return [flagsOf(source)[keyword]];
    case 'partial':
      return [entity.inProgress];
    case 'responsetime':
      return entity.inProgress ? [] : [entity.responseMicros / 1e6];
    case 'duration':
      return entity.inProgress ? [] : [entity.durationMicros / 1e6];
    case 'http.status':
      return typeof response?.status === 'number' ? [response.status] : [];
    case 'http.url':
      return texts(request?.url);
    case 'http.method':
      return texts(request?.method);
    case 'http.useragent':
      return texts(request?.user_agent);
    case 'http.clientip':
      return texts(request?.client_ip);
    default:
      return [];
  }
}

function segmentValues(keyword: 'user' | 'availabilityzone' | 'instance.id' | 'resource.arn', { source }: TraceEntity): Values {
  const { user, resource_arn: arn, aws } = source as SegmentDocument;
  switch (keyword) {
    case 'user':
      return texts(user);
    case 'resource.arn':
      return texts(arn);
    case 'instance.id':
      return texts(member(aws?.ec2, 'instance_id'));
    case 'availabilityzone':
      return [aws?.ec2, aws?.ecs].flatMap((block) => texts(member(block, 'availability_zone')));
  }
}

type ElementValues = Partial<Record<Keyword, Values>>;

/** The elements of one root cause, each with its place in the list. */
function elementsOf(cause: RootCause, part: RootCausePart): ElementValues[] {
  if (part === 'service') return placed(cause.Services, causeServiceValues);
  const entities = cause.Services.flatMap(({ EntityPath }) => EntityPath);
  if (part === 'entity') return placed(entities, causeEntityValues);
  const exceptions = entities.flatMap(({ Exceptions }) => Exceptions ?? []);
  return placed(exceptions, ({ Name, Message }: RootCauseException) => ({ name: [Name], message: [Message] }));
}

function placed<Element>(elements: readonly Element[], valuesOf: (element: Element) => ElementValues): ElementValues[] {
  return elements.map((element, index) => ({
    ...valuesOf(element),
    index: [index],
    first: [index === 0],
    last: [index === elements.length - 1],
  }));
}

function causeServiceValues({ Name, Type, AccountId, Inferred }: RootCauseService): ElementValues {
  return { name: [Name], type: [Type], 'account.id': texts(AccountId), inferred: [Inferred] };
}

function causeEntityValues({ Name, Remote, Coverage }: RootCauseEntity): ElementValues {
  return { name: [Name], remote: [Remote], coverage: given(Coverage) };
}

/** Every member that the pattern has is the same in the value; lists are as long as the pattern's. Patterns are shallow. */
function isLike(value: unknown, pattern: JsonValue): boolean {
  if (typeof pattern !== 'object' || pattern === null) return (value ?? null) === pattern;
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(pattern)) return false;
  if (Array.isArray(value) && value.length !== Object.keys(pattern).length) return false;
  const members = value as Record<string, unknown>;
  return Object.entries(pattern).every(([name, wanted]) => isLike(Object.hasOwn(members, name) ? members[name] : undefined, wanted));
}

function given(value: number | undefined): readonly number[] {
  return value === undefined ? [] : [value];
}

function texts(value: unknown): readonly string[] {
  return isText(value) ? [value] : [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function member(block: unknown, name: string): unknown {
  return typeof block === 'object' && block !== null ? (block as Record<string, unknown>)[name] : undefined;
}
