/**
 * Which nodes stand together as one card on a large map. Pure, and stable: a node's group depends on what the nodes are
 * called, never on their traffic.
 */
import type { NodeKey } from '@fluoroscope/contract/graph';
import { typeLabel } from './glyphs.js';

export const groupings = ['none', 'prefix', 'type', 'account'] as const;
export type GroupBy = (typeof groupings)[number];

/** With more services than this a map is grouped unless the user says otherwise. */
export const groupAbove = 150;
/** A group of fewer saves no room. */
export const leastMembers = 3;
/** A first word that more than this share of the nodes has tells nothing: their next word does. */
const tooCommonShare = 0.5;
const separators = /[-_.:/@\s]+/;
const deepestWord = 4;

export interface Grouped {
  id: string;
  key: NodeKey;
  isClient: boolean;
}

/** Begins with a mark that no node's address has, so that it is never taken for a node. */
export function groupId(by: GroupBy, name: string): string {
  return `>${by}>${name}`;
}

export function isGroupId(id: string): boolean {
  return id.startsWith('>');
}

/** The name of each node's group, by the node's id. Who is left out stands alone. */
export function groupNames(nodes: readonly Grouped[], by: GroupBy): Map<string, string> {
  if (by === 'none') return new Map();
  const clients = nodes.filter(({ isClient }) => isClient);
  const services = nodes.filter(({ isClient }) => !isClient);
  const names = by === 'prefix' ? prefixes(services) : new Map(services.map((node) => [node.id, attribute(node, by)]));
  for (const { id } of clients) names.set(id, 'Clients');
  return withoutSmall(names);
}

function attribute({ key }: Grouped, by: 'type' | 'account'): string {
  if (by === 'type') return typeLabel(key.type);
  return key.accountId === '' ? 'No account' : key.accountId;
}

function prefixes(nodes: readonly Grouped[]): Map<string, string> {
  const names = new Map<string, string>();
  splitByWord(nodes, 1, names);
  return names;
}

/** Groups by the first words; a group that holds most of all nodes is parted by one word more. */
function splitByWord(nodes: readonly Grouped[], words: number, names: Map<string, string>): void {
  const groups = gather(nodes, ({ key }) => firstWords(key.name, words));
  for (const [name, members] of groups) {
    const common = members.length > nodes.length * tooCommonShare && members.length > leastMembers * 2;
    if (common && words < deepestWord) splitByWord(members, words + 1, names);
    else for (const { id } of members) names.set(id, name);
  }
}

function firstWords(name: string, count: number): string {
  let end = 0;
  let rest = name.replace(/^https?:\/\//, '');
  const start = name.length - rest.length;
  for (let word = 0; word < count; word++) {
    const found = separators.exec(rest);
    if (!found) return name;
    end += found.index + found[0].length;
    rest = rest.slice(found.index + found[0].length);
  }
  return name.slice(start, start + end).replace(/[-_.:/@\s]+$/, '');
}

function withoutSmall(names: Map<string, string>): Map<string, string> {
  const sizes = new Map<string, number>();
  for (const name of names.values()) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  return new Map([...names].filter(([, name]) => (sizes.get(name) ?? 0) >= leastMembers));
}

/** Items by what they have in common, in the order in which they came. */
export function gather<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
