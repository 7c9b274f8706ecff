/** What the two topics of documents differ in: what lies on them, what of it is ours when somebody else has written it, and where it belongs. */
import type { TopicName } from './kafka-topics.js';
import { isMetricData, partitionOfMetrics } from './metric-partition.js';
import { partitionOf, traceIdIn } from './trace-partition.js';

export interface DocumentKind {
  readonly topic: 'segments' | 'metrics';
  /** Where messages go that are not ours. */
  readonly deadTopic: 'segments.dead' | 'metrics.dead';
  /** Of a JSON object: whether it can be such a document. Whoever reads it says what is wrong with it. */
  isDocument(bytes: Buffer): boolean;
  /** Why it is set aside, where it cannot. */
  readonly problem: string;
  /** Null where any is right. */
  partitionOf(document: Uint8Array, partitions: number): number | null;
}

export const segmentDocuments: DocumentKind = {
  topic: 'segments',
  deadTopic: 'segments.dead',
  isDocument: (bytes) => traceIdIn(bytes) !== null,
  problem: 'not a segment document with a trace ID',
  partitionOf,
};

export const metricDocuments: DocumentKind = {
  topic: 'metrics',
  deadTopic: 'metrics.dead',
  isDocument: isMetricData,
  problem: 'not a document with a Namespace and MetricData',
  partitionOf: partitionOfMetrics,
};

export const documentKinds: readonly DocumentKind[] = [segmentDocuments, metricDocuments];

/** Null for a topic of something else, which has one partition. */
export function kindOf(topic: TopicName): DocumentKind | null {
  return documentKinds.find((kind) => kind.topic === topic) ?? null;
}
