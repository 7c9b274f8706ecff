/** Tags as X-Ray's operations spell them, read and written. */
import { maxTagKeyLength, maxTags, maxTagValueLength, type Tag } from '@fluoroscope/contract/tags';
import { AwsError, invalidRequest } from '../protocol/errors.js';
import { list, type Structure, structure, text } from '../protocol/fields.js';

const members = { Key: text({ min: 1, max: maxTagKeyLength }), Value: text({ max: maxTagValueLength }) };
export const tagKey = members.Key;
/** The most that a request may name is AWS's; how many a resource may have is checked apart, with an error of its own. */
export const maxTagsOfRequest = 200;
export const tagList = list(structure(members), { max: maxTagsOfRequest });

/** Checked against each other, and as many as a resource may have. */
export function tagsOf(given: readonly Structure<typeof members>[]): Tag[] {
  if (given.length > maxTags) throw new AwsError('TooManyTagsException', `A resource can have at most ${maxTags} tags`);
  const tags = given.map(({ Key, Value }) => ({ key: Key, value: Value }));
  if (new Set(tags.map(({ key }) => key)).size < tags.length) throw invalidRequest('Tags names a key twice');
  const reserved = tags.find(({ key }) => /^aws:/i.test(key));
  if (reserved !== undefined) throw invalidRequest(`The tag key ${reserved.key} begins with aws:, which is reserved`);
  return tags;
}

export function tagShape({ key, value }: Tag): { Key: string; Value: string } {
  return { Key: key, Value: value };
}
