/**
 * The demo shop, as a process of its own with the unmodified X-Ray SDK: what it sends is what a datagram should be, and
 * draws the map that the shop is.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SegmentDocument } from '@fluoroscope/contract/documents';
import type { NodeKey } from '@fluoroscope/contract/graph';
import { readDatagram } from '@fluoroscope/xray/datagram';
import { parseDocument } from '@fluoroscope/xray/document';
import { buildServiceGraph, type ServiceGraph } from '@fluoroscope/xray/service-graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../apps/demo/dist/main.js', import.meta.url));
/** The kernel may have to hold a second of it, in the smallest buffer that it grants. */
const ratePerSecond = 20;
/** Orders that were shipped: each passed every part of the shop but the throttled one. */
const enoughShipped = 5;
const enoughWithinMs = 150_000;
const setUpLimitMs = 200_000;
/** What follows in a busy second is no sign that it hangs. */
const soonMs = 20_000;

const queue = 'https://sqs.us-east-1.amazonaws.com/000000000000/shop-orders';
const expectedNodes = [
  'api.cards.example (remote)',
  'cart (AWS::ECS::Fargate)',
  'catalog (AWS::ECS::Container)',
  'fulfilment (AWS::ECS::Fargate)',
  `${queue} (AWS::SQS::Queue)`,
  'orders (AWS::ECS::Container)',
  'payments (AWS::EC2::Instance)',
  'shop-carts (AWS::DynamoDB::Table)',
  'shop-gateway (AWS::EC2::Instance)',
  'shop@postgres.internal (Database::SQL)',
].sort();
const expectedEdges = [
  'shop-gateway > shop-gateway',
  'shop-gateway > catalog',
  'shop-gateway > cart',
  'shop-gateway > orders',
  'cart > shop-carts',
  'cart > catalog',
  'catalog > shop@postgres.internal',
  'orders > shop@postgres.internal',
  'orders > payments',
  `orders > ${queue}`,
  'payments > api.cards.example',
  'fulfilment > shop@postgres.internal',
  `fulfilment > ${queue}`,
  `${queue} > fulfilment`,
].sort();

describe('the demo shop', () => {
  let demo: ChildProcess;
  let socket: Socket;
  let exit: { code: number | null; afterMs: number };
  const datagrams: Buffer[] = [];
  const documents: SegmentDocument[] = [];
  let graph: ServiceGraph;

  beforeAll(async () => {
    socket = createSocket('udp4').on('message', (bytes) => datagrams.push(bytes));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    demo = startDemo(socket.address().port);
    await untilShipped(datagrams);
    exit = await stop(demo);
    await untilQuiet(datagrams);
    documents.push(...datagrams.map(documentOf));
    graph = buildServiceGraph(documents);
  }, setUpLimitMs);

  afterAll(() => {
    demo.kill('SIGKILL');
    socket.close();
  });

  it('ends with 0 soon after SIGTERM', () => {
    expect(exit.code).toBe(0);
    expect(exit.afterMs).toBeLessThan(soonMs);
  });

  it('draws the map of the shop, with no node too many', () => {
    const nodes = graph.nodes.map(({ key }) => `${key.name} (${key.type})`);
    expect(nodes.sort()).toEqual(expectedNodes);
  });

  it('has an edge for every pair that speaks, and for no other', () => {
    const name = ({ name: text }: NodeKey) => text;
    expect(graph.edges.map(({ caller, callee }) => `${name(caller)} > ${name(callee)}`).sort()).toEqual(expectedEdges);
  });

  it('starts every trace at the gateway', () => {
    expect(graph.nodes.filter(({ root }) => root).map(({ key }) => key.name)).toEqual(['shop-gateway']);
  });

  it('shows client errors as a shop has them', () => {
    const gateway = graph.nodes.find(({ key }) => key.name === 'shop-gateway')?.statistics;
    expect(gateway?.ok).toBeGreaterThan(0);
    expect(gateway?.error).toBeGreaterThan(0);
  });

  it('sends what people search traces by: annotations, users, and addresses', () => {
    const gateway = documents.find(({ name }) => name === 'shop-gateway');
    expect(gateway?.user).toMatch(/^customer-\d+$/);
    expect(gateway?.annotations).toMatchObject({ customer_tier: expect.stringMatching(/free|plus|business/) });
    expect(gateway?.http?.request?.client_ip).toMatch(/^203\.0\.113\./);
  });
});

function startDemo(port: number): ChildProcess {
  const env = { ...process.env, AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${port}`, FLUOROSCOPE_DEMO_RATE: String(ratePerSecond) };
  return spawn(process.execPath, [main], { env, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Until what is rare has come by: orders that went all the way, and a visitor's mistake. */
async function untilShipped(datagrams: readonly Buffer[]): Promise<void> {
  const deadlineMs = Date.now() + enoughWithinMs;
  while (Date.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const texts = datagrams.map((bytes) => bytes.toString());
    const shipped = texts.filter((text) => text.includes('"name":"fulfilment"'));
    const mistaken = texts.some((text) => text.includes('"status":404'));
    if (shipped.length >= enoughShipped && mistaken) return;
  }
  throw new Error(`after ${enoughWithinMs} ms and ${datagrams.length} datagrams, too few orders were shipped`);
}

async function stop(demo: ChildProcess): Promise<{ code: number | null; afterMs: number }> {
  const startMs = Date.now();
  demo.kill('SIGTERM');
  const [code] = await once(demo, 'exit');
  return { code, afterMs: Date.now() - startMs };
}

/** What was sent last is still on its way through the loopback. */
async function untilQuiet(datagrams: readonly Buffer[]): Promise<void> {
  for (let before = -1; before < datagrams.length; ) {
    before = datagrams.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function documentOf(bytes: Buffer): SegmentDocument {
  const datagram = readDatagram(bytes);
  if ('rejected' in datagram) throw new Error(datagram.rejected);
  const parsed = parseDocument(bytes.toString('utf8', datagram.bodyStart), Date.now() / 1000);
  if ('rejected' in parsed) throw new Error(parsed.rejected.message);
  return parsed.document;
}
