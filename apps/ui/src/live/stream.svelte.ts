/**
 * The socket: joins the rooms, checks that no message of a room is missing, and knows how the connection is.
 *
 * Websocket only. A gap in a room's sequence leaves and joins again, which brings a snapshot. While the page is hidden the
 * rooms are left: a snapshot on return is cheaper than a backlog.
 */
import { socketPath } from '@fluoroscope/contract/addresses';
import {
  type AuditMessage,
  type ClientEvents,
  type DeploymentsMessage,
  type GraphSnapshot,
  type GroupGraphMessage,
  type GroupsMessage,
  groupRoomPrefix,
  type IngestMessage,
  type InsightsMessage,
  type PlacesDelta,
  type PlacesSnapshot,
  type Room,
  type SamplingMessage,
  type ServerEvents,
  type TraceChange,
  type TracesDelta,
  type TracesSnapshot,
  traceRoomPrefix,
} from '@fluoroscope/contract/live';
import { io, type Socket } from 'socket.io-client';
import { session } from '../session/session.svelte.js';

export interface StreamHandlers {
  graphSnapshot(message: GraphSnapshot): void;
  graphDelta(message: GraphSnapshot): void;
  groupSnapshot(message: GroupGraphMessage): void;
  groupDelta(message: GroupGraphMessage): void;
  ingest(message: IngestMessage): void;
}

export interface TracesHandlers {
  tracesSnapshot(message: TracesSnapshot): void;
  tracesDelta(message: TracesDelta): void;
}

export interface PlacesHandlers {
  placesSnapshot(message: PlacesSnapshot): void;
  placesDelta(message: PlacesDelta): void;
}

/** Of the contract's, or the room of the group whose graph is wanted. */
type AnyRoom = Room | 'group';

/** Rooms with so little in them that they are kept while nobody sees the page. */
const keptRooms: ReadonlySet<AnyRoom> = new Set(['ingest', 'places', 'deployments', 'sampling', 'insights', 'groups']);

const reconnectMinMs = 500;
const reconnectMaxMs = 5_000;

export class LiveStream {
  connected = $state.raw(false);
  /** A connection was there before. */
  everConnected = $state.raw(false);
  /** Attempts since the connection was lost. */
  attempt = $state.raw(0);
  /** Why a room was refused; null when none was. */
  refusal = $state.raw<string | null>(null);
  /** The client's clock at the last message of any room; null before the first. */
  heardAt: number | null = null;

