/**
 * The live stream's door: who may connect, which rooms there are, and whose clock ticks. Websocket only, no compression,
 * small incoming messages. Every refusal is an event; what is not in the contract is counted and ignored.
 */

import type { GraphReader } from '@fluoroscope/clickhouse/graph-reader';
import type { TraceListReader } from '@fluoroscope/clickhouse/trace-list-reader';
import { socketPath } from '@fluoroscope/contract/addresses';
import type { ShardRows } from '@fluoroscope/contract/graph';
import {
  auditHz,
  type ClientEvents,
  deploymentsHz,
  groupsHz,
  ingestHz,
  insightsHz,
  type LiveTraces,
  liveHz,
  maxLiveClients,
  maxRoomsPerClient,
  maxTraceRooms,
  placesHz,
  type RefusalCode,
  type Room,
  samplingHz,
} from '@fluoroscope/contract/live';
import { Inject, type OnApplicationShutdown } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { Gate } from '../access/gate.js';
import { ApiTally } from '../counters.js';
import type { ControlSource } from '../dashboard/control-source.js';
import { InsightEvaluator } from '../insights/insight-evaluator.js';
import { InsightViews } from '../insights/insight-views.js';
import {
  type ApiLogger,
  accessGate,
  apiLogger,
  controlSource,
  graphReader,
  ingestSource,
  liveSource,
  statisticsSource,
  traceListReader,
} from '../tokens.js';
import type { StatisticsSource } from '../xray/statistics-source.js';
import { AuditRoom } from './audit-room.js';
import { DeploymentsRoom } from './deployments-room.js';
import { GraphRoom, windowSlicesAt } from './graph-room.js';
import { GroupRooms, groupOfRoom } from './group-rooms.js';
import { GroupsRoom } from './groups-room.js';
import { IngestRoom, type IngestSource } from './ingest-room.js';
import { InsightsRoom } from './insights-room.js';
import type { LiveSource } from './live-source.js';
import { PlacesRoom } from './places-room.js';
import { LiveRoom, maxBehindMessages, type RoomContents } from './room.js';
import { RoomClock } from './room-clock.js';
import { SamplingRoom } from './sampling-room.js';
import { type LiveServer, type LiveSocket, waitingMessages } from './socket.js';
import { TraceRooms, traceOfRoom } from './trace-rooms.js';
import { TracesRoom } from './traces-room.js';

/** A join is a few dozen bytes. */
const maxMessageBytes = 4_096;
/** Between attempts to read the stored slices, while storage is away. */
const loadRetryMs = 2_000;
const clientEvents: ReadonlySet<string> = new Set<keyof ClientEvents>(['join', 'leave']);

@WebSocketGateway({
  path: socketPath,
  transports: ['websocket'],
  serveClient: false,
  perMessageDeflate: false,
  maxHttpBufferSize: maxMessageBytes,
  connectTimeout: 10_000,
})
export class LiveGateway implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect, OnApplicationShutdown {
  readonly #graph = new GraphRoom(Date.now());
  readonly #rooms = new Map<string, LiveRoom>();
  readonly #stops: (() => void)[] = [];
  #closed = false;
  #loadFailed = false;
  #retry: NodeJS.Timeout | undefined;
  readonly #traces: TracesRoom;
  readonly #openTraces = new TraceRooms();
  #groups: GroupRooms | undefined;
  /** What the writer was last asked for. */
  #interest = JSON.stringify({ rows: false, traces: [] });

  constructor(
    @Inject(apiLogger) private readonly logger: ApiLogger,
    @Inject(graphReader) private readonly reader: GraphReader,
    @Inject(liveSource) private readonly source: LiveSource,
    @Inject(ingestSource) private readonly ingest: IngestSource,
    @Inject(controlSource) private readonly control: ControlSource,
    @Inject(statisticsSource) private readonly statistics: StatisticsSource,
    @Inject(ApiTally) private readonly tally: ApiTally,
    @Inject(accessGate) private readonly gate: Gate | null,
    @Inject(InsightViews) private readonly views: InsightViews,
    @Inject(InsightEvaluator) private readonly evaluator: InsightEvaluator,
    @Inject(traceListReader) list: TraceListReader,
  ) {
    this.#traces = new TracesRoom(list, (err) => this.logger.warn({ err }, 'the newest traces cannot be read; the live list starts empty'));
  }

