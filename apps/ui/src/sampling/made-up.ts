/** The request of the tester: fields of text, kept in the address, and the request that they mean. */
import type { SamplingRequest } from '@fluoroscope/xray/sampling-rules';
import { attributesOf } from './rule-fields.js';

export const testerFields = [
  { id: 'serviceName', key: 'service', label: 'Service name', example: 'checkout' },
  { id: 'serviceType', key: 'type', label: 'Service type', example: 'AWS::ECS::Container' },
  { id: 'host', key: 'host', label: 'Host', example: 'shop.example.com' },
  { id: 'httpMethod', key: 'method', label: 'Method', example: 'GET' },
  { id: 'urlPath', key: 'path', label: 'Path', example: '/orders/7' },
  { id: 'resourceArn', key: 'arn', label: 'Resource ARN', example: 'arn:aws:…' },
  { id: 'attributes', key: 'attributes', label: 'Attributes', example: 'tier=gold, ring=1' },
] as const;
export type TesterField = (typeof testerFields)[number]['id'];

/** By field; an empty text is not known. */
export type MadeUp = Readonly<Record<TesterField, string>>;

export function readMadeUp(get: (key: string) => string | null): MadeUp {
  return Object.fromEntries(testerFields.map(({ id, key }) => [id, get(key) ?? ''])) as Record<TesterField, string>;
}

export function madeUpParameters(request: MadeUp): Record<string, string | null> {
  return Object.fromEntries(testerFields.map(({ id, key }) => [key, request[id] || null]));
}

/** Null when nothing is known of it. */
export function requestOf(madeUp: MadeUp): SamplingRequest | null {
  const known = testerFields.filter(({ id }) => madeUp[id].trim() !== '');
  if (known.length === 0) return null;
  return Object.fromEntries(
    known.map(({ id }) => [id, id === 'attributes' ? attributesOf(madeUp[id].replaceAll(',', '\n')) : madeUp[id].trim()]),
  );
}
