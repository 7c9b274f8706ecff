/** Sampling rules as X-Ray's operations spell them, read and written: the only place where the two spellings meet. */
import {
  maxReservoirSize,
  maxSamplingAttributeLength,
  maxSamplingAttributes,
  maxSamplingPriority,
  type SamplingRule,
  type SamplingRuleRecord,
  type SamplingRuleUpdate,
  samplingRuleLengths,
} from '@fluoroscope/contract/sampling';
import { number, optional, type Structure, structure, text, textMap, whole } from '../protocol/fields.js';
import type { Installation } from '../tokens.js';
import { tagList } from './tags-shape.js';

const name = text({ min: 1, max: samplingRuleLengths.name });
const share = number({ min: 0, max: 1 });
const attributes = textMap({
  max: maxSamplingAttributes,
  key: text({ min: 1, max: maxSamplingAttributeLength }),
  value: text({ min: 1, max: maxSamplingAttributeLength }),
});
const boost = structure({ MaxRate: share, CooldownWindowMinutes: whole({ min: 0, max: maxReservoirSize }) });

/** What makes up a rule, but for its name. */
const members = {
  ResourceARN: text({ max: samplingRuleLengths.resourceArn }),
  Priority: whole({ min: 1, max: maxSamplingPriority }),
  FixedRate: share,
  ReservoirSize: whole({ min: 0, max: maxReservoirSize }),
  ServiceName: text({ max: samplingRuleLengths.serviceName }),
  ServiceType: text({ max: samplingRuleLengths.serviceType }),
  Host: text({ max: samplingRuleLengths.host }),
  HTTPMethod: text({ max: samplingRuleLengths.httpMethod }),
  URLPath: text({ max: samplingRuleLengths.urlPath }),
};
const either = { RuleName: optional(name), RuleARN: optional(text()) };

export const createSamplingRule = structure({
  SamplingRule: structure({
    ...either,
    ...members,
    Version: whole({ min: 1, max: maxReservoirSize }),
    Attributes: optional(attributes),
    SamplingRateBoost: optional(boost),
  }),
  Tags: optional(tagList),
});
export const updateSamplingRule = structure({
  SamplingRuleUpdate: structure({
    ...either,
    ResourceARN: optional(members.ResourceARN),
    Priority: optional(members.Priority),
    FixedRate: optional(members.FixedRate),
    ReservoirSize: optional(members.ReservoirSize),
    ServiceName: optional(members.ServiceName),
    ServiceType: optional(members.ServiceType),
    Host: optional(members.Host),
    HTTPMethod: optional(members.HTTPMethod),
    URLPath: optional(members.URLPath),
    Attributes: optional(attributes),
    SamplingRateBoost: optional(boost),
  }),
});
export const deleteSamplingRule = structure(either);

type Read<Field> = Field extends (value: unknown, at: string) => infer Value ? Value : never;
export type GivenRule = Read<typeof createSamplingRule>['SamplingRule'];
type GivenUpdate = Read<typeof updateSamplingRule>['SamplingRuleUpdate'];
type Given = Partial<Omit<GivenRule, 'Version'>> & Structure<typeof either>;

/** A rule that is made, under a name that was found to be given. */
export function ruleOf(given: GivenRule, ruleName: string): SamplingRule {
  const { ResourceARN, Priority, FixedRate, ReservoirSize, ServiceName, ServiceType, Host, HTTPMethod, URLPath } = given;
  return {
    name: ruleName,
    resourceArn: ResourceARN,
    priority: Priority,
    fixedRate: FixedRate,
    reservoirSize: ReservoirSize,
    serviceName: ServiceName,
    serviceType: ServiceType,
    host: Host,
    httpMethod: HTTPMethod,
    urlPath: URLPath,
    attributes: given.Attributes ?? {},
    boost: boostOf(given) ?? null,
  };
}

export function updateOf(given: GivenUpdate): SamplingRuleUpdate {
  const update: { [Name in keyof SamplingRuleUpdate]: SamplingRuleUpdate[Name] | undefined } = {
    resourceArn: given.ResourceARN,
    priority: given.Priority,
    fixedRate: given.FixedRate,
    reservoirSize: given.ReservoirSize,
    serviceName: given.ServiceName,
    serviceType: given.ServiceType,
    host: given.Host,
    httpMethod: given.HTTPMethod,
    urlPath: given.URLPath,
    attributes: given.Attributes,
    boost: boostOf(given),
  };
  return Object.fromEntries(Object.entries(update).filter(([, value]) => value !== undefined));
}

function boostOf({ SamplingRateBoost }: Given): SamplingRule['boost'] | undefined {
  if (SamplingRateBoost === undefined) return undefined;
  return { maxRate: SamplingRateBoost.MaxRate, cooldownMinutes: SamplingRateBoost.CooldownWindowMinutes };
}

/** With every member that a sampler wants: some drop a rule that lacks one. */
export function samplingRuleRecord({ rule, createdAtMs, modifiedAtMs }: SamplingRuleRecord, installation: Installation): object {
  const SamplingRule = {
    RuleName: rule.name,
    RuleARN: ruleArn(rule.name, installation),
    ResourceARN: rule.resourceArn,
    Priority: rule.priority,
    FixedRate: rule.fixedRate,
    ReservoirSize: rule.reservoirSize,
    ServiceName: rule.serviceName,
    ServiceType: rule.serviceType,
    Host: rule.host,
    HTTPMethod: rule.httpMethod,
    URLPath: rule.urlPath,
    Version: 1,
    Attributes: rule.attributes,
  };
  const boosted = rule.boost && { MaxRate: rule.boost.maxRate, CooldownWindowMinutes: rule.boost.cooldownMinutes };
  return {
    SamplingRule: boosted === null ? SamplingRule : { ...SamplingRule, SamplingRateBoost: boosted },
    CreatedAt: createdAtMs / 1000,
    ModifiedAt: modifiedAtMs / 1000,
  };
}

function ruleArn(ruleName: string, { region, accountId }: Installation): string {
  return `arn:aws:xray:${region}:${accountId}:sampling-rule/${ruleName}`;
}

/** The rule's name in its ARN, whose account may be empty, as it is in AWS's own examples; null for any other ARN. */
export function ruleNameOf(arn: string, { region, accountId }: Installation): string | null {
  const [, ofRegion, ofAccount, ruleName] = /^arn:[^:]*:xray:([^:]*):([^:]*):sampling-rule\/(.+)$/s.exec(arn) ?? [];
  return ofRegion === region && (ofAccount === accountId || ofAccount === '') ? (ruleName ?? null) : null;
}
