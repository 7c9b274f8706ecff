/** What kafkajs takes of the processor for a document on its way to Kafka: record, batch, compression and checksum, and nothing else. */
import { createRequire } from 'node:module';
import '@fluoroscope/log/kafka-connection'; // brings LZ4 to kafkajs
import kafkajs from 'kafkajs';
import { DocumentWriter, datagramBytes } from './traffic.mjs';

const require = createRequire(import.meta.url);
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js');
const Record = require('kafkajs/src/protocol/recordBatch/record/v0/index.js');

/** As many as come in 10 ms for one of 8 partitions at 10,000 documents a second. */
const documentsPerMessage = 12;
const messages = 2_000;
const warmUpMessages = 500;

/** Microseconds of CPU a document. */
export async function encodeMicros() {
  const values = Array.from({ length: 50 }, () => Buffer.allocUnsafe(documentsPerMessage * datagramBytes));
  const writer = new DocumentWriter(Date.now());
  let index = 0;
  for (const value of values)
    for (let at = 0; at < documentsPerMessage; at++) writer.write(value, at * datagramBytes, index++, Date.now() * 1000);
  await encode(values, warmUpMessages);
  const before = process.cpuUsage();
  await encode(values, messages);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (messages * documentsPerMessage);
}

async function encode(values, count) {
  const headers = { format: '1', count: String(documentsPerMessage), ends: Buffer.alloc(4 * documentsPerMessage) };
  for (let at = 0; at < count; at++) {
    const records = [Record({ value: values[at % values.length], headers })];
    await RecordBatch({ compression: kafkajs.CompressionTypes.LZ4, records });
  }
}
