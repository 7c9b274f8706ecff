/** A value as the branches of a tree: an object's keys, a list's places. */
export function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

export function branchesOf(value: unknown): [key: string, value: unknown][] {
  return isBranch(value) ? Object.entries(value) : [];
}

/** What is inside of a closed branch. */
export function shapeOf(value: object): string {
  const count = Object.keys(value).length;
  if (Array.isArray(value)) return count === 1 ? '1 item' : `${count} items`;
  return count === 1 ? '1 key' : `${count} keys`;
}
