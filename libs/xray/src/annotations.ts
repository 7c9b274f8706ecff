import type { AnnotationValue, EntityDocument } from '@fluoroscope/contract/documents';

const maxAnnotationLength = 1000;
const annotationKey = /^[A-Za-z0-9_.]+$/;
/** API Gateway's own. */
const reservedAnnotationKeys = new Set(['aws:api_id', 'aws:api_stage']);

/** The annotations that are indexed: legal keys, and values that are finite numbers, booleans or strings of bounded length. */
export function keptAnnotations({ annotations }: EntityDocument): [string, AnnotationValue][] {
  if (typeof annotations !== 'object' || annotations === null) return [];
  return Object.entries(annotations).filter(
    ([key, value]) => isAnnotation(value) && (annotationKey.test(key) || reservedAnnotationKeys.has(key)),
  );
}

function isAnnotation(value: unknown): value is AnnotationValue {
  if (typeof value === 'string') return value.length <= maxAnnotationLength;
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}
