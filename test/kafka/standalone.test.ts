/** `npm run up` with brokers set: the processes of a larger installation, one of each, in one tree. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { Standalone } from '../fixtures/standalone.js';
import { generateTraffic } from '../fixtures/traffic.js';
import { sharedBroker } from './shared-broker.js';

const patienceMs = 60_000;

let started: Standalone | null = null;
afterEach(() => started?.remove());

test('one tree on Kafka receives, stores and answers, and ends when it is told to', async () => {
  const env = {
    FLUOROSCOPE_KAFKA_BROKERS: sharedBroker().brokers,
    FLUOROSCOPE_KAFKA_TOPIC_PREFIX: `test-${randomUUID()}.`,
    FLUOROSCOPE_KAFKA_PARTITIONS: '2',
  };
  const standalone = await Standalone.start({ env });
  started = standalone;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const { documents, texts } = generateTraffic(3, { nowSeconds, traces: 5 });
  await standalone.sendDocuments(texts);
  const traceIds = [...new Set(documents.map(({ trace_id }) => trace_id))].sort();
  const found = async () => {
    const response = await fetch(`${standalone.httpUrl}/Traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ TraceIds: traceIds }),
    });
    const { Traces = [] } = (await response.json()) as { Traces?: { Id: string }[] };
    return Traces.map(({ Id }) => Id).sort();
  };
  await expect.poll(found, { timeout: patienceMs, interval: 200 }).toEqual(traceIds);
  const second = await Standalone.launch({ folder: standalone.folder, env });
  await expect.poll(() => second.isGone(), { timeout: patienceMs }).toBe(true);
  expect(second.output).toContain(standalone.folder);
  expect((await standalone.stop()).code).toBe(0);
});
