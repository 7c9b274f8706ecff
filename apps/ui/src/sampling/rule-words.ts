/** Sampling rules, and what is noticed about them, as sentences. */
import { defaultSamplingRuleName, type SamplingRule, type SamplingUse } from '@fluoroscope/contract/sampling';
import { exactCount, formatRate, formatShare, missing } from '@fluoroscope/format/format';
import { visibleText } from '@fluoroscope/format/text';
import type { SamplingCaution } from '@fluoroscope/xray/sampling-advice';
import { type SamplingMiss, samplingPatterns } from '@fluoroscope/xray/sampling-rules';
import { clock } from '../shell/clock.svelte.js';

const memberNames = {
  serviceName: 'service name',
  serviceType: 'service type',
  host: 'host',
  httpMethod: 'method',
  urlPath: 'path',
  resourceArn: 'resource ARN',
} as const;

/** `first 5 a second, then 10 % of the rest`. */
export function howMany({ reservoirSize, fixedRate }: Pick<SamplingRule, 'reservoirSize' | 'fixedRate'>): string {
  const first = `first ${exactCount(reservoirSize)} a second`;
  if (fixedRate === 1) return 'every request';
  if (reservoirSize === 0) return fixedRate === 0 ? 'no request' : `${shareText(fixedRate)} of the requests`;
  return fixedRate === 0 ? `${first}, then none` : `${first}, then ${shareText(fixedRate)} of the rest`;
}

/** Exactly as it was set. */
export function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(12))} %`;
}

/** Patterns that do not meet everything, by what they are about. */
export function matchersOf(rule: SamplingRule): { name: string; pattern: string }[] {
  const patterns = samplingPatterns.filter((member) => rule[member] !== '*');
  return [
    ...patterns.map((member) => ({ name: memberNames[member], pattern: visibleText(rule[member]) })),
    ...Object.entries(rule.attributes).map(([key, pattern]) => ({ name: visibleText(key), pattern: visibleText(pattern) })),
  ];
}

export function missText({ member, key = '', pattern, value }: SamplingMiss): string {
  if (member !== 'attributes') return `${memberNames[member]} ${quoted(value ?? '')} is not ${quoted(pattern)}`;
  return value === null ? `it has no attribute ${quoted(key)}` : `attribute ${visibleText(key)} ${quoted(value)} is not ${quoted(pattern)}`;
}

export function cautionText(caution: SamplingCaution): string {
  switch (caution.kind) {
    case 'shadowed':
      return `Never asked: ${visibleText(caution.by)}, which comes before it, meets every request that this rule would.`;
    case 'tied':
      return `${visibleText(caution.with)} has the same priority: of the two, the first by name is asked first.`;
    case 'samples nothing':
      return 'Samples nothing: reservoir and rate are 0.';
    case 'no service type':
      return 'X-Ray SDKs pass over a rule without a service type; * is any.';
    case 'not for X-Ray SDKs':
      return 'X-Ray SDKs pass over rules with attributes or a resource ARN; OpenTelemetry samplers and API Gateway use them.';
  }
}

/** While an anomaly has raised the rate. */
export function boostText({ rate, untilMs }: NonNullable<SamplingUse['boost']>): string {
  return `An anomaly has raised the rate to ${shareText(rate)}, until ${clock.time(untilMs)}.`;
}

export const defaultRuleText =
  'Decides about what no other rule meets. It is always asked last and meets every request: only its reservoir and rate can change, and it cannot be deleted.';

export function isDefault({ name }: SamplingRule): boolean {
  return name === defaultSamplingRuleName;
}

/** Sampled and borrowed requests of a rule are what is kept. Some samplers count what they borrow as sampled too. */
export function keptRate({ requests, sampled, borrowed }: Pick<SamplingUse, 'requests' | 'sampled' | 'borrowed'>): number {
  return Math.min(requests, sampled + borrowed);
}

export function keptShare(use: SamplingUse): string {
  return use.requests > 0 ? formatShare(keptRate(use), use.requests) : missing;
}

export function rateText(rate: number, isAsked: boolean): string {
  if (!isAsked) return missing;
  return rate === 0 ? '0/s' : formatRate(rate);
}

function quoted(text: string): string {
  return text === '' ? 'nothing' : `“${visibleText(text)}”`;
}
