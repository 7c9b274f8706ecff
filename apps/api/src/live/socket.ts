/** The socket.io types of the live stream, and what its connections hold back. */
import type { ClientEvents, ServerEvents } from '@fluoroscope/contract/live';
import type { Server, Socket } from 'socket.io';

/** Of the server only this much: messages go to rooms, never to the world. */
export type LiveServer = Pick<Server, 'to'>;
export type LiveSocket = Socket<ClientEvents, ServerEvents>;

/** engine.io has no public figure for what waits behind a connection that does not take more. */
interface EngineConnection {
  writeBuffer: readonly unknown[];
}

/** Messages that wait in this process because the client does not read. */
export function waitingMessages(socket: LiveSocket): number {
  return (socket.conn as unknown as EngineConnection).writeBuffer.length;
}

/** Everything that was sent is in the hands of the system. */
export function isDrained(socket: LiveSocket): boolean {
  return waitingMessages(socket) === 0 && socket.conn.transport.writable;
}
