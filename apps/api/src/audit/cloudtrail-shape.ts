/** From an event of the audit trail to CloudTrail's: what LookupEvents lists, and the record inside it, as JSON. */
import type { AuditEvent } from '@fluoroscope/contract/audit';
import type { Installation } from '../tokens.js';

export const attributeKeys = [
  'AccessKeyId',
  'EventId',
  'EventName',
  'EventSource',
  'ReadOnly',
  'ResourceName',
  'ResourceType',
  'Username',
] as const;
type AttributeKey = (typeof attributeKeys)[number];

/** Nothing that only reads is on record. */
const readOnly = 'false';

export function hasAttribute(event: AuditEvent, key: AttributeKey, value: string): boolean {
  const attributes: Record<AttributeKey, string | null> = {
    AccessKeyId: event.keyId,
    EventId: event.id,
    EventName: event.action,
    EventSource: sourceOf(event),
    ReadOnly: readOnly,
    ResourceName: event.resource.name,
    ResourceType: event.resource.type,
    Username: event.actor,
  };
  return attributes[key] === value;
}

export function cloudTrailEvent(event: AuditEvent, here: Installation): object {
  return {
    EventId: event.id,
    EventName: event.action,
    ReadOnly: readOnly,
    ...(event.keyId !== null && { AccessKeyId: event.keyId }),
    EventTime: event.at / 1000,
    EventSource: sourceOf(event),
    Username: event.actor,
    Resources: [{ ResourceType: event.resource.type, ResourceName: event.resource.name }],
    CloudTrailEvent: JSON.stringify(recordOf(event, here)),
  };
}

/** CloudTrail keeps no state from before; `additionalEventData` is its place for what it has no member for. */
function recordOf(event: AuditEvent, { region, accountId }: Installation): object {
  return {
    eventVersion: '1.08',
    userIdentity: identityOf(event, accountId),
    eventTime: new Date(event.at).toISOString().replace(/\.\d{3}/, ''),
    eventSource: sourceOf(event),
    eventName: event.action,
    awsRegion: region,
    sourceIPAddress: event.address,
    userAgent: event.client,
    ...(event.refused !== null && { errorCode: 'InvalidRequestException', errorMessage: event.refused }),
    requestParameters: null,
    responseElements: null,
    additionalEventData: { resource: event.resource, before: event.before, after: event.after },
    requestID: event.requestId,
    eventID: event.id,
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: accountId,
    eventCategory: 'Management',
  };
}

function identityOf({ actor, keyId }: AuditEvent, accountId: string): object {
  if (keyId === null) return { type: 'Unknown', userName: actor };
  const arn = `arn:aws:iam::${accountId}:user/${actor}`;
  return { type: 'IAMUser', principalId: keyId, arn, accountId, accessKeyId: keyId, userName: actor };
}

/** What AWS has no operation for is our own. */
function sourceOf({ resource }: AuditEvent): string {
  return resource.type.startsWith('AWS::XRay::') ? 'xray.amazonaws.com' : 'fluoroscope';
}
