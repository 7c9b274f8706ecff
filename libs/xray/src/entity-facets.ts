/**
 * What an entity says beyond its node, times and outcome, in the form that storage keeps for filter expressions. Most
 * subsegments say nothing of it. What has no place in that form is marked as undecided, so that nobody takes it for absent.
 */
import type { AnnotationValue, EntityDocument, SegmentDocument } from '@fluoroscope/contract/documents';
import { keptAnnotations } from './annotations.js';

export interface EntityFacets {
  /** Of `facetFlags`. */
  flags: number;
  /** `http.response.status`; `noStatus` where there is none. */
  status: number;
  /** Of a segment: URL, method, user agent and client's IP address, '' for what is missing; empty where it says none of them. */
  http: readonly string[];
  /** Facets that may be many, each with its key: `user`, `annotation.<key>`, ... */
  keys: readonly string[];
  /** In the order of the keys, with its type in front (`facetValue`). */
  values: readonly string[];
}

/** `error` and `throttle` as they were set; `undecided`: storage cannot hold all that was said. */
export const facetFlags = { error: 1, throttle: 2, undecided: 4 } as const;
export const noStatus = 65_535;

export const facetKeys = {
  user: 'user',
  'resource.arn': 'resource.arn',
  'instance.id': 'instance.id',
  availabilityzone: 'availabilityzone',
} as const;
/** The sampling rule that a segment names: its sampler decided by it. SDKs spell the member in two ways. */
export const ruleFacet = 'sampling.rule';
export const exceptionKeys = { name: 'exception.name', message: 'exception.message' } as const;

export function annotationFacet(key: string): string {
  return `annotation.${key}`;
}

/** The type goes in front: the string "29" and the number 29 are two. */
export function facetValue(value: AnnotationValue): string {
  if (typeof value === 'string') return `s${value}`;
  return typeof value === 'number' ? `n${value}` : `b${value ? 1 : 0}`;
}

/** Longer texts, and more facets of one entity, are left to the documents themselves. */
const maxTextLength = 2_000;
const maxFacets = 60;
const nothing: readonly string[] = [];
export const noFacets: EntityFacets = { flags: 0, status: noStatus, http: nothing, keys: nothing, values: nothing };

export function segmentFacets(source: SegmentDocument): EntityFacets {
  const facets = new Collector(source);
  facets.http(source);
  facets.text(facetKeys.user, source.user);
  facets.text(facetKeys['resource.arn'], source.resource_arn);
  facets.text(facetKeys['instance.id'], member(source.aws?.ec2, 'instance_id'));
  for (const block of [source.aws?.ec2, source.aws?.ecs]) facets.text(facetKeys.availabilityzone, member(block, 'availability_zone'));
  const xray = source.aws?.xray;
  if (xray !== undefined) facets.text(ruleFacet, member(xray, 'sampling_rule_name') ?? member(xray, 'rule_name'));
  return facets.done();
}

export function subsegmentFacets(source: EntityDocument): EntityFacets {
  const { error, throttle, http, annotations, cause } = source;
  if (error === undefined && throttle === undefined && http === undefined && annotations === undefined && cause === undefined)
    return noFacets;
  return new Collector(source).done();
}

class Collector {
  private flags = 0;
  private status = noStatus;
  /** Made for the first facet: most entities have none. */
  private keys: string[] | null = null;
  private values: string[] | null = null;
  private httpTexts: readonly string[] = nothing;

  constructor(source: EntityDocument) {
    if (source.error === true) this.flags |= facetFlags.error;
    if (source.throttle === true) this.flags |= facetFlags.throttle;
    this.setStatus(source.http?.response?.status);
    if (source.annotations !== undefined) for (const [key, value] of keptAnnotations(source)) this.add(annotationFacet(key), value);
    if (typeof source.cause === 'object' && source.cause !== null) this.exceptions(source.cause);
  }

  http({ http }: EntityDocument): void {
    const request = http?.request;
    if (typeof request !== 'object' || request === null) return;
    this.httpTexts = [request.url, request.method, request.user_agent, request.client_ip].map((text) => this.bounded(text));
  }

  text(key: string, value: unknown): void {
    if (typeof value === 'string' && value !== '') this.add(key, value);
  }

  done(): EntityFacets {
    const { flags, status, httpTexts: http, keys, values } = this;
    return { flags, status, http, keys: keys ?? nothing, values: values ?? nothing };
  }

  private setStatus(status: unknown): void {
    if (typeof status !== 'number') return;
    if (Number.isInteger(status) && status >= 0 && status < noStatus) this.status = status;
    else this.flags |= facetFlags.undecided;
  }

  private exceptions(cause: object): void {
    const { exceptions } = cause as { exceptions?: unknown };
    if (!Array.isArray(exceptions)) return;
    for (const exception of exceptions) {
      this.text(exceptionKeys.name, member(exception, 'type'));
      this.text(exceptionKeys.message, member(exception, 'message'));
    }
  }

  private add(key: string, value: AnnotationValue): void {
    this.keys ??= [];
    this.values ??= [];
    if (this.keys.length === maxFacets) {
      this.flags |= facetFlags.undecided;
      return;
    }
    this.keys.push(key);
    this.values.push(facetValue(typeof value === 'string' ? this.bounded(value) : value));
  }

  private bounded(text: unknown): string {
    if (typeof text !== 'string') return '';
    if (text.length <= maxTextLength) return text;
    this.flags |= facetFlags.undecided;
    return '';
  }
}

function member(block: unknown, name: string): unknown {
  return typeof block === 'object' && block !== null ? (block as Record<string, unknown>)[name] : undefined;
}
