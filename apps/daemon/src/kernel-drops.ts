/**
 * Datagrams that the kernel dropped because a socket's receive buffer was full, from `/proc/net/udp` and `udp6`, since
 * the socket was bound. Null where the system does not tell.
 */
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';

const tables = ['/proc/net/udp', '/proc/net/udp6'];

/** The sum over the sockets bound to these addresses and this port. */
export function readKernelDrops(addresses: readonly string[], port: number): number | null {
  const texts = tables.flatMap((path) => read(path) ?? []);
  if (texts.length === 0) return null;
  const wanted = new Set(addresses.map(canonical));
  return sumDrops(texts.join('\n'), (address, rowPort) => rowPort === port && wanted.has(address));
}

/** Sums the last column of the rows whose local address and port are wanted. */
export function sumDrops(text: string, isWanted: (address: string, port: number) => boolean): number {
  let drops = 0;
  for (const line of text.split('\n')) {
    const columns = line.trim().split(/\s+/);
    const [hexAddress, hexPort] = columns[1]?.split(':') ?? [];
    if (!hexAddress || !hexPort || !/^\d+:$/.test(columns[0] ?? '')) continue;
    if (isWanted(addressOf(hexAddress), Number.parseInt(hexPort, 16))) drops += Number(columns.at(-1)) || 0;
  }
  return drops;
}

/** The kernel prints addresses as 32-bit words in the machine's (little-endian) order. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  return canonical((bytes.join('').match(/.{4}/g) ?? []).join(':'));
}

function canonical(address: string): string {
  return isIPv6(address) && !address.includes('%') ? new URL(`http://[${address}]`).hostname : address;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
