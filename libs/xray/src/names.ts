/**
 * Names of segments and subsegments, which X-Ray restricts, and free-form names (a table, a queue URL, an origin), which
 * become node names and are only made storable: no NUL, no lone surrogate, a bounded length.
 */

const maxNameLength = 200;
/** Of anything that becomes part of a node's key. */
export const maxNodeNameLength = 250;

const allowedAscii = asciiTable('_.:/%&#=+\\-@ \t\n\v\f\r');
const allowedUnicode = /^[\p{L}\p{N}\s_.:/%&#=+\\\-@]+$/u;

/** 1 to 200 of: letters, digits and white space of any script, and `_ . : / % & # = + \ - @`. */
export function isName(text: string): boolean {
  if (text.length === 0 || text.length > maxNameLength) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 128) return allowedUnicode.test(text);
    if (allowedAscii[code] === 0) return false;
  }
  return true;
}

/** A free-form value as part of a node's key; '' for what is neither a string nor a number. */
export function nodeName(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return '';
  return value.length <= maxNodeNameLength && isPlain(value) ? value : storable(value);
}

function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || (code & 0xf800) === 0xd800) return false;
  }
  return true;
}

/** Lone surrogates become U+FFFD, as they would in UTF-8, so that a name is the same before and after storage. */
function storable(text: string): string {
  return text
    .slice(0, maxNodeNameLength)
    .replaceAll('\u0000', '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

function asciiTable(symbols: string): Uint8Array {
  const table = new Uint8Array(128);
  for (let code = 0; code < 128; code++) {
    const character = String.fromCharCode(code);
    table[code] = /[0-9A-Za-z]/.test(character) || symbols.includes(character) ? 1 : 0;
  }
  return table;
}
