/** The settings of an account: what they may be, and as every account begins with them. */
import {
  type AccountSettings,
  type EncryptionConfig,
  maxKeyIdLength,
  type TraceSegmentDestination,
} from '@fluoroscope/contract/account-settings';
import { isObject, isText } from './json-values.js';

export const firstSettings: AccountSettings = {
  encryption: { type: 'NONE', keyId: null },
  indexingRule: { name: 'Default', percentage: 1, modifiedAtMs: 0 },
  destination: 'XRay',
};

/** With KMS there is a key, and without there is none. */
export function encryptionOf(value: unknown): EncryptionConfig | null {
  if (!isObject(value)) return null;
  const { type, keyId } = value;
  if (type === 'KMS') return isText(keyId, maxKeyIdLength) && keyId !== '' ? { type, keyId } : null;
  return type === 'NONE' && keyId === null ? { type, keyId } : null;
}

export function isPercentage(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 100;
}

export function destinationOf(value: unknown): TraceSegmentDestination | null {
  return value === 'XRay' || value === 'CloudWatchLogs' ? value : null;
}

export function settingsOf(value: unknown): AccountSettings | null {
  if (!isObject(value) || !isObject(value.indexingRule)) return null;
  const [encryption, destination] = [encryptionOf(value.encryption), destinationOf(value.destination)];
  const { percentage, modifiedAtMs } = value.indexingRule;
  if (encryption === null || destination === null || !isPercentage(percentage) || typeof modifiedAtMs !== 'number') return null;
  return { encryption, destination, indexingRule: { ...firstSettings.indexingRule, percentage, modifiedAtMs } };
}
