/** The members of a sampling rule as a form shows them: as text, one field each. */
import { defaultSamplingPriority, maxSamplingPriority, type SamplingRule } from '@fluoroscope/contract/sampling';
import { exactCount } from '@fluoroscope/format/format';
import { defaultSamplingRule } from '@fluoroscope/xray/sampling-rules';

/** A boost has two fields: both are empty where there is none. */
export type FieldId = Exclude<keyof SamplingRule, 'boost'> | 'boostRate' | 'boostMinutes';

export interface RuleField {
  id: FieldId;
  label: string;
  /** What to write, where the label does not say it all. */
  hint?: string;
  unit?: string;
  /** Keyboard of a phone. */
  inputmode?: 'numeric' | 'decimal';
  lines?: boolean;
}

export const nameField: RuleField = { id: 'name', label: 'Name' };
export const amountFields: readonly RuleField[] = [
  { id: 'priority', label: 'Priority', hint: 'The lowest is asked first', inputmode: 'numeric' },
  { id: 'reservoirSize', label: 'Reservoir', unit: 'a second', hint: 'Kept first, by all clients together', inputmode: 'numeric' },
  { id: 'fixedRate', label: 'Rate', unit: '% of the rest', hint: 'Of what the reservoir does not take', inputmode: 'decimal' },
];
export const matcherFields: readonly RuleField[] = [
  { id: 'serviceName', label: 'Service name' },
  { id: 'serviceType', label: 'Service type' },
  { id: 'host', label: 'Host' },
  { id: 'httpMethod', label: 'HTTP method' },
  { id: 'urlPath', label: 'URL path' },
  { id: 'resourceArn', label: 'Resource ARN' },
  { id: 'attributes', label: 'Attributes', hint: 'key=pattern, one a line', lines: true },
];

export const boostFields: readonly RuleField[] = [
  { id: 'boostRate', label: 'Raise the rate to', unit: '%', hint: 'At most, for a minute', inputmode: 'decimal' },
  { id: 'boostMinutes', label: 'Not again for', unit: 'minutes', hint: 'From when it was raised', inputmode: 'numeric' },
];

/** Which member of a rule the field is about. */
export function memberIdOf(id: FieldId): keyof SamplingRule {
  return id === 'boostRate' || id === 'boostMinutes' ? 'boost' : id;
}

/** As the field shows it. */
export function textOf(rule: SamplingRule, id: FieldId): string {
  if (id === 'attributes')
    return Object.entries(rule.attributes)
      .map((entry) => entry.join('='))
      .join('\n');
  if (id === 'fixedRate') return percentOf(rule.fixedRate);
  if (id === 'boostRate') return rule.boost === null ? '' : percentOf(rule.boost.maxRate);
  if (id === 'boostMinutes') return rule.boost === null ? '' : String(rule.boost.cooldownMinutes);
  return String(rule[id]);
}

/** 0.07 times 100 is more than 7. */
function percentOf(share: number): string {
  return String(Number((share * 100).toPrecision(12)));
}

/** The rule with what the fields say; what one cannot mean is a value that no rule may have. */
export function withTexts(rule: SamplingRule, texts: ReadonlyMap<FieldId, string>): SamplingRule {
  const values = [...texts].filter(([id]) => memberIdOf(id) === id).map(([id, text]) => [id, memberOf(id, text)]);
  const textNow = (id: FieldId) => (texts.get(id) ?? textOf(rule, id)).trim();
  const [rate, minutes] = [textNow('boostRate'), textNow('boostMinutes')];
  const boost = rate === '' && minutes === '' ? null : { maxRate: shareOf(rate), cooldownMinutes: numberOf(minutes) };
  return { ...rule, ...Object.fromEntries(values), boost };
}

function memberOf(id: FieldId, text: string): unknown {
  if (id === 'attributes') return attributesOf(text);
  if (id === 'fixedRate') return shareOf(text);
  return id === 'priority' || id === 'reservoirSize' ? numberOf(text) : text;
}

function shareOf(text: string): number {
  return Number((numberOf(text) / 100).toPrecision(12));
}

/** `AWS::EC2::Instance=a=b` is a key and a pattern with a `=` in it. */
export function attributesOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const pairs = lines.map((line) => {
    const [key = '', ...rest] = line.split('=');
    return [key.trim(), rest.join('=').trim()];
  });
  return Object.fromEntries(pairs);
}

function numberOf(text: string): number {
  const trimmed = text.trim().replaceAll(',', '');
  return trimmed === '' ? Number.NaN : Number(trimmed);
}

/** What a new rule starts from: behind the rules that there are, and as careful as the Default rule. */
export function newRule(rules: readonly SamplingRule[]): SamplingRule {
  const last = Math.max(0, ...rules.map(({ priority }) => priority).filter((priority) => priority < defaultSamplingPriority));
  return { ...defaultSamplingRule, name: '', priority: Math.min(maxSamplingPriority, last === 0 ? 1_000 : last + 10) };
}

export function priorityText({ priority }: SamplingRule): string {
  return exactCount(priority);
}
