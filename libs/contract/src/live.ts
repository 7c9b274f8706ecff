/**
 * The live stream over socket.io: every event, both directions. The server and the browser import this file, so a new
 * event is three edits (here, the gateway, the UI).
 *
 * Protocol: the client emits `join` with a room; the server answers with the room's `…:snapshot`, then its deltas.
 * Every message of a room carries `sequence`, which grows by one; on a gap the client leaves and joins again.
 * A client that falls behind is taken out of the room and gets one snapshot when it has drained.
 * Transport: websocket only, path `/socket.io/`.
 */
import type { Refusals } from './audit.js';
import type { PlaceChange, PlacesAnswer } from './control.js';
import type { IngestCounters } from './counters.js';
import type { Deployment } from './deployments.js';
import type { SliceRows } from './graph.js';
import type { GroupsAnswer } from './groups.js';
import type { InsightView, InsightWatch } from './insights.js';
import type { SamplingView } from './sampling.js';
import type { TraceRow } from './traces.js';

/**
 * `graph`: the service graph of the last `liveWindowSeconds`. `ingest`: counters and the last reasons for rejection.
 * `traces`: rows of the trace list, as they begin and as they change. `places`: where people have put the nodes of the map.
 * `deployments`: versions, runtimes and images that were seen for the first time. `sampling`: the sampling rules, and what they
 * are used for. `insights`: incidents, and how they go. `groups`: the saved groups. `audit`: that the trail has grown, and who was refused.
 */
export const rooms = ['graph', 'ingest', 'traces', 'places', 'deployments', 'sampling', 'insights', 'groups', 'audit'] as const;
export type Room = (typeof rooms)[number];

/** Ticks per second of the `graph` room. */
export const liveHz = 10;
/**
 * The room of an open trace: this and its ID. It has no snapshot; `changed` tells that documents have arrived, and once more
 * when they can be read.
 */
export const traceRoomPrefix = 'trace:';
/** Open traces of one api instance. */
export const maxTraceRooms = 500;

/**
 * The room of a group's graph: this and the group's ID. Its messages are `group:…`. Who belongs to a group is known when a trace is
 * stored, so it tells stored slices only, and up to when they are there. As many as there can be groups.
 */
export const groupRoomPrefix = 'graph:';
/** Ticks per second of a group's room; slices are put in place every ten seconds, some seconds after their end. */
export const groupHz = 1;
/** Slices of a group are held for so much longer than the window, because they come later. */
export const groupLagSeconds = 120;

/** Ticks per second of the `ingest` room. */
export const ingestHz = 2;
/** Ticks per second of the `places` room, which is silent while nobody edits. */
export const placesHz = 10;
/** Ticks per second of the `deployments` room, which is silent while nothing new is seen. */
export const deploymentsHz = 2;
/** Ticks per second of the `sampling` room; a rule that is edited is told at once. */
export const samplingHz = 1;
/** Ticks per second of the `insights` room, which is silent while nothing is looked at. */
export const insightsHz = 1;
/** Ticks per second of the `groups` room, which is silent while nobody edits. */
export const groupsHz = 10;
/** Ticks per second of the `audit` room, which is silent while nobody edits or is refused. */
export const auditHz = 1;
/** How much of the graph a snapshot holds, and what the live map shows. */
export const liveWindowSeconds = 300;
/** Rooms that one client may be in. */
export const maxRoomsPerClient = 32;
/** Clients of one api instance. */
export const maxLiveClients = 2_000;

export interface ClientEvents {
  /** Any string may arrive; what is not a room, or one too many, is answered by `refused`. */
  join: (room: string) => void;
  leave: (room: string) => void;
}