  readonly #socket: Socket<ServerEvents, ClientEvents>;
  readonly #handlers: StreamHandlers;
  readonly #sequences = new Map<AnyRoom, number>();
  /** Whoever shows the trace list; without it the room is not joined. */
  #traces: TracesHandlers | null = null;
  #deployments: ((message: DeploymentsMessage) => void) | null = null;
  #sampling: ((message: SamplingMessage) => void) | null = null;
  #insights: ((message: InsightsMessage, isWhole: boolean) => void) | null = null;
  #groups: ((message: GroupsMessage) => void) | null = null;
  #audit: ((message: AuditMessage) => void) | null = null;
  /** ID of the group whose graph is wanted. */
  #groupId: string | null = null;
  /** Whoever draws the map. */
  #places: PlacesHandlers | null = null;
  /** Rooms that are joined whenever there is a connection, most of them only while the page is seen. */
  readonly #wanted = new Set<AnyRoom>(['ingest']);

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers;
    this.#socket = io({
      path: socketPath,
      transports: ['websocket'],
      autoConnect: false,
      reconnectionDelay: reconnectMinMs,
      reconnectionDelayMax: reconnectMaxMs,
    });
  }

  /** Connects; the answer disconnects. */
  listen(): () => void {
    this.#listenToConnection();
    this.#listenToTelemetry();
    this.#listenToOthers();
    const visibility = () => {
      for (const room of this.#wanted) if (!keptRooms.has(room)) this.#turn(room, true);
    };
    document.addEventListener('visibilitychange', visibility);
    this.#socket.connect();
    return () => {
      document.removeEventListener('visibilitychange', visibility);
      this.#socket.removeAllListeners();
      this.#socket.disconnect();
    };
  }

  /** Stays in the room `traces`, over every reconnect, until the answer is called. */
  followTraces(handlers: TracesHandlers): () => void {
    this.#traces = handlers;
    return this.#stay('traces', () => {
      this.#traces = null;
    });
  }

  /** Stays in the room `places`, over every reconnect, until the answer is called. */
  followPlaces(handlers: PlacesHandlers): () => void {
    this.#places = handlers;
    return this.#stay('places', () => {
      this.#places = null;
    });
  }

  /** Stays in the room `deployments`, over every reconnect, until the answer is called. */
  followDeployments(handler: (message: DeploymentsMessage) => void): () => void {
    this.#deployments = handler;
    return this.#stay('deployments', () => {
      this.#deployments = null;
    });
  }

  /** Stays in the room `sampling`, over every reconnect, until the answer is called. */
  followSampling(handler: (message: SamplingMessage) => void): () => void {
    this.#sampling = handler;
    return this.#stay('sampling', () => {
      this.#sampling = null;
    });
  }

  /** Stays in the room `insights`, over every reconnect, until the answer is called. */
  followInsights(handler: (message: InsightsMessage, isWhole: boolean) => void): () => void {
    this.#insights = handler;
    return this.#stay('insights', () => {
      this.#insights = null;
    });
  }

  /** Stays in the room `groups`, over every reconnect, until the answer is called. */
  followGroups(handler: (message: GroupsMessage) => void): () => void {
    this.#groups = handler;
    return this.#stay('groups', () => {
      this.#groups = null;
    });
  }

  /** Stays in the room `audit`, over every reconnect, until the answer is called. */
  followAudit(handler: (message: AuditMessage) => void): () => void {
    this.#audit = handler;
    return this.#stay('audit', () => {
      this.#audit = null;
    });
  }

  /** Stays in the room of the group of this ID, and in no other group's; null: in none. */
  wantGroup(groupId: string | null): void {
    if (groupId === this.#groupId) return;
    this.want('group', false);
    this.#groupId = groupId;
    this.want('group', groupId !== null);
  }

  /** Calls when documents of the trace have been stored, and after every reconnect, until the answer is called. */
  followTrace(traceId: string, changed: () => void): () => void {
    const room = traceRoomPrefix + traceId;
    const join = () => {
      this.#socket.emit('join', room);
      changed();
    };
    const follow = (message: TraceChange) => {
      if (message.traceId === traceId && message.stored) changed();
    };
    this.#socket.on('connect', join);
    this.#socket.on('changed', follow);
    if (this.#socket.connected) this.#socket.emit('join', room);
    return () => {
      this.#socket.off('connect', join);
      this.#socket.off('changed', follow);
      if (this.#socket.connected) this.#socket.emit('leave', room);
    };
  }

  /** Whether the messages of a room are wanted from now on. */
  want(room: AnyRoom, wanted: boolean): void {
    if (wanted === this.#wanted.has(room)) return;
    if (wanted) this.#wanted.add(room);
    else this.#wanted.delete(room);
    this.#turn(room, wanted);
  }

  #stay(room: AnyRoom, left: () => void): () => void {
    this.want(room, true);
    return () => {
      left();
      this.want(room, false);
    };
  }

  #turn(room: AnyRoom, joined: boolean): void {
    if (joined && (keptRooms.has(room) || !document.hidden)) this.#join(room);
    else this.#leave(room);
  }

  #listenToConnection(): void {
    this.#socket.on('connect', () => {
      this.connected = true;
      this.everConnected = true;
      this.attempt = 0;
      this.refusal = null;
      this.heardAt = Date.now();
      this.#sequences.clear();
      for (const room of this.#wanted) this.#turn(room, true);
    });
    this.#socket.on('disconnect', (reason) => {
      this.connected = false;
      this.attempt = 1;
      // The client library gives up when the server closes; a server that restarts does just that.
      if (reason === 'io server disconnect') this.#socket.connect();
    });
    this.#socket.on('connect_error', () => {
      void session.check();
      this.attempt++;
    });
    this.#socket.on('refused', ({ reason }) => {
      this.refusal = reason;
    });
  }

  /** What was measured. */
  #listenToTelemetry(): void {
    this.#socket.on('graph:snapshot', (message) => {
      this.#begin('graph', message.sequence);
      this.#handlers.graphSnapshot(message);
    });
    this.#socket.on('graph:delta', (message) => {
      if (this.#continues('graph', message.sequence)) this.#handlers.graphDelta(message);
    });
    this.#socket.on('ingest:snapshot', (message) => {
      this.#begin('ingest', message.sequence);
      this.#handlers.ingest(message);
    });
    this.#socket.on('ingest:delta', (message) => {
      if (this.#continues('ingest', message.sequence)) this.#handlers.ingest(message);
    });
    this.#socket.on('group:snapshot', (message) => {
      if (message.groupId !== this.#groupId) return;
      this.#begin('group', message.sequence);
      this.#handlers.groupSnapshot(message);
    });
    this.#socket.on('group:delta', (message) => {
      if (message.groupId === this.#groupId && this.#continues('group', message.sequence)) this.#handlers.groupDelta(message);
    });
    this.#socket.on('traces:snapshot', (message) => {
      this.#begin('traces', message.sequence);
      this.#traces?.tracesSnapshot(message);
    });
    this.#socket.on('traces:delta', (message) => {
      if (this.#continues('traces', message.sequence)) this.#traces?.tracesDelta(message);
    });
  }

  /** What people have made of it, and what was noticed. */
  #listenToOthers(): void {
    this.#socket.on('places:snapshot', (message) => {
      this.#begin('places', message.sequence);
      this.#places?.placesSnapshot(message);
    });
    this.#socket.on('places:delta', (message) => {
      if (this.#continues('places', message.sequence)) this.#places?.placesDelta(message);
    });
    this.#socket.on('deployments:snapshot', (message) => {
      this.#begin('deployments', message.sequence);
      this.#deployments?.(message);
    });
    this.#socket.on('deployments:delta', (message) => {
      if (this.#continues('deployments', message.sequence)) this.#deployments?.(message);
    });
    this.#socket.on('sampling:snapshot', (message) => {
      this.#begin('sampling', message.sequence);
      this.#sampling?.(message);
    });
    this.#socket.on('sampling:delta', (message) => {
      if (this.#continues('sampling', message.sequence)) this.#sampling?.(message);
    });
    this.#socket.on('insights:snapshot', (message) => {
      this.#begin('insights', message.sequence);
      this.#insights?.(message, true);
    });
    this.#socket.on('insights:delta', (message) => {
      if (this.#continues('insights', message.sequence)) this.#insights?.(message, false);
    });
    this.#socket.on('groups:snapshot', (message) => {
      this.#begin('groups', message.sequence);
      this.#groups?.(message);
    });
    this.#socket.on('groups:delta', (message) => {
      if (this.#continues('groups', message.sequence)) this.#groups?.(message);
    });
    this.#socket.on('audit:snapshot', (message) => {
      this.#begin('audit', message.sequence);
      this.#audit?.(message);
    });
    this.#socket.on('audit:delta', (message) => {
      if (this.#continues('audit', message.sequence)) this.#audit?.(message);
    });
  }

  #begin(room: AnyRoom, sequence: number): void {
    this.heardAt = Date.now();
    this.#sequences.set(room, sequence);
  }

  /** Whether the message is the next one. A late copy is dropped; a gap asks for a snapshot. */
  #continues(room: AnyRoom, sequence: number): boolean {
    this.heardAt = Date.now();
    const last = this.#sequences.get(room);
    if (last === undefined || sequence <= last) return false;
    if (sequence === last + 1) {
      this.#sequences.set(room, sequence);
      return true;
    }
    this.#leave(room);
    this.#join(room);
    return false;
  }

  #join(room: AnyRoom): void {
    if (this.#socket.connected) this.#socket.emit('join', this.#nameOf(room));
  }

  #leave(room: AnyRoom): void {
    this.#sequences.delete(room);
    if (this.#socket.connected) this.#socket.emit('leave', this.#nameOf(room));
  }

  #nameOf(room: AnyRoom): string {
    return room === 'group' ? groupRoomPrefix + this.#groupId : room;
  }
}
