/** The rooms of open traces: who has which trace open, and word to them when it changes. Without a snapshot or a sequence. */
import { maxTraceRooms, type TraceChange, traceRoomPrefix } from '@fluoroscope/contract/live';
import { isTraceId } from '../xray/stored-traces.js';
import { maxBehindMessages } from './room.js';
import { type LiveSocket, waitingMessages } from './socket.js';

/** The trace that a room of this name is about; null for any other name. */
export function traceOfRoom(name: string): string | null {
  const traceId = name.slice(traceRoomPrefix.length).toLowerCase();
  return name.startsWith(traceRoomPrefix) && isTraceId(traceId) ? traceId : null;
}

export class TraceRooms {
  readonly #rooms = new Map<string, Map<string, LiveSocket>>();

  traces(): string[] {
    return [...this.#rooms.keys()];
  }

  /** False when there are too many open traces. */
  join(socket: LiveSocket, traceId: string): boolean {
    const members = this.#rooms.get(traceId) ?? new Map<string, LiveSocket>();
    if (members.size === 0 && this.#rooms.size >= maxTraceRooms) return false;
    this.#rooms.set(traceId, members.set(socket.id, socket));
    return true;
  }

  leave(socket: LiveSocket, traceId: string): void {
    const members = this.#rooms.get(traceId);
    if (members?.delete(socket.id) && members.size === 0) this.#rooms.delete(traceId);
  }

  leaveAll(socket: LiveSocket): void {
    for (const traceId of this.traces()) this.leave(socket, traceId);
  }

  has(socket: LiveSocket, traceId: string): boolean {
    return this.#rooms.get(traceId)?.has(socket.id) ?? false;
  }

  countOf(socket: LiveSocket): number {
    let rooms = 0;
    for (const members of this.#rooms.values()) if (members.has(socket.id)) rooms++;
    return rooms;
  }

  /** A client that does not read gets no queue: it asks again when it comes back. */
  tell(traceIds: readonly string[], change: Omit<TraceChange, 'traceId'>): void {
    for (const traceId of traceIds) {
      for (const socket of this.#rooms.get(traceId)?.values() ?? []) {
        if (waitingMessages(socket) <= maxBehindMessages) socket.emit('changed', { traceId, ...change });
      }
    }
  }
}
