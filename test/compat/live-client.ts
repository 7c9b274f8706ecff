/** A client of the live stream that keeps what it is told. */
import type { EdgeRow, NodeRow, SliceRows } from '@fluoroscope/contract/graph';
import { sliceSeconds } from '@fluoroscope/contract/graph';
import type {
  ClientEvents,
  GraphSnapshot,
  GroupGraphMessage,
  GroupsMessage,
  IngestMessage,
  ServerEvents,
  TraceChange,
  TracesSnapshot,
} from '@fluoroscope/contract/live';
import { GraphWindow } from '@fluoroscope/xray/graph-window';
import { io, type Socket } from 'socket.io-client';

export class LiveClient {
  readonly socket: Socket<ServerEvents, ClientEvents>;
  readonly graph: ({ kind: 'snapshot' | 'delta' } & GraphSnapshot)[] = [];
  readonly ingest: ({ kind: 'snapshot' | 'delta' } & IngestMessage)[] = [];
  readonly traces: ({ kind: 'snapshot' | 'delta' } & TracesSnapshot)[] = [];
  readonly groupGraph: ({ kind: 'snapshot' | 'delta' } & GroupGraphMessage)[] = [];
  readonly groups: ({ kind: 'snapshot' | 'delta' } & GroupsMessage)[] = [];
  readonly changes: TraceChange[] = [];
  readonly refusals: { room: string; code: string }[] = [];

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, extraHeaders: headers });
    this.socket.on('graph:snapshot', (message) => this.graph.push({ kind: 'snapshot', ...message }));
    this.socket.on('graph:delta', (message) => this.graph.push({ kind: 'delta', ...message }));
    this.socket.on('ingest:snapshot', (message) => this.ingest.push({ kind: 'snapshot', ...message }));
    this.socket.on('ingest:delta', (message) => this.ingest.push({ kind: 'delta', ...message }));
    this.socket.on('traces:snapshot', (message) => this.traces.push({ kind: 'snapshot', ...message }));
    this.socket.on('traces:delta', (message) => this.traces.push({ kind: 'delta', ...message }));
    this.socket.on('group:snapshot', (message) => this.groupGraph.push({ kind: 'snapshot', ...message }));
    this.socket.on('group:delta', (message) => this.groupGraph.push({ kind: 'delta', ...message }));
    this.socket.on('groups:snapshot', (message) => this.groups.push({ kind: 'snapshot', ...message }));
    this.socket.on('groups:delta', (message) => this.groups.push({ kind: 'delta', ...message }));
    this.socket.on('changed', (message) => this.changes.push(message));
    this.socket.on('refused', (message) => this.refusals.push(message));
  }

  static async connect(url: string, headers: Record<string, string> = {}): Promise<LiveClient> {
    const client = new LiveClient(url, headers);
    await new Promise<void>((resolve, reject) => {
      client.socket.once('connect', resolve);
      client.socket.once('connect_error', reject);
    });
    return client;
  }

  /** The graph that a page would show after everything so far. */
  shown(messages: readonly ({ kind: 'snapshot' | 'delta' } & GraphSnapshot)[] = this.graph): SliceRows[] {
    const window = new GraphWindow();
    for (const { kind, slices } of messages) {
      if (kind === 'snapshot') window.replaceAll(slices);
      else window.apply(slices);
    }
    return window
      .snapshot()
      .map(({ slice, nodes, edges }) => ({ slice, stored: true, nodes: [...nodes].sort(), edges: [...edges].sort() }));
  }

  close(): void {
    this.socket.disconnect();
  }
}

/** Resolves when `holds` does, which is looked at every few milliseconds. */
export async function until(holds: () => boolean, withinMs = 30_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it did not come about in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function currentSlice(): number {
  return Math.floor(Date.now() / 1000 / sliceSeconds);
}

export function nodeRow(name: string, ok: number): NodeRow {
  return [name, 'AWS::EC2::Instance', '', true, false, [ok, 0, 0, 0, 0, ok * 1000, [1, ok]]];
}

export function edgeRow(caller: string, callee: string, ok: number): EdgeRow {
  return [
    [caller, 'AWS::EC2::Instance', ''],
    [callee, 'AWS::EC2::Instance', ''],
    [ok, 0, 0, 0, 0, ok * 1000, [1, ok]],
  ];
}
