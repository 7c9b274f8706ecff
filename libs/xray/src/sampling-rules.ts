/**
 * Sampling rules: what one may hold, which one a request meets, and the Default rule behind all others.
 *
 * A rule meets a request when all its patterns do, in any case; what is not known of the request meets every pattern, as
 * X-Ray's SDKs have it. The rule of the lowest priority decides, of two alike the first by name.
 */
import {
  defaultSamplingPriority,
  defaultSamplingRuleName,
  maxReservoirSize,
  maxSamplingAttributeLength,
  maxSamplingAttributes,
  maxSamplingPriority,
  type SamplingRateBoost,
  type SamplingRule,
  type SamplingRuleUpdate,
  samplingRuleLengths,
} from '@fluoroscope/contract/sampling';
import { isObject, isText, isWhole } from './json-values.js';

/** What is known of a request. */
export interface SamplingRequest {
  resourceArn?: string;
  serviceName?: string;
  serviceType?: string;
  host?: string;
  httpMethod?: string;
  urlPath?: string;
  attributes?: Readonly<Record<string, string>>;
}

/** As every account of AWS has it, until somebody changes its reservoir or its rate. */
export const defaultSamplingRule: SamplingRule = {
  name: defaultSamplingRuleName,
  resourceArn: '*',
  priority: defaultSamplingPriority,
  fixedRate: 0.05,
  reservoirSize: 1,
  serviceName: '*',
  serviceType: '*',
  host: '*',
  httpMethod: '*',
  urlPath: '*',
  attributes: {},
  boost: null,
};

/** The order in which rules are asked. */
export function compareRules(left: SamplingRule, right: SamplingRule): number {
  if (left.priority !== right.priority) return left.priority - right.priority;
  return left.name < right.name ? -1 : Number(left.name > right.name);
}

/** The rule that decides about a request; null when none of these meets it. */
export function matchedRule(rules: readonly SamplingRule[], request: SamplingRequest): SamplingRule | null {
  return [...rules].sort(compareRules).find((rule) => matchesRule(rule, request)) ?? null;
}

export const samplingPatterns = ['serviceName', 'serviceType', 'host', 'httpMethod', 'urlPath', 'resourceArn'] as const;
export type SamplingPattern = (typeof samplingPatterns)[number];

/** A pattern that a request does not meet. */
export interface SamplingMiss {
  member: SamplingPattern | 'attributes';
  /** Of an attribute. */
  key?: string;
  pattern: string;
  /** What the request has; null for an attribute that it lacks. */
  value: string | null;
}

export function matchesRule(rule: SamplingRule, request: SamplingRequest): boolean {
  return missesOf(rule, request).length === 0;
}

/** Why the rule does not meet the request; nothing when it does. */
export function missesOf(rule: SamplingRule, request: SamplingRequest): SamplingMiss[] {
  const misses = samplingPatterns.flatMap((member): SamplingMiss[] => {
    const [pattern, value] = [rule[member], request[member]];
    return value === undefined || matchesWildcard(pattern, value) ? [] : [{ member, pattern, value }];
  });
  return [...misses, ...Object.entries(rule.attributes).flatMap(([key, pattern]) => missOfAttribute(request, key, pattern))];
}

/** Unlike the other patterns, one of an attribute asks for it to be there. */
function missOfAttribute({ attributes = {} }: SamplingRequest, key: string, pattern: string): SamplingMiss[] {
  const value = Object.hasOwn(attributes, key) ? (attributes[key] ?? null) : null;
  return value !== null && matchesWildcard(pattern, value) ? [] : [{ member: 'attributes', key, pattern, value }];
}

