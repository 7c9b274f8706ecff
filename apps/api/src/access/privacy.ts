/** Whether what a connection carries can be read or changed by others on the way. */
import type { Socket } from 'node:net';
import { isLoopback } from '@fluoroscope/runtime/config';

export function isEncrypted(socket: Socket): boolean {
  return 'encrypted' in socket && socket.encrypted === true;
}

/** Over TLS, or from this machine. */
export function isPrivate(socket: Socket): boolean {
  const remote = plain(socket.remoteAddress);
  return isEncrypted(socket) || isLoopback(remote) || (remote !== '' && remote === plain(socket.localAddress));
}

function plain(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
