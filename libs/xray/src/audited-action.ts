/** What a record of the control log is called in the audit trail: the operation in AWS's words, and what it was done to. */
import type { AuditedResource } from '@fluoroscope/contract/audit';
import type { ControlChange, InsightChange } from '@fluoroscope/contract/control';
import type { TaggedResource } from '@fluoroscope/contract/tags';

export interface AuditedAction {
  action: string;
  resource: AuditedResource;
}

/** What people change: incidents are found. */
export type AuditedChange = Exclude<ControlChange, InsightChange>;
type Kind = AuditedChange['kind'];
type Namers = { [Name in Kind]: (change: Extract<AuditedChange, { kind: Name }>) => AuditedAction };

const namers: Namers = {
  places: ({ changes }) =>
    named('PutPlaces', 'Fluoroscope::Map::Place', changes.length === 1 ? (changes[0]?.node ?? '') : `${changes.length} places`),
  'replay dead documents': ({ documents }) => named('ReplayDeadDocuments', 'Fluoroscope::Storage::DeadDocument', `${documents} documents`),
  'create sampling rule': ({ rule }) => named('CreateSamplingRule', samplingRule, rule.name),
  'update sampling rule': ({ name }) => named('UpdateSamplingRule', samplingRule, name),
  'delete sampling rule': ({ name }) => named('DeleteSamplingRule', samplingRule, name),
  'create group': ({ name }) => named('CreateGroup', group, name),
  'update group': ({ name }) => named('UpdateGroup', group, name),
  'delete group': ({ name }) => named('DeleteGroup', group, name),
  'tag resource': ({ resource }) => named('TagResource', taggedType(resource), resource.name),
  'untag resource': ({ resource }) => named('UntagResource', taggedType(resource), resource.name),
  'put encryption config': () => named('PutEncryptionConfig', 'AWS::XRay::EncryptionConfig', 'EncryptionConfig'),
  'update indexing rule': ({ name }) => named('UpdateIndexingRule', 'AWS::XRay::IndexingRule', name),
  'update trace segment destination': ({ destination }) =>
    named('UpdateTraceSegmentDestination', 'AWS::XRay::TraceSegmentDestination', destination),
  'put resource policy': ({ name }) => named('PutResourcePolicy', resourcePolicy, name),
  'delete resource policy': ({ name }) => named('DeleteResourcePolicy', resourcePolicy, name),
};

const samplingRule = 'AWS::XRay::SamplingRule';
const group = 'AWS::XRay::Group';
const resourcePolicy = 'AWS::XRay::ResourcePolicy';

export function isAudited<Change extends ControlChange>(change: Change): change is Change & AuditedChange {
  return change.kind in namers;
}

export function auditedAction(change: AuditedChange): AuditedAction {
  // The namer is that of the change's own kind.
  const name = namers[change.kind] as (change: AuditedChange) => AuditedAction;
  return name(change);
}

function named(action: string, type: string, name: string): AuditedAction {
  return { action, resource: { type, name } };
}

function taggedType({ kind }: TaggedResource): string {
  return kind === 'group' ? group : samplingRule;
}
