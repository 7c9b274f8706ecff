/**
 * Members of one JSON object, found in its raw bytes: nothing is parsed on the way into the log. Of a text that is no JSON it
 * finds something or nothing; whoever parses it says what is wrong with it.
 */
export const quote = 0x22;
const colon = 0x3a;
const backslash = 0x5c;

/** Where the value of that member (`name` has its quotes) begins; -1 where there is none. The last one counts, as for a parser. */
export function valueAtTheTop(bytes: Buffer, name: Buffer): number {
  let depth = 0;
  let found = -1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === quote) {
      const end = endOfString(bytes, i);
      const isSame = depth === 1 && end - i === name.length && bytes.compare(name, 0, name.length, i, end) === 0;
      if (isSame) found = Math.max(found, valueBehind(bytes, end));
      i = end - 1;
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return found;
}

/** Where the value begins of a name that ends there; -1 where it is no name. */
export function valueBehind(bytes: Buffer, end: number): number {
  const at = skipSpace(bytes, end);
  return bytes[at] === colon ? skipSpace(bytes, at + 1) : -1;
}

/** The offset behind the closing quote of a string that begins there. */
export function endOfString(bytes: Buffer, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1;
  return i + 1;
}

function skipSpace(bytes: Buffer, from: number): number {
  let i = from;
  while (bytes[i] === 0x20 || bytes[i] === 0x0a || bytes[i] === 0x0d || bytes[i] === 0x09) i++;
  return i;
}
