/**
 * A server that looks like the product to the page: the built UI, and a graph room whose every node and edge changes ten
 * times a second. So the page is measured alone, with a graph that this machine could not produce beside it.
 */
import { createRequire } from 'node:module';
import { builtUi } from '../fixtures/built-ui.mjs';

const { Server } = createRequire(new URL('../../apps/api/package.json', import.meta.url))('socket.io');
const tickMs = 100;
const sliceMs = 10_000;
const ranks = 6;

/** `shape`: nodes, edges, and the share of them that changes in a tick. */
export class MapFeed {
  #server;
  #io;
  #timer;
  #rows;
  #shape;
  #sequence = 0;
  #tick = 0;

  constructor(shape) {
    this.#shape = shape;
    this.#rows = graphOf(shape);
  }

  async start() {
    this.#server = builtUi(nothingStored);
    this.#io = new Server(this.#server, { transports: ['websocket'] });
    this.#io.on('connection', (socket) => socket.on('join', (room) => this.#join(socket, room)));
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#timer = setInterval(() => this.#send(), tickMs);
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  async stop() {
    clearInterval(this.#timer);
    await this.#io.close();
  }

  #join(socket, room) {
    if (room === 'places') socket.emit('places:snapshot', { sequence: 0, now: Date.now(), places: [], version: 0 });
    if (room !== 'graph') return;
    socket.join(room);
    socket.emit('graph:snapshot', this.#message(0, 1));
  }

  /** Those whose turn it is; all of them in `1 / share` ticks. */
  #send() {
    this.#tick++;
    const turns = Math.round(1 / this.#shape.share);
    this.#sequence++;
    this.#io.to('graph').emit('graph:delta', this.#message(this.#tick % turns, turns));
  }

  #message(turn, turns) {
    const now = Date.now();
    const mine = (rows) => rows.filter((_, at) => at % turns === turn).map((row) => withCounts(row, this.#tick));
    const slice = { slice: Math.floor(now / sliceMs), stored: false, nodes: mine(this.#rows.nodes), edges: mine(this.#rows.edges) };
    return { sequence: this.#sequence, now, slices: [slice] };
  }
}

/** Nothing is stored. */
function nothingStored() {
  return { type: 'application/json', body: '{"slices":[],"places":[],"deployments":[]}' };
}

/** A callee is in the next rank, so that a layout has ranks as real graphs have. */
function graphOf({ nodes, edges }) {
  const name = (at) => `team-${at % 12}-service-${at}`;
  const perRank = Math.ceil(nodes / ranks);
  const pairs = new Set();
  for (let at = 0; pairs.size < edges; at++) {
    const caller = (at * 7) % (nodes - perRank);
    const callee = Math.floor(caller / perRank + 1) * perRank + ((at * 13 + (at >> 8)) % perRank);
    if (callee < nodes) pairs.add(`${caller} ${callee}`);
  }
  return {
    nodes: Array.from({ length: nodes }, (_, at) => [name(at), 'AWS::ECS::Container', '', at < perRank, false]),
    edges: [...pairs].map((pair) => pair.split(' ').map((at) => [name(Number(at)), 'AWS::ECS::Container', ''])),
  };
}

/** Counts that grow with every tick, as those of an open slice do. */
function withCounts(row, tick) {
  const ok = 20 + (tick % 100);
  return [...row, [ok, 1, 0, tick % 3, 1, ok * 30_000, [20, ok - 5, 40, 5, 60, 1 + (tick % 3)]]];
}
