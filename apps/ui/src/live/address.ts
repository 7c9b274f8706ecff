/** How nodes and edges are written in the page's address: readable, and different for different keys. */
import type { EdgeType, NodeKey } from '@fluoroscope/contract/graph';

const separators = /[%|>]/g;

/** `checkout-api`, or `checkout-api|AWS::Lambda|123456789012` where type and account are known. */
export function nodeAddress({ name, type, accountId }: NodeKey): string {
  const parts = [name, type, accountId].map((part) => part.replace(separators, escapeSeparator));
  return parts.join('|').replace(/\|+$/, '');
}

/** Of two nodes by their addresses; a link has two marks between them. */
export function edgeAddress(caller: string, callee: string, type?: EdgeType): string {
  return type === undefined ? `${caller}>${callee}` : `${caller}>>${callee}`;
}

function escapeSeparator(mark: string): string {
  return `%${mark.charCodeAt(0).toString(16).toUpperCase()}`;
}
