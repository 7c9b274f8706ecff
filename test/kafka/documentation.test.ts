/** docs/kafka.md is true: its table of topics, and its examples, which are run as they stand but for the broker's address. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { textsOf } from '@fluoroscope/log/log-conformance';
import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKafka } from '../fixtures/kafka/find-kafka.mjs';
import { KafkaLogUnderTest, kafkaSettings } from './kafka-log.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/kafka.md', import.meta.url)), 'utf8');
const partitions = 8;
const waitMs = 60_000;
const hasKcat = spawnSync('kcat', ['-V']).status === 0;
const classPath = classPathOfKafka();
const units: Record<string, number> = { minutes: 60_000, hour: 3_600_000, days: 86_400_000 };
let log: KafkaLogUnderTest;

beforeAll(async () => {
  log = await KafkaLogUnderTest.open(kafkaSettings({ kafkaPartitions: partitions }));
});
afterAll(() => log?.close());

describe('docs/kafka.md', () => {
  it('lists every topic with its partitions and its retention', async () => {
    const rows = [...page.matchAll(/^\| `fluoroscope\.([\w.]+)` \| (\S+) \| (.+?) \|/gm)];
    const listed = rows.map(([, name = '', count = '', kept = '']) => ({
      name,
      partitions: count === '`FLUOROSCOPE_KAFKA_PARTITIONS`' ? partitions : Number(count),
      keptMs: kept === 'for ever' ? -1 : Number(kept.split(' ')[0]) * (units[kept.split(' ')[1] ?? ''] ?? 0),
    }));
    const byName = (left: { name: string }, right: { name: string }) => left.name.localeCompare(right.name);
    expect((await topicsOfBroker()).sort(byName)).toEqual(listed.sort(byName));
  });

  it.skipIf(!hasKcat)('shows how kcat produces', async () => {
    const { status, stderr } = spawnSync('sh', ['-c', example('sh')], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    await expectDocument('70de5b6f19ff9a0a');
  });

  it.skipIf(classPath === null)("shows how Kafka's own client produces", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fluoroscope-produce-'));
    try {
      await writeFile(join(folder, 'Produce.java'), example('java'));
      const { status, stderr } = spawnSync('java', ['-cp', classPath ?? '', join(folder, 'Produce.java')], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      await expectDocument('53995c3f42cd8ad8');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** The first block of that language, for the broker and the topics of this test. */
function example(language: string): string {
  const [, code = ''] = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  expect(code).toContain('localhost:9092');
  return code
    .replaceAll('localhost:9092', log.settings.kafkaBrokers.join())
    .replaceAll('fluoroscope.segments', log.connection.topic('segments'));
}

/** It is read where it lies, because the producer has put it where it belongs. */
async function expectDocument(id: string): Promise<void> {
  const ids: string[] = [];
  const group = await log.join(`documentation-${id}`, (reader) => {
    const read = async () => {
      for (;;) for (const batch of await reader.next(1_000_000, 500)) ids.push(...textsOf(batch).map((text) => JSON.parse(text).id));
    };
    read().catch(() => {});
  });
  await expect.poll(() => ids, { timeout: waitMs }).toContain(id);
  expect(group.counters()).toMatchObject({ rehomed: 0, deadMessages: 0 });
  await group.close();
}

async function topicsOfBroker() {
  const { admin } = log.connection;
  const prefix = log.settings.kafkaTopicPrefix;
  const names = (await admin.listTopics()).filter((name) => name.startsWith(prefix));
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const asked = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: ['retention.ms'] }));
  const { resources } = await admin.describeConfigs({ resources: asked, includeSynonyms: false });
  return topics.map(({ name, partitions: { length } }) => {
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries;
    return { name: name.slice(prefix.length), partitions: length, keptMs: Number(entries?.[0]?.configValue) };
  });
}

/** Null where Kafka's jars are not on this machine: in an engine's container, or behind an address. */
function classPathOfKafka(): string | null {
  const found = findKafka();
  return found === null || found.brokers !== undefined || found.engine !== null ? null : found.classPath;
}
