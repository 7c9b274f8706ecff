/**
 * The rooms of groups. Who belongs to a group is known when a trace is stored, so while somebody is in such a room, storage is asked
 * once a second which slices of the group were put in place: one question for all rooms, and one for each group of which some were.
 * Nobody else tells of them, so no message about them can be lost.
 *
 * A room is there while somebody is in it, and as long as its group is: there are never more than groups.
 */
import type { GraphReader, StoredGroupSlices } from '@fluoroscope/clickhouse/graph-reader';
import { type GroupRecord, groupIdLength } from '@fluoroscope/contract/groups';
import { groupHz, groupRoomPrefix } from '@fluoroscope/contract/live';
import { latestFilter } from '@fluoroscope/xray/groups';
import type { ApiTally } from '../counters.js';
import type { ControlSource } from '../dashboard/control-source.js';
import type { ApiLogger } from '../tokens.js';
import { windowSlicesAt } from './graph-room.js';
import { GroupGraph, groupWindowSeconds } from './group-graph.js';
import { LiveRoom } from './room.js';
import { RoomClock } from './room-clock.js';
import type { LiveServer, LiveSocket } from './socket.js';

export interface GroupRoomsOptions {
  server: LiveServer;
  reader: GraphReader;
  control: ControlSource;
  tally: ApiTally;
  logger: ApiLogger;
}

interface GroupRoom {
  graph: GroupGraph;
  live: LiveRoom;
  /** The version of the filter by which older members were last looked for; 0 before anything was read. */
  filterVersion: number;
}

/** The group that a room of this name is about; null for any other name. */
export function groupOfRoom(name: string): string | null {
  const groupId = name.slice(groupRoomPrefix.length);
  return name.startsWith(groupRoomPrefix) && groupId.length === groupIdLength ? groupId : null;
}

export class GroupRooms {
  readonly #options: GroupRoomsOptions;
  readonly #rooms = new Map<string, GroupRoom>();
  readonly #clock = new RoomClock(1_000 / groupHz, (nowMs) => void this.#look(nowMs));
  #isLooking = false;
  #hasFailed = false;
  #isClosed = false;

  constructor(options: GroupRoomsOptions) {
    this.#options = options;
  }

  /** False when there is no such group. The snapshot comes when its slices have been read. */
  join(socket: LiveSocket, groupId: string): boolean {
    if (this.#group(groupId) === undefined) return false;
    const room = this.#rooms.get(groupId) ?? this.#open(groupId);
    room.live.join(socket);
    this.#clock.news();
    return true;
  }

  leave(socket: LiveSocket, groupId: string): void {
    const room = this.#rooms.get(groupId);
    room?.live.leave(socket);
    if (room?.live.isOccupied === false) this.#rooms.delete(groupId);
  }

  leaveAll(socket: LiveSocket): void {
    for (const groupId of this.#rooms.keys()) this.leave(socket, groupId);
  }

  has(socket: LiveSocket, groupId: string): boolean {
    return this.#rooms.get(groupId)?.live.has(socket) ?? false;
  }

  countOf(socket: LiveSocket): number {
    return [...this.#rooms.values()].filter(({ live }) => live.has(socket)).length;
  }

  stop(): void {
    this.#isClosed = true;
    this.#clock.stop();
  }

  #group(groupId: string): GroupRecord | undefined {
    return this.#options.control.state.groups.records().find(({ id }) => id === groupId);
  }

  #open(groupId: string): GroupRoom {
    const { server, tally } = this.#options;
    const graph = new GroupGraph(groupId, Date.now());
    const live = new LiveRoom({ room: groupRoomPrefix + groupId, event: 'group', server, contents: graph, tally });
    const room = { graph, live, filterVersion: 0 };
    this.#rooms.set(groupId, room);
    return room;
  }

  /** A look that takes longer than a beat is not overtaken by the next. */
  async #look(nowMs: number): Promise<void> {
    if (this.#isLooking || this.#rooms.size === 0) return;
    this.#isLooking = true;
    try {
      await this.#readAll(nowMs);
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed && !this.#isClosed)
        this.#options.logger.warn({ err: error }, 'the slices of groups cannot be read; their rooms show what was read before');
      this.#hasFailed = true;
    } finally {
      this.#isLooking = false;
    }
  }

  async #readAll(nowMs: number): Promise<void> {
    const { first } = windowSlicesAt(nowMs, groupWindowSeconds);
    const found = await this.#options.reader.groupSlices([...this.#rooms.keys()], first);
    for (const [groupId, room] of this.#rooms) {
      const group = this.#group(groupId);
      if (group === undefined) this.#rooms.delete(groupId);
      else if (found.versions.has(groupId)) await this.#read(room, { group, found, nowMs });
    }
  }

  async #read(room: GroupRoom, { group, found, nowMs }: { group: GroupRecord; found: StoredGroupSlices; nowMs: number }): Promise<void> {
    const { reader } = this.#options;
    const { graph, live } = room;
    const changed = graph.changed(found.versions.get(group.id) ?? new Map());
    const slices = changed === null ? [] : await reader.slices(changed.first, changed.last, { groupId: group.id });
    const latest = latestFilter(group).version;
    if (changed !== null || latest !== room.filterVersion) {
      const range = { from: nowMs / 1_000 - groupWindowSeconds, to: nowMs / 1_000 };
      graph.containsOldGroupVersions = await reader.hasOldMembers(range, { id: group.id, latest });
      room.filterVersion = latest;
    }
    graph.take(slices, found, { nowMs, sinceMs: group.filters[0]?.sinceMs ?? 0 });
    live.tick(nowMs);
  }
}
