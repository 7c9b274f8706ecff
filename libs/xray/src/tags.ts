/** Tags of a resource: what they may be, and what a change makes of them. */
import type { TagChange } from '@fluoroscope/contract/control';
import { maxTagKeyLength, maxTags, maxTagValueLength, type Tag } from '@fluoroscope/contract/tags';
import { isObject, isText } from './json-values.js';

/** In the order in which their keys came first. */
export function tagsAfter(tags: readonly Tag[], change: TagChange): Tag[] {
  const values = new Map(tags.map(({ key, value }) => [key, value]));
  if (change.kind === 'tag resource') for (const { key, value } of change.tags) values.set(key, value);
  else for (const key of change.keys) values.delete(key);
  return Array.from(values, ([key, value]) => ({ key, value }));
}

/** The tags, with nothing else in them; null for what is none, or too many. */
export function tagsOf(value: unknown): Tag[] | null {
  if (!Array.isArray(value) || value.length > maxTags || !value.every(isTag)) return null;
  return value.map(({ key, value: text }) => ({ key, value: text }));
}

function isTag(value: unknown): value is Tag {
  return isObject(value) && isText(value.key, maxTagKeyLength) && isText(value.value, maxTagValueLength);
}
