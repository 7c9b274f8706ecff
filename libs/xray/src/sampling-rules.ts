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

const patterns = ['resourceArn', 'serviceName', 'serviceType', 'host', 'httpMethod', 'urlPath'] as const;

export function matchesRule(rule: SamplingRule, request: SamplingRequest): boolean {
  const meets = patterns.every((name) => request[name] === undefined || matchesWildcard(rule[name], request[name]));
  return meets && Object.entries(rule.attributes).every(([name, pattern]) => matchesAttribute(request, name, pattern));
}

/** Unlike the other patterns, one of an attribute asks for it to be there. */
function matchesAttribute({ attributes = {} }: SamplingRequest, name: string, pattern: string): boolean {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  return value !== undefined && matchesWildcard(pattern, value);
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
