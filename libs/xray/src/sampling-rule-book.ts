/**
 * All sampling rules of an installation, after every change so far. Whether a name is free, or a rule one too many, is decided
 * here, in the order of the log: what is refused once is refused in every process, and leaves everything as it was.
 */
import type { SamplingRuleChange, TagChange } from '@fluoroscope/contract/control';
import {
  defaultSamplingRuleName,
  maxSamplingRules,
  type SamplingRule,
  type SamplingRuleRecord,
  type SamplingRuleUpdate,
} from '@fluoroscope/contract/sampling';
import { maxTags } from '@fluoroscope/contract/tags';
import { type BookOutcome, refuse } from './book-outcome.js';
import { compareRules, defaultSamplingRule, samplingRuleOf } from './sampling-rules.js';
import { tagsAfter, tagsOf } from './tags.js';

export class SamplingRuleBook {
  /** When a rule was last made, changed or deleted; 0 when none ever was. Grows with every change, whatever the clocks say. */
  changedAtMs = 0;
  readonly #records = new Map<string, SamplingRuleRecord>([[defaultSamplingRuleName, bare(defaultSamplingRule)]]);

  /** In the order in which they are asked; the Default rule is the last. */
  records(): SamplingRuleRecord[] {
    return [...this.#records.values()].sort((left, right) => compareRules(left.rule, right.rule));
  }

  record(name: string): SamplingRuleRecord | null {
    return this.#records.get(name) ?? null;
  }

  /** `atMs` is the change's own time. */
  apply(change: SamplingRuleChange, atMs: number): BookOutcome<SamplingRuleRecord> {
    const nowMs = Math.max(atMs, this.changedAtMs + 1);
    const outcome = this.#change(change, nowMs);
    if (!('refused' in outcome)) this.changedAtMs = nowMs;
    return outcome;
  }

  /** Not a change of the rule itself: no sampler has to read it again. */
  retag(name: string, change: TagChange): BookOutcome<SamplingRuleRecord> {
    const record = this.record(name);
    if (record === null) return refuse('resource_unknown', `The sampling rule ${name} does not exist`);
    const tags = tagsAfter(record.tags, change);
    if (tags.length > maxTags) return refuse('too_many_tags', `A sampling rule can have at most ${maxTags} tags`);
    return this.#keep(record, { ...record, tags });
  }

  /** Plain data, from which `restore` goes on. */
  snapshot(): { changedAtMs: number; records: SamplingRuleRecord[] } {
    return { changedAtMs: this.changedAtMs, records: this.records() };
  }

  /** False, and nothing changed, when it is not a snapshot. */
  restore(snapshot: unknown): boolean {
    const { changedAtMs, records } = (snapshot ?? {}) as { changedAtMs?: unknown; records?: unknown };
    if (typeof changedAtMs !== 'number' || !Array.isArray(records)) return false;
    const read = records.map(recordOf);
    if (read.some((record) => record === null)) return false;
    this.#records.clear();
    this.#records.set(defaultSamplingRuleName, bare(defaultSamplingRule));
    for (const record of read) if (record !== null) this.#records.set(record.rule.name, record);
    this.changedAtMs = changedAtMs;
    return true;
  }

  #change(change: SamplingRuleChange, nowMs: number): BookOutcome<SamplingRuleRecord> {
    if (change.kind === 'create sampling rule') return this.#create(change.rule, { tags: change.tags, nowMs });
    const record = this.#records.get(change.name);
    if (record === undefined) return refuse('rule_unknown', `The sampling rule ${change.name} does not exist`);
    return change.kind === 'update sampling rule' ? this.#update(record, change.update, nowMs) : this.#delete(record);
  }

  #create(rule: SamplingRule, { tags, nowMs }: Pick<SamplingRuleRecord, 'tags'> & { nowMs: number }): BookOutcome<SamplingRuleRecord> {
    if (this.#records.has(rule.name)) return refuse('rule_exists', `A sampling rule with the name ${rule.name} already exists`);
    if (this.#records.size > maxSamplingRules)
      return refuse('rule_limit', `There may be at most ${maxSamplingRules} custom sampling rules`);
    return this.#keep(null, { rule, tags, createdAtMs: nowMs, modifiedAtMs: nowMs });
  }

  #update(record: SamplingRuleRecord, update: SamplingRuleUpdate, nowMs: number): BookOutcome<SamplingRuleRecord> {
    const rule = { ...record.rule, ...update };
    // In AWS's words.
    if (rule.name === defaultSamplingRuleName && !isOnlyTuned(rule))
      return refuse('default_rule', 'Invalid update request for default sampling rule');
    return this.#keep(record, { ...record, rule, modifiedAtMs: nowMs });
  }

  #delete(record: SamplingRuleRecord): BookOutcome<SamplingRuleRecord> {
    if (record.rule.name === defaultSamplingRuleName) return refuse('default_rule', 'The default sampling rule cannot be deleted');
    this.#records.delete(record.rule.name);
    return { before: record, after: null };
  }

  #keep(before: SamplingRuleRecord | null, after: SamplingRuleRecord): BookOutcome<SamplingRuleRecord> {
    this.#records.set(after.rule.name, after);
    return { before, after };
  }
}

/** Of the Default rule only the reservoir and the rate may differ from what it always is. */
function isOnlyTuned({ fixedRate, reservoirSize, ...rest }: SamplingRule): boolean {
  const { fixedRate: _rate, reservoirSize: _size, ...always } = defaultSamplingRule;
  const texts = Object.entries(always).map(([name, value]) => [JSON.stringify(value), JSON.stringify(rest[name as keyof typeof rest])]);
  return texts.every(([wanted, given]) => wanted === given);
}

function bare(rule: SamplingRule): SamplingRuleRecord {
  return { rule, createdAtMs: 0, modifiedAtMs: 0, tags: [] };
}

function recordOf(value: unknown): SamplingRuleRecord | null {
  const { rule, createdAtMs, modifiedAtMs, tags } = (value ?? {}) as Partial<Record<keyof SamplingRuleRecord, unknown>>;
  const [readRule, readTags] = [samplingRuleOf(rule), tagsOf(tags)];
  if (readRule === null || readTags === null || typeof createdAtMs !== 'number' || typeof modifiedAtMs !== 'number') return null;
  return { rule: readRule, createdAtMs, modifiedAtMs, tags: readTags };
}
