/** How nodes and edges are written in the page's address: readable, and different for different keys. */
import type { NodeKey } from '@fluoroscope/contract/graph';

const separators = /[%|>]/g;

/** `checkout-api`, or `checkout-api|AWS::Lambda|123456789012` where type and account are known. */
export function nodeAddress({ name, type, accountId }: NodeKey): string {
  const parts = [name, type, accountId].map((part) => part.replace(separators, escapeSeparator));
  return parts.join('|').replace(/\|+$/, '');
}

export function edgeAddress(caller: string, callee: string): string {
  return `${caller}>${callee}`;
}

function escapeSeparator(mark: string): string {
  return `%${mark.charCodeAt(0).toString(16).toUpperCase()}`;
}
