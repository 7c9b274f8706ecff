/**
 * The control log: what people edit, as one ordered log of changes. Every process folds it into memory; a change is made when
 * its own record has been read back, so the order in the log decides, and the log is the audit trail.
 */

import type { EncryptionConfig, IndexingRule, ResourcePolicy, TraceSegmentDestination } from './account-settings.js';
import type { GroupInsights, GroupRecord, GroupUpdate } from './groups.js';
import type { Insight, InsightEvent } from './insights.js';
import type { SamplingRule, SamplingRuleRecord, SamplingRuleUpdate } from './sampling.js';
import type { Tag, TaggedResource } from './tags.js';

/** Where a node of the map stands. */
export interface Place {
  /** The node as the page's address writes it: `name|type|account`. */
  node: string;
  x: number;
  y: number;
  /** Put there by a person: no layout moves it. */
  pinned: boolean;
}

/** The node stands there now, or has no place of its own any more. The last one wins. */
export type PlaceChange = Place | { node: string; removed: true };

export type SamplingRuleChange =
  | { kind: 'create sampling rule'; rule: SamplingRule; tags: Tag[] }
  | { kind: 'update sampling rule'; name: string; update: SamplingRuleUpdate }
  | { kind: 'delete sampling rule'; name: string };

export type GroupChange =
  | { kind: 'create group'; name: string; groupId: string; expression: string; insights: GroupInsights; tags: Tag[] }
  | { kind: 'update group'; name: string; update: GroupUpdate }
  | { kind: 'delete group'; name: string };

/** A tag that is there already gets the new value; a key that is not there is not missed. */
export type TagChange =
  | { kind: 'tag resource'; resource: TaggedResource; tags: Tag[] }
  | { kind: 'untag resource'; resource: TaggedResource; keys: string[] };

export type AccountSettingsChange =
  | { kind: 'put encryption config'; encryption: EncryptionConfig }
  | { kind: 'update indexing rule'; name: string; percentage: number }
  | { kind: 'update trace segment destination'; destination: TraceSegmentDestination };

/** `revision` is what the policy must have now: null is any, `0` none, because there is no such policy. */
export type ResourcePolicyChange =
  | { kind: 'put resource policy'; name: string; document: string; revision: string | null }
  | { kind: 'delete resource policy'; name: string; revision: string | null };

/** What whoever looks for incidents has found; the first of two that say the same is heard. */
export interface InsightChange {
  kind: 'insight';
  event: InsightEvent;
}

export type ControlChange =
  | { kind: 'places'; changes: PlaceChange[] }
  /** So many were appended again; nothing that people edit is changed by it. */
  | { kind: 'replay dead documents'; documents: number }
  | SamplingRuleChange
  | GroupChange
  | TagChange
  | AccountSettingsChange
  | ResourcePolicyChange
  | InsightChange;

/** What a change is about, whole, under its name: as it was before, or as it is after. Nothing where there is none. */
export interface Edited {
  /** Those that the change names. */
  places?: Place[];
  samplingRule?: SamplingRuleRecord;
  group?: GroupRecord;
  insight?: Insight;
  encryption?: EncryptionConfig;
  indexingRule?: IndexingRule;
  destination?: TraceSegmentDestination;
  resourcePolicy?: ResourcePolicy;
}

/** Who asked for a change, and from where. */
export interface Actor {
  /** The key's name or ID; `anonymous` where nobody has to sign. */
  actor: string;
  keyId?: string;
  /** Of the machine that asked. */
  address?: string;
  /** Its `User-Agent`. */
  client?: string;
  requestId?: string;
}

export type ControlRecord = ControlChange &
  Actor & {
    /** By which whoever appended it finds it again. */
    id: string;
    /** Epoch milliseconds, by the clock of the process that appended it. */
    at: number;
  };

/** Of each text of an `Actor`. */
export const maxActorLength = 256;

export type ControlRefusalCode =
  | 'too_many_places'
  | 'insight_known'
  | 'too_many_tags'
  | 'resource_unknown'
  | SamplingRefusalCode
  | GroupRefusalCode
  | PolicyRefusalCode;
export type PolicyRefusalCode = 'policy_unknown' | 'policy_limit' | 'policy_revision';
export type SamplingRefusalCode = 'rule_exists' | 'rule_unknown' | 'rule_limit' | 'default_rule';
export type GroupRefusalCode = 'group_exists' | 'group_unknown' | 'group_limit' | 'default_group';

/** Why a record changed nothing: it stands in the log, and everyone who reads it refuses it alike. */
export interface ControlRefusal {
  code: ControlRefusalCode;
  message: string;
}

export const maxPlaces = 5_000;
/** Of one request. */
export const maxPlaceChanges = 500;
/** Three parts of 250 characters, each of which may be escaped by three, and what is between them. */
export const maxNodeAddressLength = 2_252;
/** A place lies within this of the middle. */
export const maxPlaceCoordinate = 1_000_000;

/** `GET /api/map/places`; `version` grows with every change. */
export interface PlacesAnswer {
  places: Place[];
  version: number;
}
