/**
 * The words of a filter expression. Anything can be read: what is no word of the language is a token of its own (`bad`), so
 * that an editor can show where it is. One pass, no recursion.
 */

export type TokenKind =
  | 'word'
  | 'number'
  | 'string'
  /** An operator, a parenthesis or a separator. */
  | 'symbol'
  /** Between the brackets of `annotation[...]`. */
  | 'key'
  /** `#[...]`: the text without `#`. */
  | 'json'
  | 'bad'
  | 'end';

export interface Token {
  kind: TokenKind;
  /** Of a string its content, of anything else as it was written. */
  text: string;
  /** Offsets in UTF-16 units, half open. */
  from: number;
  to: number;
}

const space = /\s*/y;
/** A key of API Gateway's has a colon, such as `annotation.aws:api_id`. */
const annotationWord = /annotation\.[\w.]+(?::[\w.]+)*/iy;
const word = /[a-z_][\w.-]*/iy;
const number = /-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?![\w.])/iy;
const string = /"(?:[^"\\]|\\[\s\S])*"/y;
const symbol = /!=|<=|>=|[=<>!(){}[\],:]/y;
const key = /[^\][]*/y;

/** The last token is `end`. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, tokens.at(-1)?.to ?? text.length)) {
    tokens.push(opensKey(tokens) ? keyToken(text, at) : tokenAt(text, at));
  }
  tokens.push({ kind: 'end', text: '', from: text.length, to: text.length });
  return tokens;
}

function skipSpace(text: string, at: number): number {
  return at + (match(space, text, at)?.length ?? 0);
}

function opensKey(tokens: readonly Token[]): boolean {
  const [before, last] = tokens.slice(-2);
  return last?.kind === 'symbol' && last.text === '[' && before?.kind === 'word' && before.text.toLowerCase() === 'annotation';
}

function keyToken(text: string, from: number): Token {
  const found = (match(key, text, from) ?? '').trimEnd();
  return found === '' ? tokenAt(text, from) : { kind: 'key', text: found, from, to: from + found.length };
}

function tokenAt(text: string, from: number): Token {
  const token = (kind: TokenKind, found: string, content = found): Token => ({ kind, text: content, from, to: from + found.length });
  const quoted = match(string, text, from);
  if (quoted !== null) return token('string', quoted, unescaped(quoted.slice(1, -1)));
  const named = match(annotationWord, text, from) ?? match(word, text, from);
  if (named !== null) return token('word', named);
  const counted = match(number, text, from);
  if (counted !== null) return token('number', counted);
  if (text.startsWith('#[', from)) return jsonToken(text, from);
  const mark = match(symbol, text, from);
  return mark === null ? badToken(text, from) : token('symbol', mark);
}

/** A backslash stands for itself but before a quote or another backslash. */
function unescaped(text: string): string {
  return text.replace(/\\(["\\])/g, '$1');
}

/** Up to the bracket that closes it; brackets in strings do not count. */
function jsonToken(text: string, from: number): Token {
  let open = 0;
  for (let at = from + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at += (match(string, text, at)?.length ?? text.length) - 1;
    else if (character === '[') open++;
    else if (character === ']' && --open === 0) return { kind: 'json', text: text.slice(from + 1, at + 1), from, to: at + 1 };
  }
  return { kind: 'bad', text: text.slice(from), from, to: text.length };
}

/** A string that is not closed goes to the end; anything else up to the next space. */
function badToken(text: string, from: number): Token {
  const rest = text.slice(from);
  const found = rest.startsWith('"') ? rest : (/^\S[^\s"(){}]*/.exec(rest)?.[0] ?? rest);
  return { kind: 'bad', text: found, from, to: from + found.length };
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