export interface ServerEvents {
  'graph:snapshot': (message: GraphSnapshot) => void;
  'graph:delta': (message: GraphDelta) => void;
  'ingest:snapshot': (message: IngestMessage) => void;
  'ingest:delta': (message: IngestMessage) => void;
  'traces:snapshot': (message: TracesSnapshot) => void;
  'traces:delta': (message: TracesDelta) => void;
  'places:snapshot': (message: PlacesSnapshot) => void;
  'places:delta': (message: PlacesDelta) => void;
  changed: (message: TraceChange) => void;
  'deployments:snapshot': (message: DeploymentsMessage) => void;
  'deployments:delta': (message: DeploymentsMessage) => void;
  'sampling:snapshot': (message: SamplingMessage) => void;
  'sampling:delta': (message: SamplingMessage) => void;
  'insights:snapshot': (message: InsightsMessage) => void;
  'insights:delta': (message: InsightsMessage) => void;
  'groups:snapshot': (message: GroupsMessage) => void;
  'groups:delta': (message: GroupsMessage) => void;
  'audit:snapshot': (message: AuditMessage) => void;
  'audit:delta': (message: AuditMessage) => void;
  'group:snapshot': (message: GroupGraphMessage) => void;
  'group:delta': (message: GroupGraphMessage) => void;
  /** A join that was not granted. `reason` is a sentence for a person. */
  refused: (message: { room: string; code: RefusalCode; reason: string }) => void;
}

export type RefusalCode = 'unknown_room' | 'too_many_rooms' | 'too_many_clients' | 'too_many_traces';

export interface GraphSnapshot {
  sequence: number;
  /** The server's clock, epoch milliseconds: data age is measured against it. */
  now: number;
  slices: SliceRows[];
}

export type GraphDelta = GraphSnapshot;

/** As GraphSnapshot, of what the members of one group contribute. */
export interface GroupGraphMessage extends GraphSnapshot {
  groupId: string;
  /** Epoch seconds: slices that end here or earlier are stored. */
  storedTo: number;
  /** Traces of the window belong to the group by an older version of its filter. */
  containsOldGroupVersions: boolean;
}

/** All of them, whenever one has changed. */
export interface GroupsMessage extends GroupsAnswer {
  sequence: number;
  now: number;
}

export interface IngestMessage {
  sequence: number;
  now: number;
  counters: IngestCounters;
}

export interface TracesSnapshot {
  sequence: number;
  now: number;
  /** The newest, absolute. */
  rows: TraceRow[];
}

/** Rows that are new or have changed, absolute, by trace ID. */
export interface TracesDelta extends TracesSnapshot {
  /** Rows that did not fit into this message. */
  leftOut: number;
  /** Traces that have changed, of which not all has been seen here: storage knows them. */
  unseen: number;
}

export interface PlacesSnapshot extends PlacesAnswer {
  sequence: number;
  now: number;
}

/** Whoever made the change gets it too. */
export interface PlacesDelta {
  sequence: number;
  now: number;
  changes: PlaceChange[];
  version: number;
}

/** Documents of a trace whose room the client is in. */
export interface TraceChange {
  traceId: string;
  /** False: they have arrived. True: they are stored, so that asking for the trace answers them. */
  stored: boolean;
  now: number;
}

/** What the api wants of the writer's traces: rows for the list, and word of these traces. */
export interface LiveInterest {
  rows: boolean;
  traces: string[];
}

/** What the writer tells of traces, at most `liveHz` times a second. */
export interface LiveTraces {
  rows: TraceRow[];
  leftOut: number;
  unseen: number;
  /** IDs of wanted traces, of which documents have arrived, or have been stored. */
  arrived: string[];
  stored: string[];
}

/** Absolute, by node, kind and value. A snapshot has the newest only. */
export interface DeploymentsMessage {
  sequence: number;
  now: number;
  deployments: Deployment[];
}

/** All of it, whenever something of it has changed. */
export interface SamplingMessage extends SamplingView {
  sequence: number;
  now: number;
}

/** All of it, whenever something of it has changed. */
export interface AuditMessage {
  sequence: number;
  now: number;
  /** Position of the newest event; null without one. */
  newest: number | null;
  refusals: Refusals;
}

/** Absolute, by ID. A snapshot has the newest and all that are open, a delta those that have changed. */
export interface InsightsMessage {
  sequence: number;
  now: number;
  insights: InsightView[];
  watch: InsightWatch;
}
