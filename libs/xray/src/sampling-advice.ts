/**
 * What people who edit sampling rules want to know before they save: which rule decides about a request and why no earlier one
 * does, what would be sampled, and what stands in a rule's way. Pure; the browser asks with rules as they are edited.
 */
import type { SamplingRule } from '@fluoroscope/contract/sampling';
import {
  compareRules,
  matchesWildcard,
  missesOf,
  type SamplingMiss,
  type SamplingPattern,
  type SamplingRequest,
  samplingPatterns,
} from './sampling-rules.js';

/** A rule that is asked about a request. The last one has no misses: it decides. */
export interface AskedRule {
  rule: SamplingRule;
  misses: SamplingMiss[];
}

/** The rules in the order in which they are asked, up to the one that decides. */
export function askRules(rules: readonly SamplingRule[], request: SamplingRequest): AskedRule[] {
  const asked = [...rules].sort(compareRules).map((rule) => ({ rule, misses: missesOf(rule, request) }));
  const decided = asked.findIndex(({ misses }) => misses.length === 0);
  return decided < 0 ? asked : asked.slice(0, decided + 1);
}

/** Per second. */
export interface SamplingForecast {
  /** What the reservoir takes. */
  reservoir: number;
  /** What the rate takes of the rest. */
  fixed: number;
  sampled: number;
}

/** For requests that come evenly, of clients that share the reservoir by their quotas. */
export function forecastOf(
  { reservoirSize, fixedRate }: Pick<SamplingRule, 'reservoirSize' | 'fixedRate'>,
  rate: number,
): SamplingForecast {
  const reservoir = Math.min(rate, reservoirSize);
  const fixed = (rate - reservoir) * fixedRate;
  return { reservoir, fixed, sampled: reservoir + fixed };
}

/** `shadowed`: a rule before it meets everything that it would. `tied`: of this priority is also another. */
export type SamplingCaution =
  | { kind: 'shadowed'; by: string }
  | { kind: 'tied'; with: string }
  | { kind: 'samples nothing' | 'no service type' | 'not for X-Ray SDKs' };

/** What is likely to surprise whoever made the rule; `rules` are all, in any order. */
export function cautionsOf(rule: SamplingRule, rules: readonly SamplingRule[]): SamplingCaution[] {
  const others = rules.filter(({ name }) => name !== rule.name);
  const shadow = others.filter((other) => compareRules(other, rule) < 0).find((other) => coversRule(other, rule));
  const tie = others.find(({ priority }) => priority === rule.priority);
  const narrowed = rule.resourceArn !== '*' || Object.keys(rule.attributes).length > 0;
  return [
    ...(shadow ? [{ kind: 'shadowed', by: shadow.name } as const] : []),
    ...(tie ? [{ kind: 'tied', with: tie.name } as const] : []),
    ...(rule.reservoirSize === 0 && rule.fixedRate === 0 ? [{ kind: 'samples nothing' } as const] : []),
    ...(rule.serviceType === '' ? [{ kind: 'no service type' } as const] : []),
    ...(narrowed ? [{ kind: 'not for X-Ray SDKs' } as const] : []),
  ];
}

/** Whatever meets `narrow` meets `wide`. May miss that, never claims it wrongly. */
function coversRule(wide: SamplingRule, narrow: SamplingRule): boolean {
  const covers = (member: SamplingPattern) => coversPattern(wide[member], narrow[member]);
  const attributes = Object.entries(wide.attributes).every(([key, pattern]) => coversPattern(pattern, narrow.attributes[key] ?? null));
  return attributes && samplingPatterns.every(covers);
}

/** As text, a pattern stands for all that it meets, but for a `*` where `?` would take it for one character. */
function coversPattern(wide: string, narrow: string | null): boolean {
  if (narrow === null) return false;
  if (wide.includes('?') && narrow.includes('*')) return wide.toLowerCase() === narrow.toLowerCase();
  return matchesWildcard(wide, narrow);
}
