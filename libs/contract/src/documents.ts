/**
 * X-Ray segment documents as they cross a process: the JSON that SDKs send and that BatchGetTraces returns.
 *
 * Member names are the wire's own (snake case). Everything but the required members is optional and loosely typed,
 * because SDKs disagree: an unknown member, a null or a string where a number is usual never rejects a document.
 * Source: X-Ray Developer Guide, "X-Ray segment documents".
 */

export interface SegmentDocument extends EntityDocument {
  trace_id: string;
  /** `subsegment` for an independent (streamed) subsegment; absent for a segment. */
  type?: 'subsegment';
  /** The calling subsegment (or segment) of a segment; the owner of a streamed subsegment. */
  parent_id?: string;
  service?: { version?: string; [member: string]: unknown };
  user?: string;
  /** Resource type, such as `AWS::EC2::Instance`; becomes the node's Type. */
  origin?: string;
  resource_arn?: string;
  links?: SegmentLink[];
  /** A segment the service (or, rarely, a user) derived from its caller's subsegment. */
  inferred?: boolean;
}

export interface SubsegmentDocument extends EntityDocument {
  namespace?: string;
  sql?: Record<string, unknown>;
  precursor_ids?: string[];
  /** A downstream segment is expected. Node writes it here, other SDKs in `http.request`. */
  traced?: boolean;
}

/** What segments and subsegments share. Times are epoch seconds, floating point. */
export interface EntityDocument {
  id: string;
  name: string;
  start_time: number;
  end_time?: number;
  in_progress?: boolean;
  namespace?: string;
  http?: HttpBlock;
  aws?: Record<string, unknown>;
  sql?: Record<string, unknown>;
  error?: boolean;
  throttle?: boolean;
  fault?: boolean;
  cause?: unknown;
  annotations?: Record<string, AnnotationValue>;
  metadata?: Record<string, unknown>;
  subsegments?: SubsegmentDocument[];
  traced?: boolean;
}

export type AnnotationValue = string | number | boolean;

export interface HttpBlock {
  request?: { method?: string; url?: string; user_agent?: string; client_ip?: string; traced?: boolean; [member: string]: unknown };
  response?: { status?: number; content_length?: number | string; [member: string]: unknown };
}

export interface SegmentLink {
  trace_id: string;
  id?: string;
  attributes?: Record<string, unknown>;
}

/** X-Ray's limit for one document, in bytes of UTF-8. */
export const maxDocumentBytes = 65_536;
/** PutTraceSegments takes at most this many documents in one call. */
export const maxDocumentsPerPut = 50;
/** A document whose start_time is older than this is rejected. */
export const maxDocumentAgeSeconds = 30 * 86_400;
/** A document whose start_time is further ahead than this is rejected. */
export const maxDocumentAheadSeconds = 15 * 60;
