/**
 * Which members of a document X-Ray keeps and gives back. What is unknown, null or of the wrong kind is left out, as are
 * annotations with an illegal key or value; `aws.resource_names` is added where a resource was recognised.
 */
import type { EntityDocument } from '@fluoroscope/contract/documents';
import { keptAnnotations } from './annotations.js';
import { isCompleted } from './entities.js';
import { resourceOf } from './inferred.js';

/** `orphan`: a streamed subsegment that stands for itself. */
export type MemberKind = 'segment' | 'embedded' | 'orphan';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isFlag: Check = (value) => typeof value === 'boolean';
const isBlock: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isList: Check = (value) => Array.isArray(value);

const sharedMembers: Record<string, Check> = {
  http: isBlock,
  error: isFlag,
  throttle: isFlag,
  fault: isFlag,
  cause: (value) => isText(value) || isBlock(value),
  metadata: isBlock,
};
const members: Record<MemberKind, [string, Check][]> = {
  segment: Object.entries({
    parent_id: isText,
    trace_id: isText,
    service: isBlock,
    user: isText,
    origin: isText,
    resource_arn: isText,
    links: isList,
    inferred: isFlag,
    ...sharedMembers,
  }),
  embedded: Object.entries({ namespace: isText, sql: isBlock, precursor_ids: isList, traced: isFlag, ...sharedMembers }),
  orphan: Object.entries({
    type: isText,
    parent_id: isText,
    trace_id: isText,
    namespace: isText,
    sql: isBlock,
    precursor_ids: isList,
    traced: isFlag,
    ...sharedMembers,
  }),
};

/** Without `subsegments`. */
export function keptMembers(source: EntityDocument, kind: MemberKind): Record<string, unknown> {
  const kept = timedMembers(source);
  const given = source as unknown as Record<string, unknown>;
  for (const [name, check] of members[kind]) {
    const value = given[name];
    if (check(value)) kept[name] = value;
  }
  if (isBlock(source.aws)) kept.aws = awsOf(source, kind);
  if (isBlock(source.annotations)) kept.annotations = Object.fromEntries(keptAnnotations(source));
  return kept;
}

/** What an inferred segment takes over from its call. */
export function segmentMembers(source: EntityDocument): Record<string, unknown> {
  const kept = timedMembers(source);
  const given = source as unknown as Record<string, unknown>;
  for (const name of ['error', 'throttle', 'fault']) if (isFlag(given[name])) kept[name] = given[name];
  for (const name of ['http', 'aws', 'sql']) if (isBlock(given[name])) kept[name] = given[name];
  return kept;
}

function timedMembers(source: EntityDocument): Record<string, unknown> {
  const { id, name, start_time } = source;
  return isCompleted(source) ? { id, name, start_time, end_time: source.end_time } : { id, name, start_time, in_progress: true };
}

function awsOf(source: EntityDocument, kind: MemberKind): Record<string, unknown> {
  const resource = kind === 'segment' ? null : resourceOf(source);
  return resource === null || isList(source.aws?.resource_names) ? { ...source.aws } : { ...source.aws, resource_names: [resource.name] };
}
