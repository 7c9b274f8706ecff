/** From the text of a record of the control log to what it says: nothing but what is known here, checked member by member. */
import {
  type Actor,
  type ControlChange,
  type ControlRecord,
  maxActorLength,
  maxNodeAddressLength,
  maxPlaceChanges,
  maxPlaceCoordinate,
  type Place,
  type PlaceChange,
} from '@fluoroscope/contract/control';
import { groupIdLength } from '@fluoroscope/contract/groups';
import { maxTagKeyLength, type TaggedResource } from '@fluoroscope/contract/tags';
import { destinationOf, encryptionOf, isPercentage } from './account-settings.js';
import { groupInsightsOf, groupUpdateOf, isGroupExpression, isGroupName } from './groups.js';
import { insightEventOf } from './insights/insight-event.js';
import { isObject, isText } from './json-values.js';
import { samplingRuleOf, samplingRuleUpdateOf } from './sampling-rules.js';
import { tagsOf } from './tags.js';

/** Null for text that is not a record of a known kind. */
export function readRecord(text: string): ControlRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const { id, at } = value;
  const [change, actor] = [changeOf(value), actorOf(value)];
  if (typeof id !== 'string' || typeof at !== 'number' || actor === null || change === null) return null;
  return { id, at, ...actor, ...change };
}

function actorOf({ actor, ...given }: Record<string, unknown>): Actor | null {
  if (typeof actor !== 'string') return null;
  const origin = (['keyId', 'address', 'client', 'requestId'] as const).map((name) => [name, given[name]]);
  return { actor, ...Object.fromEntries(origin.filter(([, text]) => isText(text, maxActorLength))) };
}

type Kind = ControlChange['kind'];
type Given = Record<string, unknown>;
type Readers = { [Name in Kind]: (given: Given) => Omit<Extract<ControlChange, { kind: Name }>, 'kind'> | null };

const readers: Readers = {
  places: ({ changes }) => {
    const read = placeChangesOf(changes);
    return typeof read === 'string' ? null : { changes: read };
  },
  'replay dead documents': ({ documents }) => whole({ documents: typeof documents === 'number' ? documents : null }),
  'create sampling rule': ({ rule, tags }) => whole({ rule: samplingRuleOf(rule), tags: tagsOf(tags) }),
  'update sampling rule': ({ name, update }) => whole({ name: textOf(name), update: samplingRuleUpdateOf(update) }),
  'delete sampling rule': ({ name }) => whole({ name: textOf(name) }),
  'create group': ({ name, groupId, expression, insights, tags }) => {
    const texts = { name: isGroupName(name) ? name : null, groupId: isText(groupId, groupIdLength) ? groupId : null };
    const filter = isGroupExpression(expression) ? expression : null;
    return whole({ ...texts, expression: filter, insights: groupInsightsOf(insights), tags: tagsOf(tags) });
  },
  'update group': ({ name, update }) => whole({ name: textOf(name), update: groupUpdateOf(update) }),
  'delete group': ({ name }) => whole({ name: textOf(name) }),
  'tag resource': ({ resource, tags }) => whole({ resource: resourceOf(resource), tags: tagsOf(tags) }),
  'put encryption config': ({ encryption }) => whole({ encryption: encryptionOf(encryption) }),
  'update indexing rule': ({ name, percentage }) => whole({ name: textOf(name), percentage: isPercentage(percentage) ? percentage : null }),
  'update trace segment destination': ({ destination }) => whole({ destination: destinationOf(destination) }),
  'put resource policy': ({ name, document, revision }) => {
    const texts = whole({ name: textOf(name), document: textOf(document) });
    return texts === null || !isRevision(revision) ? null : { ...texts, revision };
  },
  'delete resource policy': ({ name, revision }) => {
    return typeof name === 'string' && isRevision(revision) ? { name, revision } : null;
  },
  insight: ({ event }) => whole({ event: insightEventOf(event) }),
  'untag resource': ({ resource, keys }) => whole({ resource: resourceOf(resource), keys: keysOf(keys) }),
};

function changeOf(given: Given): ControlChange | null {
  const { kind } = given;
  if (typeof kind !== 'string' || !Object.hasOwn(readers, kind)) return null;
  const read = readers[kind as Kind](given);
  return read === null ? null : ({ kind, ...read } as ControlChange);
}

/** Null when a member is. */
function whole<Members extends object>(members: Members): { [Name in keyof Members]: NonNullable<Members[Name]> } | null {
  const isWhole = Object.values(members).every((member) => member !== null);
  return isWhole ? (members as { [Name in keyof Members]: NonNullable<Members[Name]> }) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** What a policy must have now, or null for whatever it has. */
function isRevision(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function resourceOf(value: unknown): TaggedResource | null {
  if (!isObject(value) || typeof value.name !== 'string') return null;
  const { kind, name } = value;
  return kind === 'group' || kind === 'sampling rule' ? { kind, name } : null;
}

function keysOf(value: unknown): string[] | null {
  const isKeys = Array.isArray(value) && value.every((key) => isText(key, maxTagKeyLength));
  return isKeys ? [...value] : null;
}

/** The changes, with nothing else in them, or in a sentence what is wrong with them. */
export function placeChangesOf(value: unknown): PlaceChange[] | string {
  if (!Array.isArray(value) || value.length === 0) return 'changes is a list of places, and not an empty one';
  if (value.length > maxPlaceChanges) return `${value.length} changes are more than ${maxPlaceChanges} at once`;
  const changes: PlaceChange[] = [];
  for (const [at, one] of value.entries()) {
    const change = placeChangeOf(one);
    if (change === null) return `Change ${at} is neither {node, x, y, pinned} nor {node, removed: true}, with finite numbers`;
    changes.push(change);
  }
  return changes;
}

function placeChangeOf(value: unknown): PlaceChange | null {
  if (isObject(value) && value.removed === true && isNode(value.node)) return { node: value.node, removed: true };
  return placeOf(value);
}

export function placeOf(value: unknown): Place | null {
  if (!isObject(value)) return null;
  const { node, x, y, pinned } = value;
  return isNode(node) && isCoordinate(x) && isCoordinate(y) && typeof pinned === 'boolean' ? { node, x, y, pinned } : null;
}

function isNode(value: unknown): value is string {
  return isText(value, maxNodeAddressLength) && value !== '';
}

function isCoordinate(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= maxPlaceCoordinate;
}