  afterInit(server: LiveServer): void {
    const clock = this.addRoom(server, 'graph', this.#graph, liveHz);
    this.addRoom(server, 'ingest', new IngestRoom(this.ingest, this.tally), ingestHz);
    const places = new PlacesRoom(this.control);
    this.addRoom(server, 'places', places, placesHz);
    this.#stops.push(places.follow());
    const sampling = new SamplingRoom(this.control, this.statistics);
    const samplingClock = this.addRoom(server, 'sampling', sampling, samplingHz);
    this.#stops.push(sampling.follow(() => samplingClock.news()));
    const deployments = new DeploymentsRoom();
    this.addRoom(server, 'deployments', deployments, deploymentsHz);
    this.#stops.push(this.source.onDeployments((news) => deployments.apply(news)));
    const insights = new InsightsRoom(this.views);
    this.addRoom(server, 'insights', insights, insightsHz);
    this.#stops.push(insights.follow(this.control, this.evaluator));
    const groups = new GroupsRoom(this.control);
    this.addRoom(server, 'groups', groups, groupsHz);
    this.#stops.push(groups.follow());
    this.addRoom(server, 'audit', new AuditRoom(this.control, this.gate), auditHz);
    const { reader, control, tally, logger } = this;
    const ofGroups = new GroupRooms({ server, reader, control, tally, logger });
    this.#groups = ofGroups;
    this.#stops.push(() => ofGroups.stop());
    this.#stops.push(this.source.onSlices((rows) => this.applyLive(rows, clock)));
    const traceClock = this.addRoom(server, 'traces', this.#traces, liveHz);
    this.#stops.push(this.source.onTraces((traces) => this.applyTraces(traces, traceClock)));
    void this.loadStored();
  }

  onApplicationShutdown(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#traces.close();
    for (const stop of this.#stops.splice(0)) stop();
  }

  handleConnection(socket: LiveSocket): void {
    if (this.tally.liveClients >= maxLiveClients) {
      this.tally.refusedLiveClients++;
      refuse(socket, '', 'too_many_clients');
      socket.disconnect(true);
      return;
    }
    this.tally.liveClients++;
    socket.once('disconnect', () => this.tally.liveClients--);
    socket.onAny((event: string) => {
      if (!clientEvents.has(event)) this.tally.malformedEvents++;
    });
  }

  handleDisconnect(socket: LiveSocket): void {
    for (const room of this.#rooms.values()) room.leave(socket);
    this.#openTraces.leaveAll(socket);
    this.#groups?.leaveAll(socket);
    this.askWriter();
  }

  @SubscribeMessage('join')
  join(@ConnectedSocket() socket: LiveSocket, @MessageBody() name: unknown): void {
    if (typeof name !== 'string') {
      this.tally.malformedEvents++;
      return;
    }
    const [traceId, groupId] = [traceOfRoom(name), groupOfRoom(name)];
    if (traceId !== null) this.joinTrace(socket, traceId, name);
    else if (groupId !== null) this.joinGroup(socket, groupId, name);
    else this.joinRoom(socket, name);
    this.askWriter();
  }

  @SubscribeMessage('leave')
  leave(@ConnectedSocket() socket: LiveSocket, @MessageBody() name: unknown): void {
    if (typeof name !== 'string') {
      this.tally.malformedEvents++;
      return;
    }
    const [traceId, groupId] = [traceOfRoom(name), groupOfRoom(name)];
    if (traceId !== null) this.#openTraces.leave(socket, traceId);
    else if (groupId !== null) this.#groups?.leave(socket, groupId);
    else this.#rooms.get(name)?.leave(socket);
    this.askWriter();
  }

  private joinRoom(socket: LiveSocket, name: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined) this.refuseJoin(socket, name, 'unknown_room');
    else if (!room.has(socket) && this.roomsOf(socket) >= maxRoomsPerClient) this.refuseJoin(socket, name, 'too_many_rooms');
    else room.join(socket);
  }

  private joinTrace(socket: LiveSocket, traceId: string, name: string): void {
    if (this.#openTraces.has(socket, traceId)) return;
    if (this.roomsOf(socket) >= maxRoomsPerClient) this.refuseJoin(socket, name, 'too_many_rooms');
    else if (!this.#openTraces.join(socket, traceId)) this.refuseJoin(socket, name, 'too_many_traces');
  }

  private joinGroup(socket: LiveSocket, groupId: string, name: string): void {
    const isHere = this.#groups?.has(socket, groupId) ?? false;
    if (!isHere && this.roomsOf(socket) >= maxRoomsPerClient) this.refuseJoin(socket, name, 'too_many_rooms');
    else if (!this.#groups?.join(socket, groupId)) this.refuseJoin(socket, name, 'unknown_room');
  }

  private addRoom(server: LiveServer, room: Room, contents: RoomContents, hz: number): RoomClock {
    const live = new LiveRoom({ room, event: room, server, contents, tally: this.tally });
    this.#rooms.set(room, live);
    const clock = new RoomClock(1000 / hz, (nowMs) => live.tick(nowMs));
    this.#stops.push(() => clock.stop());
    return clock;
  }

  private applyLive(rows: readonly ShardRows[], clock: RoomClock): void {
    this.#graph.apply(rows);
    clock.news();
    this.tally.ignoredLiveRows = this.#graph.ignoredRows;
  }

  private applyTraces(traces: LiveTraces, clock: RoomClock): void {
    this.#traces.apply(traces);
    if (traces.rows.length > 0) clock.news();
    const now = Date.now();
    this.#openTraces.tell(traces.arrived, { stored: false, now });
    this.#openTraces.tell(traces.stored, { stored: true, now });
  }

  /** So that the writer does for traces what somebody here looks at, and no more. */
  private askWriter(): void {
    const rows = this.#rooms.get('traces')?.isOccupied ?? false;
    if (rows) this.#traces.open();
    else this.#traces.close();
    const interest = { rows, traces: this.#openTraces.traces() };
    const said = JSON.stringify(interest);
    if (said === this.#interest) return;
    this.#interest = said;
    this.source.watch(interest);
  }

  private async loadStored(): Promise<void> {
    try {
      const { first, last } = windowSlicesAt(Date.now());
      this.#graph.load(await this.reader.slices(first, last));
    } catch (error) {
      if (this.#closed) return;
      if (!this.#loadFailed)
        this.logger.warn({ err: error }, 'the stored slices cannot be read yet; the live graph starts with what arrives');
      this.#loadFailed = true;
      this.#retry = setTimeout(() => void this.loadStored(), loadRetryMs);
    }
  }

  private roomsOf(socket: LiveSocket): number {
    let rooms = 0;
    for (const room of this.#rooms.values()) if (room.has(socket)) rooms++;
    return rooms + this.#openTraces.countOf(socket) + (this.#groups?.countOf(socket) ?? 0);
  }

  private refuseJoin(socket: LiveSocket, room: string, code: RefusalCode): void {
    this.tally.refusedJoins++;
    refuse(socket, room, code);
  }
}

const reasons: Record<RefusalCode, string> = {
  unknown_room: 'There is no such room',
  too_many_rooms: `A client may be in at most ${maxRoomsPerClient} rooms`,
  too_many_traces: `At most ${maxTraceRooms} traces can be followed at once`,
  too_many_clients: `This installation serves at most ${maxLiveClients} live clients`,
};

const shownRoomLength = 64;

/** A client that asks without reading gets no queue of refusals. */
function refuse(socket: LiveSocket, room: string, code: RefusalCode): void {
  if (waitingMessages(socket) > maxBehindMessages) return;
  socket.emit('refused', { room: room.slice(0, shownRoomLength), code, reason: reasons[code] });
}
