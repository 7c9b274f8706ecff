/** Tags: keys and values that people put on groups and sampling rules. */

export interface Tag {
  key: string;
  value: string;
}

/** What tags are put on, by its name, which is unique among its kind. */
export interface TaggedResource {
  kind: 'group' | 'sampling rule';
  name: string;
}

/** Of one resource, as AWS's quota. */
export const maxTags = 50;
export const maxTagKeyLength = 128;
export const maxTagValueLength = 256;
