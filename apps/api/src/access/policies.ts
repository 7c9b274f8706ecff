/**
 * What a request does, in the words of AWS's policies, and which of the three policies allow it. `write-only` is
 * AWSXRayDaemonWriteAccess, `read-only` AWSXrayReadOnlyAccess, `full` AWSXrayFullAccess, each with CloudWatch's counterpart
 * (`write-only` may put metric data, as CloudWatchAgentServerPolicy allows it). What is listed nowhere needs `full`.
 */
import { writeOnlyPaths } from '@fluoroscope/contract/addresses';
import type { Policy } from '@fluoroscope/contract/session';
import type { CloudWatchCall } from '../protocol/cloudwatch-call.js';

/** The 38 operations of X-Ray, by their path; those that read are marked. */
const xrayOperations: Readonly<Record<string, { name: string; reads?: true }>> = {
  '/Traces': { name: 'BatchGetTraces', reads: true },
  '/CancelTraceRetrieval': { name: 'CancelTraceRetrieval', reads: true },
  '/CreateGroup': { name: 'CreateGroup' },
  '/CreateSamplingRule': { name: 'CreateSamplingRule' },
  '/DeleteGroup': { name: 'DeleteGroup' },
  '/DeleteResourcePolicy': { name: 'DeleteResourcePolicy' },
  '/DeleteSamplingRule': { name: 'DeleteSamplingRule' },
  '/EncryptionConfig': { name: 'GetEncryptionConfig', reads: true },
  '/GetGroup': { name: 'GetGroup', reads: true },
  '/Groups': { name: 'GetGroups', reads: true },
  '/GetIndexingRules': { name: 'GetIndexingRules', reads: true },
  '/Insight': { name: 'GetInsight', reads: true },
  '/InsightEvents': { name: 'GetInsightEvents', reads: true },
  '/InsightImpactGraph': { name: 'GetInsightImpactGraph', reads: true },
  '/InsightSummaries': { name: 'GetInsightSummaries', reads: true },
  '/GetRetrievedTracesGraph': { name: 'GetRetrievedTracesGraph', reads: true },
  '/GetSamplingRules': { name: 'GetSamplingRules', reads: true },
  '/SamplingStatisticSummaries': { name: 'GetSamplingStatisticSummaries', reads: true },
  '/SamplingTargets': { name: 'GetSamplingTargets', reads: true },
  '/ServiceGraph': { name: 'GetServiceGraph', reads: true },
  '/TimeSeriesServiceStatistics': { name: 'GetTimeSeriesServiceStatistics', reads: true },
  '/TraceGraph': { name: 'GetTraceGraph', reads: true },
  '/GetTraceSegmentDestination': { name: 'GetTraceSegmentDestination', reads: true },
  '/TraceSummaries': { name: 'GetTraceSummaries', reads: true },
  '/ListResourcePolicies': { name: 'ListResourcePolicies', reads: true },
  '/ListRetrievedTraces': { name: 'ListRetrievedTraces', reads: true },
  '/ListTagsForResource': { name: 'ListTagsForResource', reads: true },
  '/PutEncryptionConfig': { name: 'PutEncryptionConfig' },
  '/PutResourcePolicy': { name: 'PutResourcePolicy' },
  '/TelemetryRecords': { name: 'PutTelemetryRecords' },
  '/TraceSegments': { name: 'PutTraceSegments' },
  '/StartTraceRetrieval': { name: 'StartTraceRetrieval', reads: true },
  '/TagResource': { name: 'TagResource' },
  '/UntagResource': { name: 'UntagResource' },
  '/UpdateGroup': { name: 'UpdateGroup' },
  '/UpdateIndexingRule': { name: 'UpdateIndexingRule' },
  '/UpdateSamplingRule': { name: 'UpdateSamplingRule' },
  '/UpdateTraceSegmentDestination': { name: 'UpdateTraceSegmentDestination' },
};
const writes: ReadonlySet<string> = new Set(writeOnlyPaths);

/** The operations of CloudWatch that are served. */
export const cloudWatchOperations = {
  PutMetricData: { reads: false, writes: true },
  GetMetricStatistics: { reads: true, writes: false },
  ListMetrics: { reads: true, writes: false },
} as const;
export type CloudWatchOperation = keyof typeof cloudWatchOperations;

export function isServed(operation: string): operation is CloudWatchOperation {
  return Object.hasOwn(cloudWatchOperations, operation);
}

export interface Action {
  /** The service that the request must be signed for. */
  service: 'xray' | 'cloudtrail' | 'monitoring';
  /** As policies name it: `xray:PutTraceSegments`. */
  name: string;
  allowedBy: ReadonlySet<Policy>;
  /** Of the daemon's kind: it has a limit of its own. */
  isWrite: boolean;
}

interface Requested {
  method: string;
  url: string;
  /** The header `x-amz-target`. */
  target: string | string[] | undefined;
  /** Null where it is none. */
  call: CloudWatchCall | null;
}

export function actionOf({ method, url, target, call }: Requested): Action {
  if (call !== null) return cloudWatchAction(call);
  const path = url.split('?', 1)[0] ?? '';
  if (isLookup(target) && path === '/') return { service: 'cloudtrail', name: 'cloudtrail:LookupEvents', ...access({ reads: true }) };
  const operation = method === 'POST' && Object.hasOwn(xrayOperations, path) ? xrayOperations[path] : undefined;
  if (operation !== undefined)
    return { service: 'xray', name: `xray:${operation.name}`, ...access({ reads: operation.reads, writes: writes.has(path) }) };
  return { service: 'xray', name: `${method} ${path}`, ...access({ reads: method === 'GET' || method === 'HEAD' }) };
}

/** Signed for `monitoring`, and called `cloudwatch` in policies. */
function cloudWatchAction({ operation }: CloudWatchCall): Action {
  const name = `cloudwatch:${operation}`;
  return { service: 'monitoring', name, ...access(isServed(operation) ? cloudWatchOperations[operation] : {}) };
}

/** SDKs write CloudTrail's name in full, the documentation in short. */
export function isLookup(target: string | string[] | undefined): boolean {
  return typeof target === 'string' && /(^|\.)CloudTrail_20131101\.LookupEvents$/.test(target);
}

function access({
  reads = false,
  writes = false,
}: {
  reads?: boolean | undefined;
  writes?: boolean;
}): Pick<Action, 'allowedBy' | 'isWrite'> {
  const allowedBy = new Set<Policy>(['full']);
  if (reads) allowedBy.add('read-only');
  if (writes) allowedBy.add('write-only');
  return { allowedBy, isWrite: writes };
}
