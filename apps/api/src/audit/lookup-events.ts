/** The audit trail for AWS's clients: LookupEvents of CloudTrail, newest first. */
import type { AuditEvent } from '@fluoroscope/contract/audit';
import type { ControlSource } from '../dashboard/control-source.js';
import { AwsError, type ErrorCode } from '../protocol/errors.js';
import { type Field, list, oneOf, optional, structure, text, timestamp, whole } from '../protocol/fields.js';
import { pageStart, pageToken } from '../protocol/page-token.js';
import { readRequest } from '../protocol/request.js';
import type { Installation } from '../tokens.js';
import { attributeKeys, cloudTrailEvent, hasAttribute } from './cloudtrail-shape.js';

const maxResults = 50;
const attribute = structure({ AttributeKey: oneOf(...attributeKeys), AttributeValue: text({ min: 1, max: 2_000 }) });
const lookupEvents = structure({
  LookupAttributes: optional(refusing('InvalidLookupAttributesException', list(attribute, { max: 1 }))),
  StartTime: optional(refusing('InvalidTimeRangeException', timestamp)),
  EndTime: optional(refusing('InvalidTimeRangeException', timestamp)),
  EventCategory: optional(refusing('InvalidEventCategoryException', oneOf('insight'))),
  MaxResults: optional(refusing('InvalidMaxResultsException', whole({ min: 1, max: maxResults }))),
  NextToken: optional(refusing('InvalidNextTokenException', text())),
});

export class LookupEvents {
  constructor(
    private readonly control: ControlSource,
    private readonly here: Installation,
  ) {}

  /** Of a body in JSON. */
  answer(body: Buffer | undefined): object {
    const { NextToken, MaxResults: limit = maxResults, ...query } = readRequest(body, lookupEvents);
    const { StartTime: from = 0, EndTime: to = Number.POSITIVE_INFINITY, LookupAttributes = [], EventCategory } = query;
    if (from > to) throw new AwsError('InvalidTimeRangeException', 'StartTime must not be later than EndTime');
    const isWanted = (event: AuditEvent) =>
      EventCategory === undefined &&
      event.at >= from * 1000 &&
      event.at <= to * 1000 &&
      LookupAttributes.every(({ AttributeKey, AttributeValue }) => hasAttribute(event, AttributeKey, AttributeValue));
    const rest = [...this.control.state.audit.newest(placeOf(query, NextToken))].filter(isWanted);
    const page = rest.slice(0, limit);
    const answer = { Events: page.map((event) => cloudTrailEvent(event, this.here)) };
    const last = page.at(-1);
    return last === undefined || rest.length === page.length ? answer : { ...answer, NextToken: pageToken(query, String(last.position)) };
  }
}

/** The position that the page before ended with. */
function placeOf(query: object, token: string | undefined): number | undefined {
  try {
    const at = pageStart(query, token);
    return at === undefined ? undefined : Number(at);
  } catch {
    throw new AwsError('InvalidNextTokenException', 'NextToken is not valid for this request');
  }
}

/** The same field, whose refusal has CloudTrail's name. */
function refusing<Value>(code: ErrorCode, field: Field<Value>): Field<Value> {
  return (value, at) => {
    try {
      return field(value, at);
    } catch (error) {
      throw error instanceof AwsError ? new AwsError(code, error.message) : error;
    }
  };
}
