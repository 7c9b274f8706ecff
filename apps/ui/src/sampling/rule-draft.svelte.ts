/**
 * A rule as it is edited: only the fields that were touched. What others change in the meantime shows in the fields that were
 * not, and is told at those that were; saving sends what differs, so that nobody undoes what they have not seen.
 */
import type { SamplingRule, SamplingRuleUpdate } from '@fluoroscope/contract/sampling';
import { type SamplingRuleProblems, samplingRuleProblems } from '@fluoroscope/xray/sampling-rules';
import { type FieldId, memberIdOf, textOf, withTexts } from './rule-fields.js';

interface Touched {
  text: string;
  /** What the field showed when it was first touched. */
  before: string;
}

export class RuleDraft {
  touched = $state.raw<ReadonlyMap<FieldId, Touched>>(new Map());
  /** What the server refused, by field; gone when the field changes. */
  refused = $state.raw<Readonly<Record<string, string>>>({});
  /** Problems are told of all fields: saving was tried. */
  isTried = $state.raw(false);

  text(rule: SamplingRule, id: FieldId): string {
    return this.touched.get(id)?.text ?? textOf(rule, id);
  }

  write(rule: SamplingRule, id: FieldId, text: string): void {
    const before = this.touched.get(id)?.before ?? textOf(rule, id);
    const touched = new Map(this.touched);
    if (text === before && before === textOf(rule, id)) touched.delete(id);
    else touched.set(id, { text, before });
    this.touched = touched;
    const { [memberIdOf(id)]: _, ...rest } = this.refused;
    this.refused = rest;
  }

  /** The rule as it would be; of a field that says nothing a rule may have, with that. */
  edited(rule: SamplingRule): SamplingRule {
    return withTexts(rule, new Map([...this.touched].map(([id, { text }]) => [id, text])));
  }

  /** The members that differ from the rule as it is now. */
  update(rule: SamplingRule): SamplingRuleUpdate {
    const edited = this.edited(rule);
    const members = new Set([...this.touched.keys()].map(memberIdOf));
    const changed = [...members].filter((id) => JSON.stringify(edited[id]) !== JSON.stringify(rule[id]));
    return Object.fromEntries(changed.map((id) => [id, edited[id]]));
  }

  /** Of each field that is told about, what is wrong with it. */
  problems(rule: SamplingRule): SamplingRuleProblems & Record<string, string> {
    const found = Object.entries(samplingRuleProblems({ ...this.edited(rule) }));
    const touched = new Set<string>([...this.touched.keys()].map(memberIdOf));
    const told = found.filter(([id]) => this.isTried || (touched.has(id) && id !== 'name'));
    return { ...Object.fromEntries(told), ...this.refused };
  }

  /** What somebody else has set a touched field to; null when nobody has. */
  overtaken(rule: SamplingRule, id: FieldId): string | null {
    const touched = this.touched.get(id);
    const now = textOf(rule, id);
    return touched && now !== touched.before && now !== touched.text ? now : null;
  }

  clear(): void {
    this.touched = new Map();
    this.refused = {};
    this.isTried = false;
  }
}
