/**
 * JSON.stringify for values that came out of JSON.parse, at any depth. The built-in one is used where it can: it overflows
 * the stack at some thousands of levels, which a document of 64 KB can have.
 */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return deepJsonText(value);
    throw error;
  }
}

/** A piece that is written already, or a value that still has to be. */
type Pending = { text: string } | { value: unknown };

function deepJsonText(value: unknown): string {
  const pieces: string[] = [];
  const pending: Pending[] = [{ value }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if ('text' in next) pieces.push(next.text);
    else if (typeof next.value === 'object' && next.value !== null) openValue(next.value, pending);
    else pieces.push(JSON.stringify(next.value));
  }
  return pieces.join('');
}

/** Pushed in reverse, since the last is written first. */
function openValue(value: object, pending: Pending[]): void {
  const isList = Array.isArray(value);
  const members = Object.entries(value).filter(([, member]) => isList || member !== undefined);
  pending.push({ text: isList ? ']' : '}' });
  for (let i = members.length - 1; i >= 0; i--) {
    const [name, member] = members[i] ?? [];
    pending.push({ value: member ?? null });
    pending.push({ text: `${i > 0 ? ',' : ''}${isList ? '' : `${JSON.stringify(name)}:`}` });
  }
  pending.push({ text: isList ? '[' : '{' });
}
