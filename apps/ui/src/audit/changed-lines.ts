/** What a change did, line by line: the members of the state before and after that are not the same, each with its whole path. */

export interface ChangedLine {
  /** `tags.0.key`. */
  path: string;
  /** As JSON; null where there was none. */
  before: string | null;
  after: string | null;
}

export interface Changes {
  lines: ChangedLine[];
  /** Members that are the same in both. */
  unchanged: number;
}

export function changedLines(before: unknown, after: unknown): Changes {
  const [left, right] = [membersOf(before), membersOf(after)];
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  const all = paths.map((path) => ({ path, before: left.get(path) ?? null, after: right.get(path) ?? null }));
  const lines = all.filter((line) => line.before !== line.after);
  return { lines, unchanged: all.length - lines.length };
}

/** Nothing has no members; an empty list or object is one. */
function membersOf(value: unknown): Map<string, string> {
  const members = new Map<string, string>();
  if (value !== null && value !== undefined) collect(value, '', members);
  return members;
}

function collect(value: unknown, path: string, members: Map<string, string>): void {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) members.set(path, JSON.stringify(value));
  for (const [name, member] of entries) collect(member, path === '' ? name : `${path}.${name}`, members);
}
