/**
 * Who may talk to this installation: a request must name one of our own addresses as its Host, and a page that sends it
 * must have come from that same address. So no web page elsewhere can drive a laptop's installation, not even by having
 * its own name resolve to 127.0.0.1.
 */
import type { IncomingMessage } from 'node:http';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];
const hostPattern = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/** Host names, in lower case, IPv6 in brackets. */
export type AllowedHosts = ReadonlySet<string>;

/** `hosts` are the addresses that we bind, `allowedHosts` the names that a person has added. */
export function allowedHostsOf(hosts: readonly string[], allowedHosts: readonly string[]): AllowedHosts {
  return new Set([...loopbackNames, ...[...hosts, ...allowedHosts].map(bracketed)]);
}

/** Why the request is refused; null when it is not. */
export function refusalOf(request: IncomingMessage, allowed: AllowedHosts): string | null {
  const { host, origin } = request.headers;
  const hostName = host === undefined ? undefined : hostPattern.exec(host)?.[1]?.toLowerCase();
  if (hostName === undefined || !(allowed.has(hostName) || hostName === addressOf(request)))
    return 'Host is not an address of this installation; FLUOROSCOPE_ALLOWED_HOSTS adds one';
  return origin === undefined || isSameHost(origin, host ?? '') ? null : 'Origin is another site';
}

/** The address that the connection was made to is ours, whatever we bind. */
function addressOf(request: IncomingMessage): string {
  return bracketed(request.socket.localAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? '');
}

/** `null`, as sandboxed pages and files send it, is another site. */
function isSameHost(origin: string, host: string): boolean {
  try {
    const { protocol, host: originHost } = new URL(origin);
    return originHost !== '' && new URL(`${protocol}//${host}`).host === originHost;
  } catch {
    return false;
  }
}

function bracketed(name: string): string {
  const lower = name.toLowerCase();
  return lower.includes(':') && !lower.startsWith('[') ? `[${lower}]` : lower;
}
