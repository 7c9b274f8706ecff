/**
 * Which node a call reaches while no downstream segment is known: name and type of an inferred node, after the rules
 * that X-Ray's own graphs show. SDKs spell services differently (`DynamoDB`, `dynamodb`), so services with a rule of
 * their own are matched ignoring case; any other is kept as it was sent, as AWS does.
 */
import type { EntityDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { nodeName } from './names.js';

export const remoteType = 'remote';
export const databaseType = 'Database::SQL';

/** Of nodes that take a message and let its sender go on. */
export const messagingType = /SQS|SNS|Events|EventBridge|Kinesis|Kafka/i;

/** What is sent to a node of this type is worked on later, whoever waits. */
export function isMessaging(type: string): boolean {
  return messagingType.test(type);
}

type AwsBlock = NonNullable<EntityDocument['aws']>;
/** What a call names as its resource; '' when it names none. */
type Resource = { name: string; type: string };

const services: Record<string, { name: string; resource: (aws: AwsBlock) => Resource | null }> = {
  dynamodb: { name: 'DynamoDB', resource: (aws) => named(tableOf(aws), 'AWS::DynamoDB::Table') },
  sqs: { name: 'SQS', resource: (aws) => named(aws.queue_url, 'AWS::SQS::Queue') },
  sns: { name: 'SNS', resource: () => null },
  s3: { name: 'S3', resource: () => null },
  lambda: { name: 'Lambda', resource: (aws) => named(functionOf(aws.function_name), 'AWS::Lambda') },
};
const rules = new Map(Object.entries(services));

/** The node of a subsegment with namespace `aws` or `remote`. Its `aws.account_id` is the resource's account. */
export function inferredNode(subsegment: EntityDocument): NodeKey {
  if (subsegment.namespace === 'aws') return awsNode(subsegment);
  const isDatabase = typeof subsegment.sql === 'object' && subsegment.sql !== null;
  return { name: subsegment.name, type: isDatabase ? databaseType : remoteType, accountId: '' };
}

/** The table, queue or function that a call names; null when it names none. */
export function resourceOf(subsegment: EntityDocument): Resource | null {
  if (subsegment.namespace !== 'aws') return null;
  return rules.get(subsegment.name.toLowerCase())?.resource(subsegment.aws ?? {}) ?? null;
}

/** The service's name as X-Ray writes it, such as `DynamoDB` for `dynamodb`. */
export function awsServiceName(name: string): string {
  return rules.get(name.toLowerCase())?.name ?? name;
}

function awsNode(subsegment: EntityDocument): NodeKey {
  const aws = subsegment.aws ?? {};
  const accountId = nodeName(aws.account_id);
  const rule = rules.get(subsegment.name.toLowerCase());
  const resource = rule?.resource(aws);
  if (resource) return { name: resource.name, type: resource.type, accountId };
  const name = rule?.name ?? subsegment.name;
  return { name, type: `AWS::${name}`, accountId };
}

function named(value: unknown, type: string): Resource | null {
  const name = nodeName(value);
  return name === '' ? null : { name, type };
}

function tableOf(aws: AwsBlock): unknown {
  const { table_name: table, table_names: tables } = aws;
  if (typeof table === 'string' && table !== '') return table;
  return Array.isArray(tables) && tables.length === 1 ? tables[0] : null;
}

/** A function may be named by its ARN or with a version behind it; its segments carry the bare name. */
function functionOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const marker = value.indexOf(':function:');
  const bare = marker === -1 ? value : value.slice(marker + ':function:'.length);
  const version = bare.indexOf(':');
  return version === -1 ? bare : bare.slice(0, version);
}
