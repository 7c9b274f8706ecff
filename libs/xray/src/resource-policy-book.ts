/**
 * All resource policies of an installation, after every change so far. Which revision a change meets is decided here, in the
 * order of the log: what is refused once is refused in every process, and leaves everything as it was.
 */
import { maxPolicyNameLength, maxResourcePolicies, type ResourcePolicy } from '@fluoroscope/contract/account-settings';
import type { ResourcePolicyChange } from '@fluoroscope/contract/control';
import { type BookOutcome, refuse } from './book-outcome.js';
import { isObject, isText, isWhole } from './json-values.js';

/** Of a policy that is not there: who asks for it asks to make one. */
const noRevision = '0';

export class ResourcePolicyBook {
  readonly #policies = new Map<string, ResourcePolicy>();
  #revisions = 0;

  /** By name. */
  policies(): ResourcePolicy[] {
    return [...this.#policies.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** `atMs` is the change's own time. */
  apply(change: ResourcePolicyChange, atMs: number): BookOutcome<ResourcePolicy> {
    const { name, revision } = change;
    const before = this.#policies.get(name) ?? null;
    if (before === null && change.kind === 'delete resource policy')
      return refuse('policy_unknown', `The resource policy ${name} does not exist`);
    if (revision !== null && revision !== (before?.revision ?? noRevision))
      return refuse('policy_revision', `The resource policy ${name} has another revision than ${revision}`);
    return change.kind === 'delete resource policy'
      ? this.#delete(name, before)
      : this.#put({ name, document: change.document }, before, atMs);
  }

  /** Plain data, from which `restore` goes on. */
  snapshot(): { revisions: number; policies: ResourcePolicy[] } {
    return { revisions: this.#revisions, policies: this.policies() };
  }

  /** False, and nothing changed, when it is not a snapshot. */
  restore(snapshot: unknown): boolean {
    if (!isObject(snapshot) || !isWhole(snapshot.revisions, 0, Number.MAX_SAFE_INTEGER) || !Array.isArray(snapshot.policies)) return false;
    const policies = snapshot.policies.map(policyOf);
    if (policies.some((policy) => policy === null)) return false;
    this.#policies.clear();
    for (const policy of policies) if (policy !== null) this.#policies.set(policy.name, policy);
    this.#revisions = snapshot.revisions;
    return true;
  }

  #put(given: Pick<ResourcePolicy, 'name' | 'document'>, before: ResourcePolicy | null, atMs: number): BookOutcome<ResourcePolicy> {
    if (before === null && this.#policies.size >= maxResourcePolicies)
      return refuse('policy_limit', `There may be at most ${maxResourcePolicies} resource policies`);
    const after = { ...given, revision: String(++this.#revisions), updatedAtMs: atMs };
    this.#policies.set(given.name, after);
    return { before, after };
  }

  #delete(name: string, before: ResourcePolicy | null): BookOutcome<ResourcePolicy> {
    this.#policies.delete(name);
    return { before, after: null };
  }
}

function policyOf(value: unknown): ResourcePolicy | null {
  if (!isObject(value)) return null;
  const { name, document, revision, updatedAtMs } = value;
  if (!isText(name, maxPolicyNameLength) || typeof document !== 'string') return null;
  return typeof revision === 'string' && typeof updatedAtMs === 'number' ? { name, document, revision, updatedAtMs } : null;
}
