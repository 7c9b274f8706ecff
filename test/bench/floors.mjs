/**
 * What no program of this kind could stay below on this machine, now: a bare loop that receives and parses, and a bare insert
 * of prepared bytes into the same tables. CPU microseconds per segment.
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect, insertRows } from '@fluoroscope/clickhouse/clickhouse';
import { startEmbedded } from '@fluoroscope/clickhouse/embedded';
import { FactBatch } from '@fluoroscope/clickhouse/facts';
import { migrate } from '@fluoroscope/clickhouse/migrate';
import { parseDocument } from '@fluoroscope/xray/document';
import { flattenDocument } from '@fluoroscope/xray/entities';
import { figure } from './figures.mjs';
import { answerOf, startSender, wholeBlocks } from './load.mjs';
import { cpuMicrosOf } from './processes.mjs';
import { DocumentWriter, datagramBytes, documentsPerBlock } from './traffic.mjs';

const rate = 10_000;
const receiveSeconds = 10;
const headerBytes = '{"format":"json","version":1}\n'.length;
/** As the writer's batches: 20,000 rows. */
const batchDocuments = 22 * documentsPerBlock;
const batches = 12;
/** The merges that follow the inserts belong to them. */
const mergeMs = 4_000;

export async function measureFloors() {
  return { receiveMicros: await receiveFloor(), insertMicros: await insertFloor() };
}

export async function measure({ floors }) {
  return {
    figures: [
      figure('floor: bare receive and JSON.parse at 10,000/s', floors.receiveMicros, { unit: 'us' }),
      figure('floor: bare insert of prepared rows', floors.insertMicros, { unit: 'us' }),
    ],
    wrong: [],
  };
}

async function receiveFloor() {
  const receiver = fork(fileURLToPath(new URL('./bare-receiver.mjs', import.meta.url)));
  const { port } = await answerOf(receiver);
  await answerOf(startSender({ port, rate, documents: wholeBlocks(rate * receiveSeconds), salt: Date.now() }));
  receiver.send('stop');
  return (await answerOf(receiver)).micros;
}

async function insertFloor() {
  const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-bench-'));
  const engine = await startEmbedded({ folder, maxMemoryBytes: 1_500_000_000, logger: { info() {}, warn() {} } });
  try {
    await migrate(engine);
    return await insertAll(engine);
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function insertAll(engine) {
  const client = connect(engine);
  const writer = new DocumentWriter(Date.now());
  let micros = 0;
  for (let batch = 0; batch < batches; batch++) {
    const facts = preparedBatch(writer, batch);
    micros -= cpuMicros(engine);
    await Promise.all([
      insertRows(client, 'entities', [facts.entities.bytes()]),
      insertRows(client, 'documents', [facts.documents.bytes()]),
    ]);
    if (batch === batches - 1) await sleep(mergeMs);
    micros += cpuMicros(engine);
  }
  await client.close();
  return micros / (batches * batchDocuments);
}

/** Of the engine, and of this process, which sends the bytes. */
function cpuMicros(engine) {
  const { user, system } = process.cpuUsage();
  return cpuMicrosOf(engine.pid()) + user + system;
}

function preparedBatch(writer, batch) {
  const facts = new FactBatch(0);
  for (let at = 0; at < batchDocuments; at++) {
    const datagram = Buffer.alloc(datagramBytes);
    const position = batch * batchDocuments + at;
    writer.write(datagram, 0, position, Date.now() * 1000);
    addDocument(facts, datagram.subarray(headerBytes), position);
  }
  return facts;
}

function addDocument(facts, raw, position) {
  const { document } = parseDocument(raw.toString('utf8'), Date.now() / 1000);
  const { traceId, id, entities } = flattenDocument(document);
  const source = { trace: [2, 11, 19, 27].map((at) => Number.parseInt(traceId.slice(at, at + 8), 16)), position, complete: true };
  const [{ startMicros }] = entities;
  facts.document(source, { id: idWords(id), startMicros, isSegment: true, replaced: false, raw });
  for (const entity of entities) facts.entity(source, entity, idWords(entity.id), idWords(entity.parentId));
}

function idWords(id) {
  return id === '' ? [0, 0] : [Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8), 16)];
}
