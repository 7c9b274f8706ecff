/**
 * Moving a rule: which priorities change so that it is asked at another place. As few as can be: one, where there is room between its
 * new neighbours; else those behind it move up until there is.
 */
import { maxSamplingPriority, type SamplingRule } from '@fluoroscope/contract/sampling';

export interface NewPriority {
  name: string;
  priority: number;
}

type Ordered = Pick<SamplingRule, 'name' | 'priority'>;

/** Room that is left for rules to come. */
const step = 10;

/** `rules` in the order in which they are asked, without the Default rule. In the order in which they are to be saved: no rule overtakes another on the way. */
export function movedTo(rules: readonly Ordered[], name: string, place: number): NewPriority[] {
  const moved = rules.find((rule) => rule.name === name);
  const rest = rules.filter((rule) => rule.name !== name);
  const at = Math.max(0, Math.min(place, rest.length));
  if (moved === undefined || rules[at]?.name === name) return [];
  const behind = rest.slice(at);
  const before = rest[at - 1]?.priority ?? 0;
  const next = behind[0]?.priority ?? maxSamplingPriority + 1;
  const room = next - before;
  if (room > 1) return [{ name, priority: before + Math.min(step, Math.floor(room / 2)) }];
  const pushed = pushedUp([moved, ...behind], before);
  return pushed.every(({ priority }) => priority <= maxSamplingPriority)
    ? pushed.reverse()
    : anew([...rest.slice(0, at), moved, ...behind]);
}

/** The first of them right behind `before`, and each further one that is in its way. */
function pushedUp(rules: readonly Ordered[], before: number): NewPriority[] {
  const pushed: NewPriority[] = [];
  let least = before + 1;
  for (const [n, { name, priority }] of rules.entries()) {
    if (n > 0 && priority >= least) break;
    pushed.push({ name, priority: least++ });
  }
  return pushed;
}

function anew(rules: readonly Ordered[]): NewPriority[] {
  return rules.map(({ name }, n) => ({ name, priority: (n + 1) * step }));
}
