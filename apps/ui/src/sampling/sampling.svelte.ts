/** The sampling rules as the server has them, what they are used for, and the changes that this page asks for. */
import type {
  NewSamplingRule,
  SamplingRule,
  SamplingRuleRecord,
  SamplingRuleUpdate,
  SamplingUse,
  SamplingView,
} from '@fluoroscope/contract/sampling';
import type { Tag } from '@fluoroscope/contract/tags';
import { compareRules } from '@fluoroscope/xray/sampling-rules';
import { fetchJson } from '../live/fetch-json.js';
import type { Live } from '../live/live.svelte.js';
import { RuleDraft } from './rule-draft.svelte.js';

const path = '/api/sampling/rules';

export class Sampling {
  /** What is edited, by the name of the rule; every rule has one. */
  readonly drafts = new Map<string, RuleDraft>();
  /** In the order in which they are asked; null before the first answer. */
  rules = $state.raw<readonly SamplingRuleRecord[] | null>(null);
  /** By the name of the rule. */
  uses = $state.raw<ReadonlyMap<string, SamplingUse>>(new Map());
  /** The server's clock at the last message. */
  nowMs = $state.raw(0);

  /** Until the answer is called. A page that is paused keeps its figures; the rules are never old. */
  follow(live: Live): () => void {
    return live.stream.followSampling((message) => {
      this.#take(message.rules);
      if (live.paused && this.uses.size > 0) return;
      this.uses = new Map(message.uses.map((use) => [use.rule, use]));
      this.nowMs = message.now;
    });
  }

  /** For when the room cannot be reached. */
  async ask(): Promise<void> {
    const { rules, uses } = await fetchJson<SamplingView>(path);
    this.#take(rules);
    this.uses = new Map(uses.map((use) => [use.rule, use]));
  }

  async create(rule: SamplingRule, tags: Tag[] = []): Promise<void> {
    const body: NewSamplingRule = { rule, tags };
    this.#put(await fetchJson<SamplingRuleRecord>(path, { method: 'POST', body }));
  }

  async update(name: string, update: SamplingRuleUpdate): Promise<void> {
    this.#put(await fetchJson<SamplingRuleRecord>(addressOf(name), { method: 'PUT', body: update }));
  }

  /** Answers what was taken away. */
  async delete(name: string): Promise<SamplingRuleRecord> {
    const record = await fetchJson<SamplingRuleRecord>(addressOf(name), { method: 'DELETE' });
    this.drafts.delete(name);
    this.#take((this.rules ?? []).filter(({ rule }) => rule.name !== name));
    return record;
  }

  /** What was answered is seen at once, whether the room has told it yet or not. */
  #put(record: SamplingRuleRecord): void {
    const others = (this.rules ?? []).filter(({ rule }) => rule.name !== record.rule.name);
    this.#take([...others, record].sort((one, other) => compareRules(one.rule, other.rule)));
  }

  /** Drafts of rules that are gone stay: a rule may come back. */
  #take(rules: readonly SamplingRuleRecord[]): void {
    for (const { rule } of rules) if (!this.drafts.has(rule.name)) this.drafts.set(rule.name, new RuleDraft());
    this.rules = rules;
  }
}

function addressOf(name: string): string {
  return `${path}/${encodeURIComponent(name)}`;
}