/** `*` is any text, `?` any one character; the whole text, in any case. Takes at most pattern times text steps. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase();
  const given = text.toLowerCase();
  let at = 0;
  let star = -1;
  let behindStar = 0;
  for (let n = 0; n < given.length; ) {
    if (wanted[at] === '*') {
      star = at++;
      behindStar = n;
    } else if (wanted[at] === '?' || wanted[at] === given[n]) {
      at++;
      n++;
    } else if (star >= 0) {
      at = star + 1;
      n = ++behindStar;
    } else return false;
  }
  while (wanted[at] === '*') at++;
  return at === wanted.length;
}

type Check = (value: unknown) => boolean;

const checks: Record<keyof SamplingRule, Check> = {
  name: (value) => isText(value, samplingRuleLengths.name) && value !== '',
  resourceArn: (value) => isText(value, samplingRuleLengths.resourceArn),
  priority: (value) => isWhole(value, 1, defaultSamplingPriority),
  fixedRate: isShare,
  reservoirSize: (value) => isWhole(value, 0, maxReservoirSize),
  serviceName: (value) => isText(value, samplingRuleLengths.serviceName),
  serviceType: (value) => isText(value, samplingRuleLengths.serviceType),
  host: (value) => isText(value, samplingRuleLengths.host),
  httpMethod: (value) => isText(value, samplingRuleLengths.httpMethod),
  urlPath: (value) => isText(value, samplingRuleLengths.urlPath),
  attributes: isAttributes,
  boost: (value) => value === null || isBoost(value),
};
const names = Object.keys(checks) as (keyof SamplingRule)[];

/** What each member may be, for a person. */
const sentences: Record<keyof SamplingRule, string> = {
  name: `A name has 1 to ${samplingRuleLengths.name} characters`,
  resourceArn: `An ARN has at most ${samplingRuleLengths.resourceArn} characters`,
  priority: `A priority is a whole number from 1 to ${maxSamplingPriority}`,
  fixedRate: 'A rate is from 0 to 1, that is, 0 to 100 %',
  reservoirSize: `A reservoir is a whole number of requests per second, from 0 to ${maxReservoirSize}`,
  serviceName: `A service name has at most ${samplingRuleLengths.serviceName} characters`,
  serviceType: `A service type has at most ${samplingRuleLengths.serviceType} characters`,
  host: `A host has at most ${samplingRuleLengths.host} characters`,
  httpMethod: `A method has at most ${samplingRuleLengths.httpMethod} characters`,
  urlPath: `A path has at most ${samplingRuleLengths.urlPath} characters`,
  attributes: `Attributes are at most ${maxSamplingAttributes} keys and patterns of 1 to ${maxSamplingAttributeLength} characters each`,
  boost: 'A boost has a rate from 0 to 1 and a whole number of minutes',
};

/** By member, a sentence for each that is no member of a rule that people make; those of an update may be left out. */
export type SamplingRuleProblems = Partial<Record<keyof SamplingRule, string>>;

export function samplingRuleProblems(value: Readonly<Record<string, unknown>>): SamplingRuleProblems {
  const wrong = names.filter((name) => !checks[name](value[name]) || (name === 'priority' && Number(value.priority) > maxSamplingPriority));
  return Object.fromEntries(wrong.map((name) => [name, sentences[name]]));
}

export function samplingUpdateProblems(value: Readonly<Record<string, unknown>>): SamplingRuleProblems {
  const problems = Object.entries(samplingRuleProblems(value)).filter(([name]) => name !== 'name' && value[name] !== undefined);
  return Object.fromEntries(problems);
}

/** The rule, with nothing else in it; null for what is none. */
export function samplingRuleOf(value: unknown): SamplingRule | null {
  if (!isObject(value) || names.some((name) => !checks[name](value[name]))) return null;
  return Object.fromEntries(names.map((name) => [name, value[name]])) as unknown as SamplingRule;
}

/** The members that change, with nothing else; null for what is no update. */
export function samplingRuleUpdateOf(value: unknown): SamplingRuleUpdate | null {
  if (!isObject(value)) return null;
  const given = names.filter((name) => name !== 'name' && value[name] !== undefined);
  if (given.some((name) => !checks[name](value[name]))) return null;
  return Object.fromEntries(given.map((name) => [name, value[name]]));
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function isAttributes(value: unknown): boolean {
  if (!isObject(value)) return false;
  const texts = Object.entries(value).flat();
  return texts.length <= 2 * maxSamplingAttributes && texts.every((text) => isText(text, maxSamplingAttributeLength) && text !== '');
}

function isBoost(value: unknown): value is SamplingRateBoost {
  return isObject(value) && isShare(value.maxRate) && isWhole(value.cooldownMinutes, 0, maxReservoirSize);
}
