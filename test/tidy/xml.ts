/**
 * XML as ClickHouse's settings use it: elements, attributes, text, comments; no entities but the five, no CDATA. Strict: what is not
 * closed, or closed twice, is an error with its place.
 */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  /** Its own, without what is around it. */
  text: string;
}

const token = /<!--([\s\S]*?)-->|<\?[\s\S]*?\?>|<\/([\w.-]+)\s*>|<([\w.-]+)((?:\s+[\w.-]+\s*=\s*"[^"<]*")*)\s*(\/?)>|([^<]+)/y;
const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

export function readXml(source: string): XmlElement {
  const top = element('');
  const open = [top];
  token.lastIndex = 0;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const found = token.exec(source);
    const parent = open.at(-1);
    if (found === null || parent === undefined) throw problem(source, at, 'this is not XML');
    const [, comment, closed, name, attributes = '', selfClosed, text] = found;
    if (comment?.includes('--')) throw problem(source, at, '-- within a comment');
    if (closed !== undefined && (parent === top || open.pop()?.name !== closed)) throw problem(source, at, `</${closed}> closes nothing`);
    if (text !== undefined) parent.text += decoded(text);
    if (name === undefined) continue;
    const child = element(name, attributes);
    parent.children.push(child);
    if (selfClosed === '') open.push(child);
  }
  const [root, ...others] = top.children;
  if (open.length > 1 || root === undefined || others.length > 0 || top.text.trim() !== '')
    throw problem(source, source.length, open.length > 1 ? `<${open.at(-1)?.name}> is not closed` : 'there is not one root');
  return root;
}

/** The elements at a path of names below one. */
export function elementsAt(root: XmlElement, path: string): XmlElement[] {
  return path.split('.').reduce((found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)), [root]);
}

export function textAt(root: XmlElement, path: string): string | undefined {
  return elementsAt(root, path)[0]?.text.trim();
}

function element(name: string, attributes = ''): XmlElement {
  const pairs = [...attributes.matchAll(/([\w.-]+)\s*=\s*"([^"]*)"/g)].map(([, key = '', value = '']) => [key, decoded(value)]);
  return { name, attributes: Object.fromEntries(pairs), children: [], text: '' };
}

function decoded(text: string): string {
  return text.replace(/&(\w+);/g, (whole, name) => entities[name] ?? whole);
}

function problem(source: string, at: number, what: string): Error {
  return new Error(`line ${source.slice(0, at).split('\n').length}: ${what}`);
}
