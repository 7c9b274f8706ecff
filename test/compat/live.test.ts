/** The live stream over a real socket, as the page uses it and as others might. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { NodeRow } from '@fluoroscope/contract/graph';
import { liveHz, maxLiveClients } from '@fluoroscope/contract/live';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiOnDisk, startApiOnDisk } from './api-on-disk.js';
import { currentSlice, edgeRow, LiveClient, nodeRow, until } from './live-client.js';
import { rawCall } from './raw-http.js';

let server: ApiOnDisk;

beforeAll(async () => {
  server = await startApiOnDisk();
});

afterAll(() => server.close());

describe('the graph room', () => {
  it('begins with a snapshot, goes on without a gap, and shows every client the same', async () => {
    const slice = currentSlice();
    const clients: LiveClient[] = [];
    for (let round = 1; round <= 30; round++) {
      server.send([{ slice, stored: false, nodes: [nodeRow('shop', round)], edges: [edgeRow('shop', `callee ${round % 3}`, round)] }]);
      if (round % 10 === 1) clients.push(await joined('graph'));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until(() => clients.every((client) => client.shown()[0]?.nodes[0]?.[5][0] === 30));
    for (const client of clients) {
      expect(client.graph[0]?.kind).toBe('snapshot');
      expect(client.graph.slice(1).every(({ kind }) => kind === 'delta')).toBe(true);
      const sequences = client.graph.map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.map((_, i) => (sequences[0] ?? 0) + i));
      expect(client.shown()).toEqual(clients[0]?.shown());
    }
    expect(clients[0]?.shown()[0]?.edges).toHaveLength(3);
    for (const client of clients) client.close();
  });

  it('sends what came between two ticks as one delta with the last values', async () => {
    const client = await joined('graph');
    const slice = currentSlice();
    const before = client.graph.length;
    for (let ok = 1; ok <= 500; ok++) server.send([{ slice, stored: false, nodes: [nodeRow('busy', ok)], edges: [] }]);
    await until(() =>
      client.graph.some(({ slices }) => slices.some(({ nodes }) => nodes.some(([name, , , , , [ok]]) => name === 'busy' && ok === 500))),
    );
    const told = client.graph.slice(before).filter(({ slices }) => slices.some(({ nodes }) => nodes.some(([name]) => name === 'busy')));
    expect(told).toHaveLength(1);
    client.close();
  });

  it('replaces the live rows of a slice by the stored ones', async () => {
    const client = await joined('graph');
    const slice = currentSlice() - 5;
    server.send([{ slice, stored: false, nodes: [nodeRow('guess', 1), nodeRow('kept', 1)], edges: [] }]);
    server.send([{ slice, stored: true, nodes: [nodeRow('kept', 2)], edges: [] }]);
    await until(() => client.shown().some((rows) => rows.slice === slice && rows.nodes[0]?.[5][0] === 2));
    expect(
      client
        .shown()
        .find((rows) => rows.slice === slice)
        ?.nodes.map(([name]) => name),
    ).toEqual(['kept']);
    client.close();
  });

  it('ticks by our clock: a burst of a second is no more messages than ticks, and a quiet graph still beats', async () => {
    const client = await joined('graph');
    const from = client.graph.length;
    const until1s = Date.now() + 1_000;
    for (let ok = 1; Date.now() < until1s; ok++) {
      server.send([{ slice: currentSlice(), stored: false, nodes: [nodeRow('burst', ok)], edges: [] }]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(client.graph.length - from).toBeLessThanOrEqual(liveHz + 2);
    const quiet = client.graph.length;
    await until(() => client.graph.length > quiet + 1);
    client.close();
  });

  it('is left on request, and joining again brings a snapshot', async () => {
    const client = await joined('graph');
    client.socket.emit('leave', 'graph');
    // Events of a client are heard in their order, so this answer comes when it has left.
    client.socket.emit('join', 'nowhere');
    await until(() => client.refusals.length === 1);
    const left = client.graph.length;
    server.send([{ slice: currentSlice(), stored: false, nodes: [nodeRow('missed', 1)], edges: [] }]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(client.graph).toHaveLength(left);
    client.socket.emit('join', 'graph');
    await until(() => client.graph.length > left);
    expect(client.graph[left]?.kind).toBe('snapshot');
    expect(client.shown().some(({ nodes }) => nodes.some(([name]) => name === 'missed'))).toBe(true);
    client.close();
  });
});

describe('a client that does not read', () => {
  it('leaves the room, keeps nobody waiting, and gets one snapshot when it reads again', async () => {
    const slow = await joined('graph');
    const quick = await joined('graph');
    pauseReading(slow, true);
    const told = slow.graph.length;
    const slice = currentSlice();
    const laggedBefore = await lagged();
    for (let round = 1; (await lagged()) === laggedBefore; round++) {
      expect(round).toBeLessThan(150);
      server.send([{ slice, stored: false, nodes: Array.from({ length: 1_500 }, (_, n) => wideRow(`wide ${n}`, round)), edges: [] }]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    server.send([{ slice, stored: true, nodes: [nodeRow('last', 1)], edges: [] }]);
    pauseReading(slow, false);
    await until(() => slow.graph.slice(told).some(({ kind }) => kind === 'snapshot'));
    const again = slow.graph.findLastIndex(({ kind }) => kind === 'snapshot');
    expect(slow.graph.slice(told, again).every(({ kind }) => kind === 'delta')).toBe(true);
    await until(() => [slow, quick].every((one) => one.shown().every((rows) => rows.slice !== slice || rows.nodes.length === 1)));
    expect(slow.shown()).toEqual(quick.shown());
    expect(quick.graph.filter(({ kind }) => kind === 'snapshot')).toHaveLength(1);
    slow.close();
    quick.close();
  });
});

describe('the ingest room', () => {
  it('tells the counters twice a second, without a gap', async () => {
    const client = await LiveClient.connect(server.api.url);
    client.socket.emit('join', 'ingest');
    await until(() => client.ingest.length >= 3);
    expect(client.ingest.map(({ kind }) => kind).slice(0, 3)).toEqual(['snapshot', 'delta', 'delta']);
    expect(client.ingest[0]?.counters).toMatchObject({ daemon: null, writer: null, api: { liveClients: expect.any(Number) } });
    expect((client.ingest[2]?.sequence ?? 0) - (client.ingest[0]?.sequence ?? 0)).toBe(2);
    client.close();
  });
});

describe('the door', () => {
  it('refuses an unknown room by an event, and ignores what is not in the contract', async () => {
    const client = await LiveClient.connect(server.api.url);
    const loose = client.socket as unknown as { emit(event: string, ...values: unknown[]): void };
    for (const value of [null, 7, {}, ['graph'], undefined]) loose.emit('join', value);
    loose.emit('graph:delta', { sequence: 1 });
    loose.emit('__proto__', 'x');
    loose.emit('join', 'nowhere', () => {});
    loose.emit('join', 'x'.repeat(1_000));
    await until(() => client.refusals.length === 2);
    expect(client.refusals[0]).toMatchObject({ room: 'nowhere', code: 'unknown_room', reason: expect.any(String) });
    expect(client.refusals[1]?.room).toHaveLength(64);
    expect(client.socket.connected).toBe(true);
    client.close();
  });

  it('drops a client that sends more than an event can be', async () => {
    const client = await LiveClient.connect(server.api.url);
    client.socket.emit('join', 'x'.repeat(100_000));
    await until(() => !client.socket.connected);
  });

  it('counts its clients, and forgets those that leave', async () => {
    await until(() => server.api.counters().liveClients === 0);
    const clients = await Promise.all([1, 2, 3].map(() => LiveClient.connect(server.api.url)));
    expect(server.api.counters().liveClients).toBe(3);
    for (const client of clients) client.close();
    await until(() => server.api.counters().liveClients === 0);
  });

  it('closes to one client too many, and tells it so', async () => {
    await until(() => server.api.counters().liveClients === 0);
    const clients: LiveClient[] = [];
    while (clients.length < maxLiveClients) {
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => LiveClient.connect(server.api.url)))));
    }
    const last = await LiveClient.connect(server.api.url);
    await until(() => !last.socket.connected);
    expect(last.refusals).toMatchObject([{ code: 'too_many_clients' }]);
    expect(server.api.counters().liveClients).toBe(maxLiveClients);
    for (const client of clients) client.close();
    await until(() => server.api.counters().liveClients === 0);
  });

  it.each([{ origin: 'http://evil.example' }, { origin: 'null' }, { host: 'evil.example' }])(
    'refuses the handshake of %j with 403',
    async (headers) => {
      const { host, port } = new URL(server.api.url);
      const socket = connect(Number(port), '127.0.0.1');
      const lines = {
        host,
        upgrade: 'websocket',
        connection: 'Upgrade',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      };
      const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${head.join('')}\r\n`);
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1\.1 403 /);
      socket.destroy();
    },
  );

  it('takes the handshake of its own page, and no transport but websocket', async () => {
    const own = await LiveClient.connect(server.api.url, { origin: server.api.url });
    own.close();
    const polling = io(server.api.url, { transports: ['polling'], forceNew: true, reconnection: false });
    const [error] = await once(polling as unknown as NodeJS.EventEmitter, 'connect_error');
    expect(error).toBeInstanceOf(Error);
    polling.disconnect();
  });
});

/** About 1 KB. */
function wideRow(name: string, ok: number): NodeRow {
  const histogram = Array.from({ length: 240 }, (_, i) => (i % 2 === 0 ? i / 2 : ok));
  return [name, 'AWS::EC2::Instance', '', false, false, [ok, 0, 0, 0, 0, ok, histogram]];
}

/** What our own counters say. */
async function lagged(): Promise<number> {
  const metrics = await rawCall(`${server.api.url}/metrics`, { method: 'GET' });
  return Number(/^fluoroscope_api_lagged_rooms_total (\d+)$/m.exec(metrics.body)?.[1]);
}

/** Stops reading below the client library, as a browser does whose page hangs. */
function pauseReading(client: LiveClient, paused: boolean): void {
  const { ws } = client.socket.io.engine.transport as unknown as { ws: { pause(): void; resume(): void } };
  if (paused) ws.pause();
  else ws.resume();
}

async function joined(room: 'graph'): Promise<LiveClient> {
  const client = await LiveClient.connect(server.api.url);
  client.socket.emit('join', room);
  await until(() => client.graph.length > 0);
  return client;
}
