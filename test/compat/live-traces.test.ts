/** Traces over a real socket: rows of the list while somebody looks, and word of a trace that is open. */

import { maxRoomsPerClient, maxTraceRooms } from '@fluoroscope/contract/live';
import type { TraceRow } from '@fluoroscope/contract/traces';
import { traceRow } from '@fluoroscope/xray/trace-row';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from './api-on-disk.js';
import { LiveClient, until } from './live-client.js';

let server: ApiOnDisk;
let storedRows: TraceRow[] = [];

beforeAll(async () => {
  const page = () => Promise.resolve({ rows: storedRows, next: null });
  server = await startApiOnDisk({ traceList: { page, total: () => Promise.resolve({ total: 0, isAtLeast: false }) } });
});

afterAll(() => server.close());

describe('the traces room', () => {
  it('asks for rows only while somebody is in it', async () => {
    expect(server.interests).toEqual([]);
    const [first, second] = [await LiveClient.connect(server.api.url), await LiveClient.connect(server.api.url)];
    for (const client of [first, second]) client.socket.emit('join', 'traces');
    await until(() => first.traces.length > 0 && second.traces.length > 0);
    expect(server.interests).toEqual([{ rows: true, traces: [] }]);
    first.socket.emit('leave', 'traces');
    second.close();
    await until(() => server.interests.length === 2);
    expect(server.interests.at(-1)).toEqual({ rows: false, traces: [] });
    first.close();
  });

  it('shows what storage holds, then what comes, and counts what was left out', async () => {
    storedRows = [rowOf(1), rowOf(2)];
    const client = await LiveClient.connect(server.api.url);
    client.socket.emit('join', 'traces');
    await until(() => idsOf(client).size === 2);
    server.sendTraces({ rows: [rowOf(3)], leftOut: 7, unseen: 2 });
    await until(() => idsOf(client).has(rowOf(3).traceId));
    expect(client.traces.findLast(({ rows }) => rows.length > 0)).toMatchObject({ kind: 'delta', leftOut: 7, unseen: 2 });
    const late = await LiveClient.connect(server.api.url);
    late.socket.emit('join', 'traces');
    await until(() => late.traces.length > 0);
    expect(late.traces[0]?.rows.map(({ traceId }) => traceId)).toEqual([3, 2, 1].map((n) => rowOf(n).traceId));
    const sequences = client.traces.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, i) => (sequences[0] ?? 0) + i));
    for (const one of [client, late]) one.close();
  });
});

describe('the room of an open trace', () => {
  it('tells that the trace has changed, and when that is stored, to who has it open', async () => {
    const [open, other] = [await LiveClient.connect(server.api.url), await LiveClient.connect(server.api.url)];
    const { traceId } = rowOf(9);
    open.socket.emit('join', `trace:${traceId}`);
    other.socket.emit('join', `trace:${rowOf(8).traceId}`);
    await until(() => server.interests.at(-1)?.traces.length === 2);
    server.sendTraces({ arrived: [traceId] });
    server.sendTraces({ stored: [traceId] });
    await until(() => open.changes.length === 2);
    expect(open.changes).toMatchObject([
      { traceId, stored: false },
      { traceId, stored: true },
    ]);
    expect(other.changes).toEqual([]);
    open.socket.emit('leave', `trace:${traceId}`);
    other.close();
    await until(() => server.interests.at(-1)?.traces.length === 0);
    open.close();
  });

  it('is refused where it is none, where a client has too many, and where there are too many', async () => {
    const clients: LiveClient[] = [];
    for (let n = 0; n < maxTraceRooms; n += maxRoomsPerClient) {
      const client = await LiveClient.connect(server.api.url);
      for (let i = 0; i <= maxRoomsPerClient; i++) client.socket.emit('join', `trace:${rowOf(n + i).traceId}`);
      clients.push(client);
    }
    const [first] = clients;
    await until(() => (first?.refusals.length ?? 0) > 0 && server.interests.at(-1)?.traces.length === maxTraceRooms);
    expect(first?.refusals[0]).toMatchObject({ code: 'too_many_rooms' });
    const last = await LiveClient.connect(server.api.url);
    for (const room of [`trace:${rowOf(9_999).traceId}`, 'trace:nonsense', 'trace:']) last.socket.emit('join', room);
    await until(() => last.refusals.length === 3);
    expect(last.refusals.map(({ code }) => code)).toEqual(['too_many_traces', 'unknown_room', 'unknown_room']);
    for (const client of [...clients, last]) client.close();
    await until(() => server.interests.at(-1)?.traces.length === 0);
  });
});

function idsOf(client: LiveClient): Set<string> {
  return new Set(client.traces.flatMap(({ rows }) => rows.map(({ traceId }) => traceId)));
}

function rowOf(n: number): TraceRow {
  const start = Math.floor(Date.now() / 60_000) * 60 + n / 1_000;
  const traceId = `1-6b49d200-${n.toString(16).padStart(24, '0')}`;
  return traceRow([{ id: 'a'.repeat(16), trace_id: traceId, name: 'shop', start_time: start, end_time: start + 1 }]);
}
