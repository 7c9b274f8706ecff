/**
 * Reads the envelope of an X-Ray datagram: a header of JSON, the first newline, a body. The body is never parsed here.
 * Accepts and refuses what AWS's daemon does: members in any order and case, `format` equal to "json" ignoring case,
 * `version` equal to the integer 1. A body may contain further newlines.
 */

export type DatagramRejection = 'missing header or segment' | 'invalid header';
export type Datagram = { bodyStart: number } | { rejected: DatagramRejection };

const newline = 0x0a;
/** What the SDKs really send, byte for byte: Node and Python the first, Java, ADOT and older SDKs the second. */
const usualHeaders = ['{"format":"json","version":1}\n', '{"format": "json", "version": 1}\n'].map(bytesOf);

/** `bodyStart` is the offset of the body, which has at least one byte. */
export function readDatagram(bytes: Uint8Array): Datagram {
  for (const header of usualHeaders) {
    if (startsWith(bytes, header)) return bytes.length > header.length ? { bodyStart: header.length } : missing;
  }
  const end = bytes.indexOf(newline);
  if (end === -1 || end === bytes.length - 1) return missing;
  return isHeader(latin1(bytes, end)) ? { bodyStart: end + 1 } : invalid;
}

/** True for a body of the ADOT exporter: `T1S` (sampled) or `T1U` (not sampled), then base64 of an OTLP request. */
export function isOtlpBody(bytes: Uint8Array, start: number): boolean {
  const kind = bytes[start + 2];
  return bytes[start] === 0x54 && bytes[start + 1] === 0x31 && (kind === 0x53 || kind === 0x55);
}

const missing: Datagram = { rejected: 'missing header or segment' };
const invalid: Datagram = { rejected: 'invalid header' };

function isHeader(text: string): boolean {
  const header = parseObject(text);
  if (header === null) return false;
  let format: unknown;
  let version: unknown;
  for (const [member, value] of Object.entries(header)) {
    const name = member.toLowerCase();
    if (name === 'format') format = value;
    else if (name === 'version') version = value;
  }
  return version === 1 && typeof format === 'string' && format.toLowerCase() === 'json';
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let i = prefix.length - 1; i >= 0; i--) if (bytes[i] !== prefix[i]) return false;
  return true;
}

function bytesOf(ascii: string): Uint8Array {
  return Uint8Array.from(ascii, (character) => character.charCodeAt(0));
}

/** Member names and values that matter are ASCII, so one character per byte is enough. */
function latin1(bytes: Uint8Array, end: number): string {
  let text = '';
  for (let i = 0; i < end; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}
