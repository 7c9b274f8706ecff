/**
 * One room of the live stream. Its clock ticks; a tick emits at most one delta, encoded once for the whole room, and then
 * one snapshot to everyone who waits to join, encoded once too. So a snapshot carries the sequence of the delta before it:
 * a member misses none and gets none twice, and many joins cost no more than one per tick.
 *
 * A member whose connection holds back more than `maxBehindMessages` leaves the room and waits to join again, which it
 * does when its connection has drained: a slow client gets snapshots at its own pace, and never a queue.
 */
import type { Room, ServerEvents } from '@fluoroscope/contract/live';
import type { ApiTally } from '../counters.js';
import { isDrained, type LiveServer, type LiveSocket, waitingMessages } from './socket.js';

/** Two seconds of the graph room. */
export const maxBehindMessages = 20;

/** A quiet room says so this often, so that a client can tell quiet from gone. */
const heartbeatMs = 1_000;

/** Also after the clock was put back. */
export function isBeatDue(lastDeltaAtMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - lastDeltaAtMs) >= heartbeatMs;
}

/** What a room is about. Both messages are plain data; the room adds sequence and time. */
export interface RoomContents {
  /** Everything, for who joins now. */
  snapshot(nowMs: number): object;
  /** What changed since the last call; null when there is nothing to say. */
  delta(nowMs: number): object | null;
}

export interface LiveRoomOptions {
  room: string;
  /** How its messages begin. */
  event: Room | 'group';
  server: LiveServer;
  contents: RoomContents;
  tally: ApiTally;
}

export class LiveRoom {
  readonly #room: string;
  readonly #event: Room | 'group';
  readonly #server: LiveServer;
  readonly #contents: RoomContents;
  readonly #tally: ApiTally;
  readonly #members = new Map<string, LiveSocket>();
  readonly #joining = new Map<string, LiveSocket>();
  #sequence = 0;

  constructor({ room, event, server, contents, tally }: LiveRoomOptions) {
    this.#room = room;
    this.#event = event;
    this.#server = server;
    this.#contents = contents;
    this.#tally = tally;
  }

  /** The snapshot comes with the next tick. A member that joins again starts over. */
  join(socket: LiveSocket): void {
    this.leave(socket);
    this.#joining.set(socket.id, socket);
  }

  leave(socket: LiveSocket): void {
    this.#joining.delete(socket.id);
    if (this.#members.delete(socket.id)) void socket.leave(this.#room);
  }

  /** Somebody is here, or waits to come in. */
  get isOccupied(): boolean {
    return this.#members.size > 0 || this.#joining.size > 0;
  }

  has(socket: LiveSocket): boolean {
    return this.#members.has(socket.id) || this.#joining.has(socket.id);
  }

  tick(nowMs: number): void {
    this.#suspendLagging();
    const delta = this.#contents.delta(nowMs);
    if (delta !== null) this.#emit(this.#room, 'delta', { sequence: ++this.#sequence, now: nowMs, ...delta });
    this.#admitJoining(nowMs);
  }

  #suspendLagging(): void {
    for (const socket of this.#members.values()) {
      if (waitingMessages(socket) <= maxBehindMessages) continue;
      this.#tally.laggedRooms++;
      this.join(socket);
    }
  }

  #admitJoining(nowMs: number): void {
    const ready = [...this.#joining.values()].filter(isDrained);
    if (ready.length === 0) return;
    this.#emit(
      ready.map(({ id }) => id),
      'snapshot',
      { sequence: this.#sequence, now: nowMs, ...this.#contents.snapshot(nowMs) },
    );
    for (const socket of ready) {
      this.#joining.delete(socket.id);
      this.#members.set(socket.id, socket);
      void socket.join(this.#room);
    }
  }

  #emit(to: string | string[], kind: 'snapshot' | 'delta', message: object): void {
    const event: keyof ServerEvents = `${this.#event}:${kind}`;
    this.#server.to(to).emit(event, message);
  }
}
