/** What X-Ray lets an account set for itself, apart from sampling and groups. */

export interface EncryptionConfig {
  type: 'NONE' | 'KMS';
  /** As it was given; null without KMS. */
  keyId: string | null;
}

/** How many of the traces are indexed. There is one rule, `Default`. */
export interface IndexingRule {
  name: string;
  /** 0 to 100. */
  percentage: number;
  /** Epoch milliseconds; 0 until it is changed. */
  modifiedAtMs: number;
}

export type TraceSegmentDestination = 'XRay' | 'CloudWatchLogs';

export interface AccountSettings {
  encryption: EncryptionConfig;
  indexingRule: IndexingRule;
  destination: TraceSegmentDestination;
}

/** A policy that is attached to the account's X-Ray. */
export interface ResourcePolicy {
  name: string;
  /** JSON, as it was given. */
  document: string;
  /** Another one after every change; never one that another policy has had. */
  revision: string;
  /** Epoch milliseconds. */
  updatedAtMs: number;
}

export const maxKeyIdLength = 3_000;
export const maxResourcePolicies = 5;
/** Of one document, in bytes of UTF-8. */
export const maxPolicyBytes = 5 * 1024;
export const maxPolicyNameLength = 128;
