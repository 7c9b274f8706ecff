/** Node keys as map keys and in order: names, types and accounts hold no NUL, so the three parts stay apart. */
import type { EdgeType, NodeKey } from '@fluoroscope/contract/graph';

const separator = '\u0000';

export function nodeId(key: NodeKey): string {
  return key.name + separator + key.type + separator + key.accountId;
}

/** Between two nodes there may be calls, and messages of another `type`. */
export function edgeId(caller: NodeKey, callee: NodeKey, type?: EdgeType): string {
  const id = nodeId(caller) + separator + nodeId(callee);
  return type === undefined ? id : id + separator + type;
}

/** By name, type and account, in order of UTF-16 code units. */
export function compareNodeKeys(left: NodeKey, right: NodeKey): number {
  return compareText(left.name, right.name) || compareText(left.type, right.type) || compareText(left.accountId, right.accountId);
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The key that the dashboard writes as `name|type|account` (`%7C` for a bar, trailing parts may be missing). */
export function nodeKeyOfAddress(address: string): NodeKey {
  const [name = '', type = '', accountId = ''] = address.split('|').map((part) => part.replace(/%(25|7C|3E)/g, separatorOf));
  return { name, type, accountId };
}

/** An edge as the dashboard writes it, `caller>callee`, or `caller>>callee` for a link; null when it has not these two ends. */
export function edgeOfAddress(address: string): { caller: NodeKey; callee: NodeKey; type?: EdgeType } | null {
  const parts = address.split('>');
  const isLink = parts.length === 3 && parts[1] === '';
  const [caller, callee] = [parts[0], parts[isLink ? 2 : 1]];
  if (!caller || !callee || (parts.length !== 2 && !isLink)) return null;
  return { caller: nodeKeyOfAddress(caller), callee: nodeKeyOfAddress(callee), ...(isLink ? { type: 'link' } : {}) };
}

function separatorOf(escaped: string): string {
  return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
}
