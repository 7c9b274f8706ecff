/** The dimensions of a metric, as a request has them and as they are compared. */
import type { Metric, MetricDimension } from '@fluoroscope/contract/metrics';
import { structure, text } from '../protocol/fields.js';
import type { OutputStructure } from '../protocol/wire-protocol.js';

const maxNameLength = 255;
const maxValueLength = 1024;

export const metricNameField = text({ min: 1, max: maxNameLength });
export const dimensionNameField = text({ min: 1, max: maxNameLength });
export const dimensionValueField = text({ min: 1, max: maxValueLength });
export const dimensionField = structure({ Name: dimensionNameField, Value: dimensionValueField });

export const dimensionsInput = [{ Name: 'text', Value: 'text' }] as const;

/** Their order in a request means nothing. */
export function inOrder(dimensions: readonly { Name: string; Value: string }[]): MetricDimension[] {
  const named = dimensions.map(({ Name, Value }) => ({ name: Name, value: Value }));
  return named.sort((left, right) => (left.name < right.name ? -1 : Number(left.name > right.name)));
}

export function shapeMetric({ namespace, name, dimensions }: Metric): OutputStructure {
  const shaped = dimensions.map((dimension) => ({ Name: dimension.name, Value: dimension.value }));
  return { Namespace: namespace, MetricName: name, Dimensions: shaped };
}
