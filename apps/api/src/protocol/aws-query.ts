/**
 * AWS Query: parameters in a form or in the address, an answer in XML. All values are text, so the members are read by the shape
 * of the input: `MetricData.member.1.Dimensions.member.2.Name=x`. The order of parameters means nothing, gaps in the numbers of a
 * list neither; `MetricData=` is an empty list. Names that the shape does not have are ignored, as in the other protocols.
 */
import XMLBuilder from 'fast-xml-builder';
import { AwsError } from './errors.js';
import type { Members } from './fields.js';
import { type InputShape, type InputStructure, isList, type Output, type WireProtocol } from './wire-protocol.js';

const namespace = 'http://monitoring.amazonaws.com/doc/2010-08-01/';
const headers = { 'content-type': 'text/xml' };
const xml = new XMLBuilder({ ignoreAttributes: false });

export const awsQuery: WireProtocol = {
  decode: ({ body, query }, input) => {
    const given = [query, body?.toString('utf8') ?? ''].flatMap((text) => [...new URLSearchParams(text)]);
    const members: Members = {};
    for (const [name, value] of given) put({ members, shape: input, path: name.split('.', maxPathLength) }, value);
    return finished(members, input);
  },
  encode: (output, { operation, requestId }) => {
    const result = output === null ? {} : { [`${operation}Result`]: xmlValue(output) };
    const answer = { '@_xmlns': namespace, ...result, ResponseMetadata: { RequestId: requestId } };
    return { status: 200, headers, body: xml.build({ [`${operation}Response`]: answer }) };
  },
  encodeError: ({ status, code, fault, message }, { requestId }) => {
    const error = { Type: fault, Code: code, Message: xmlText(message) };
    const answer = { '@_xmlns': namespace, Error: error, RequestId: requestId };
    return { status, headers, body: xml.build({ ErrorResponse: answer }) };
  },
};

/** The longest name of a member here has ten parts. */
const maxPathLength = 12;
const indexPattern = /^\d{1,7}$/;
const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** While it is read a list is a map by number. */
type Listed = Map<number, unknown>;

interface Place {
  members: Members;
  shape: InputStructure;
  path: readonly string[];
}

function put({ members, shape, path: [name = '', ...rest] }: Place, value: string): void {
  if (!Object.hasOwn(shape, name)) return;
  const inner = shape[name];
  if (inner !== undefined) members[name] = withValue(members[name], { shape: inner, path: rest }, value);
}

/** `known` is what earlier parameters have said of the same member. */
function withValue(known: unknown, { shape, path }: { shape: InputShape; path: readonly string[] }, value: string): unknown {
  if (typeof shape === 'string') return path.length === 0 ? simpleValue(shape, value) : malformed(path, value);
  if (isListShape(shape)) return withItem(known, { shape: shape[0], path }, value);
  const members = (known ?? {}) as Members;
  if (path.length > 0) put({ members, shape, path }, value);
  return members;
}

function withItem(known: unknown, { shape, path }: { shape: InputShape; path: readonly string[] }, value: string): Listed {
  const items: Listed = known instanceof Map ? known : new Map();
  if (path.length === 0 && value === '') return items;
  const [word, index = '', ...rest] = path;
  if (word !== 'member' || !indexPattern.test(index)) return malformed(path, value);
  return items.set(Number(index), withValue(items.get(Number(index)), { shape, path: rest }, value));
}

/** What is no number or flag stays text, so that whoever reads the member can say which. */
function simpleValue(shape: 'text' | 'number' | 'flag', value: string): unknown {
  if (shape === 'number' && numberPattern.test(value)) return Number(value);
  if (shape === 'flag' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function finished(members: Members, shape: InputStructure): Members {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, finishedValue(value, shape[name] ?? 'text')]));
}

function finishedValue(value: unknown, shape: InputShape): unknown {
  if (typeof shape === 'string') return value;
  if (!isListShape(shape)) return finished(value as Members, shape);
  const items = [...(value as Listed)].sort(([left], [right]) => left - right);
  return items.map(([, item]) => finishedValue(item, shape[0]));
}

function isListShape(shape: InputShape): shape is readonly [InputShape] {
  return Array.isArray(shape);
}

function malformed(path: readonly string[], value: string): never {
  const end = path.join('.').slice(0, shownLength);
  throw new AwsError(
    'SerializationException',
    `A parameter that ends with '${end}' (value '${value.slice(0, shownLength)}') has no such part`,
  );
}

const shownLength = 100;

function xmlValue(output: Output): unknown {
  if (output instanceof Date) return output.toISOString().replace('.000Z', 'Z');
  if (isList(output)) return output.length === 0 ? '' : { member: output.map(xmlValue) };
  if (output instanceof Map) return { entry: [...output].map(([key, value]) => ({ key: xmlText(key), value: xmlValue(value) })) };
  if (typeof output !== 'object') return xmlText(String(output));
  const given = Object.entries(output).filter((entry): entry is [string, Output] => entry[1] !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, xmlValue(value)]));
}

/** XML 1.0 cannot say these at all. */
const impossible = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function xmlText(value: string): string {
  return value.replace(impossible, '\ufffd');
}
