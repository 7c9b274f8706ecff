/**
 * Which operation of CloudWatch a request calls, and in which of its three protocols. All that is decided about a call (who may
 * make it, who answers it, how an error looks) goes by this one reading of it: the path names the operation in RPC v2 CBOR, a header
 * in AWS JSON, `Action` in AWS Query, in the address or in the body.
 *
 * An `Action` in the body is known when the body has been read and unpacked: until then such a call is nobody's.
 */
import type { IncomingMessage } from 'node:http';

export interface CloudWatchCall {
  protocol: 'json' | 'query' | 'cbor';
  /** As the request has it: served here, or not. */
  operation: string;
}

interface Form {
  action: string | null;
  version: string | null;
}

/** The name of the service in its model. */
export const cloudWatchShape = 'GraniteServiceVersion20100801';
const cloudWatchVersion = '2010-08-01';
const cborPath = new RegExp(`^/service/${cloudWatchShape}/operation/(\\w{1,64})$`);
const jsonTarget = new RegExp(`^${cloudWatchShape}\\.(\\w{1,64})$`);
const actionName = /^\w{1,64}$/;

const forms = new WeakMap<IncomingMessage, Form>();

/** Null for a request to another service, and for what is no call of AWS's at all. */
export function cloudWatchCallOf(request: IncomingMessage): CloudWatchCall | null {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  if (path !== '/') return request.method === 'POST' ? named('cbor', cborPath.exec(path)?.[1]) : null;
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return request.method === 'POST' ? named('json', jsonTarget.exec(target)?.[1]) : null;
  if (request.method !== 'POST' && request.method !== 'GET') return null;
  const form = forms.get(request) ?? null;
  const parameters = new URLSearchParams(query);
  const version = parameters.get('Version') ?? form?.version ?? cloudWatchVersion;
  const action = parameters.get('Action') ?? form?.action ?? '';
  return version === cloudWatchVersion && actionName.test(action) ? named('query', action) : null;
}

/** Its body may be a form that names the operation. */
export function isUnnamed({ method, url = '', headers }: IncomingMessage): boolean {
  const isAtRoot = url === '/' || url.startsWith('/?');
  return method === 'POST' && isAtRoot && headers['x-amz-target'] === undefined && headers['smithy-protocol'] === undefined;
}

/** `body` is unpacked. SDKs write `Action` first or last; some bodies are long, so only these two parameters are looked for. */
export function noteForm(request: IncomingMessage, body: Buffer): void {
  forms.set(request, { action: valueIn(body, 'Action'), version: valueIn(body, 'Version') });
}

/** Of a request that failed: a form that could not be read does not say which operation it calls, but still wants XML. */
export function failedCallOf(request: IncomingMessage): CloudWatchCall | null {
  const isUnread = isUnnamed(request) && !forms.has(request) && isForm(request);
  return cloudWatchCallOf(request) ?? (isUnread ? { protocol: 'query', operation: '' } : null);
}

/** Says so in its content type, which is all that is known of a body that could not be read. */
function isForm({ rawHeaders }: IncomingMessage): boolean {
  const at = rawHeaders.findIndex((text, n) => n % 2 === 0 && text.toLowerCase() === 'content-type');
  return at >= 0 && /^\s*application\/x-www-form-urlencoded/i.test(rawHeaders[at + 1] ?? '');
}

function named(protocol: CloudWatchCall['protocol'], operation: string | undefined): CloudWatchCall | null {
  return operation === undefined ? null : { protocol, operation };
}

const ampersand = 0x26;

function valueIn(form: Buffer, name: string): string | null {
  const wanted = `${name}=`;
  for (let at = form.indexOf(wanted); at >= 0; at = form.indexOf(wanted, at + 1)) {
    if (at > 0 && form[at - 1] !== ampersand) continue;
    const end = form.indexOf(ampersand, at);
    return new URLSearchParams(form.toString('latin1', at, end < 0 ? form.length : end)).get(name);
  }
  return null;
}
