/**
 * Trace IDs and (sub)segment IDs: `1-<8 hex>-<24 hex>` and 16 hex digits, compared ignoring case and kept in lower case.
 * The time part of a trace ID is not judged: re-dashed W3C IDs carry none.
 */

const traceIdLength = 35;
const entityIdLength = 16;
const dash = 0x2d;

/** The lower-case trace ID, or null for what is not one. */
export function normalizeTraceId(text: string): string | null {
  if (text.length !== traceIdLength || text.charCodeAt(0) !== 0x31 || text.charCodeAt(1) !== dash || text.charCodeAt(10) !== dash)
    return null;
  const time = scanHex(text, 2, 10);
  const random = scanHex(text, 11, traceIdLength);
  if (time === notHex || random === notHex) return null;
  return time === upperHex || random === upperHex ? text.toLowerCase() : text;
}

/** The lower-case ID of a segment or subsegment, or null for what is not one. */
export function normalizeEntityId(text: string): string | null {
  if (text.length !== entityIdLength) return null;
  const scan = scanHex(text, 0, entityIdLength);
  if (scan === notHex) return null;
  return scan === upperHex ? text.toLowerCase() : text;
}

/**
 * The unsigned number that the 8 hex digits at `offset` stand for, or -1 when one of them is not hex. Allocates nothing:
 * an entity ID is two of these, a trace ID four (at 2, 11, 19 and 27).
 */
export function hex32(text: string, offset: number): number {
  let value = 0;
  for (let i = offset; i < offset + 8; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** The 16 digits of an entity ID whose halves hex32 gave. */
export function entityIdOf(high: number, low: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

const notHex = 0;
const lowerHex = 1;
const upperHex = 2;

function scanHex(text: string, from: number, to: number): number {
  let found = lowerHex;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (hexDigit(code) < 0) return notHex;
    if (code >= 0x41 && code <= 0x46) found = upperHex;
  }
  return found;
}

/** -1 for any other code, NaN (past the end) included. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
